import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/core/account.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import { scopes } from '../../src/platforms/youtube-sign-in.ts';
import { openStage, redirectUri, type Stage, signIn, verifier } from './youtube-stage.ts';

const readonly = 'https://www.googleapis.com/auth/youtube.readonly';

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Failure) return error;
  throw new Error(`no Failure but ${String(error)}`);
}

const refresh = (stage: Stage, grant: Grant) =>
  signIn.refresh!({ http: stage.plain, app: stage.app, clock: stage.clock, grant, account: {} as never });

describe('signing in to YouTube', () => {
  it('asks for the two rights, for a lasting grant, with PKCE', () => {
    const stage = openStage();
    const url = new URL(
      signIn.authorizeUrl({ app: stage.app, redirectUri, state: 's', challenge: 'c', scopes }),
    );
    expect(url.origin + url.pathname).toBe('https://accounts.google.com/o/oauth2/v2/auth');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: stage.app.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope:
        'https://www.googleapis.com/auth/youtube.upload https://www.googleapis.com/auth/youtube.readonly',
      state: 's',
      code_challenge: 'c',
      code_challenge_method: 'S256',
      access_type: 'offline',
      prompt: 'consent',
    });
  });

  it('gives a grant and the channel with what its jobs need', async () => {
    const stage = openStage();
    const callback = await stage.consent({ account: '@second' });
    expect(callback.get('state')).toBe('state-1');
    const grant = await stage.exchange(callback);
    expect(grant).toMatchObject({
      scopes: expect.arrayContaining([...scopes]),
      refreshToken: expect.stringMatching(/^1\/\/0/u),
      expiresAt: stage.clock.now() + 3_599_000,
      obtainedAt: stage.clock.now(),
    });
    expect(grant.refreshExpiresAt).toBeUndefined();
    const http = stage.plain.carrying(youtube, grant);
    const [identity, ...others] = await youtube.identities({
      http,
      grant,
      app: stage.app,
      clock: stage.clock,
    });
    expect(others).toEqual([]);
    expect(identity).toMatchObject({
      remoteId: 'UCsandboxSecond000000002',
      handle: '@second',
      name: 'Second',
      settings: { uploadsPlaylist: 'UUsandboxSecond000000002', longUploadsStatus: 'eligible' },
      warnings: [expect.stringContaining('API audit')],
    });
    const app = { ...stage.app, settings: { audited: true } };
    const [audited] = await youtube.identities({ http, grant, app, clock: stage.clock });
    expect(audited!.warnings).toEqual([]);
  });

  it('refuses a grant without one of the rights, and says which', async () => {
    const stage = openStage();
    const failure = await failureOf(stage.exchange(await stage.consent({ without: [readonly] })));
    expect(failure.code).toBe('E_SCOPES');
    expect(failure.message).toContain('youtube.readonly');
  });

  it('is content with a wider right', async () => {
    const stage = openStage();
    const wide = ['https://www.googleapis.com/auth/youtube.force-ssl'];
    const grant = await stage.exchange(await stage.consent({}, wide));
    expect(grant.scopes).toEqual(wide);
  });

  it('hears of a person who says no', async () => {
    const callback = await openStage().consent({ deny: true });
    expect(callback.get('error')).toBe('access_denied');
  });

  it.each(['signup', 'empty'])('says that an account has no channel (%s)', async (noChannelAnswer) => {
    const stage = openStage();
    await stage.quirks({ noChannelAnswer });
    await stage.pull('account', { account: '@creator', settings: { noChannel: true } });
    const grant = await stage.exchange(await stage.consent());
    const http = stage.plain.carrying(youtube, grant);
    const failure = await failureOf(youtube.identities({ http, grant, app: stage.app, clock: stage.clock }));
    expect(failure).toMatchObject({ code: 'E_NO_CHANNEL', kind: 'login' });
  });

  it.each([
    ['a code used twice', {}, 'E_LOGIN_CODE', true],
    ['a wrong verifier', { verifier: 'x'.repeat(43) }, 'E_LOGIN_CODE', false],
    ['a code of nobody’s', { code: '4/0Afake' }, 'E_LOGIN_CODE', false],
    ['another redirect address', { redirectUri: 'http://127.0.0.1:1/callback' }, 'E_REDIRECT', false],
    ['a wrong secret', { secret: 'wrong' }, 'E_CLIENT_INVALID', false],
    ['no secret', { secret: undefined }, 'E_CLIENT_INVALID', false],
    ['an unknown client', { clientId: 'nobody' }, 'E_CLIENT_INVALID', false],
  ] as const)('refuses %s', async (_what, change, code, twice) => {
    const stage = openStage();
    const callback = await stage.consent();
    if (twice) await stage.exchange(callback);
    const wanted: {
      verifier?: string;
      code?: string;
      redirectUri?: string;
      secret?: string | undefined;
      clientId?: string;
    } = change;
    const { clientSecret, ...app } = stage.app;
    const secret = 'secret' in wanted ? wanted.secret : clientSecret;
    const failure = await failureOf(
      signIn.exchange({
        http: stage.plain,
        clock: stage.clock,
        app: {
          ...app,
          clientId: wanted.clientId ?? app.clientId,
          ...(secret === undefined ? {} : { clientSecret: secret }),
        },
        code: wanted.code ?? callback.get('code') ?? '',
        redirectUri: wanted.redirectUri ?? redirectUri,
        verifier: wanted.verifier ?? verifier,
        callback,
      }),
    );
    expect(failure.code).toBe(code);
    expect(JSON.stringify([failure.message, failure.hint])).not.toContain(stage.app.clientSecret);
  });

  it('wants the refresh token that comes only with consent', async () => {
    const stage = openStage();
    await stage.exchange(await stage.consent());
    stage.sandbox.faults.add({
      path: '/token',
      action: {
        kind: 'status',
        status: 200,
        body: { access_token: 'ya29.fake', expires_in: 3599, scope: scopes.join(' ') },
      },
    });
    const failure = await failureOf(stage.exchange(await stage.consent()));
    expect(failure.code).toBe('E_LOGIN_CODE');
    expect(failure.hint).toContain('myaccount.google.com');
  });
});

describe('a sign-in to YouTube over time', () => {
  it('keeps its refresh token when renewed', async () => {
    const stage = openStage();
    const grant = await stage.exchange(await stage.consent());
    stage.clock.advance(HOUR);
    const fresh = await refresh(stage, grant);
    expect(fresh.refreshToken).toBe(grant.refreshToken);
    expect(fresh.accessToken).not.toBe(grant.accessToken);
    expect(fresh.expiresAt).toBe(stage.clock.now() + 3_599_000);
    expect(fresh.extra).toEqual(grant.extra);
    // Two at the same time do no harm: refresh tokens don't rotate.
    await Promise.all([refresh(stage, fresh), refresh(stage, grant)]);
  });

  it('of a project in Testing is foretold to break, breaks, and is explained', async () => {
    const stage = openStage();
    await stage.quirks({ testing: true });
    const grant = await stage.exchange(await stage.consent());
    expect(grant.refreshExpiresAt).toBe(stage.clock.now() + 7 * DAY);
    const http = stage.plain.carrying(youtube, grant);
    const [identity] = await youtube.identities({ http, grant, app: stage.app, clock: stage.clock });
    expect(identity!.warnings![0]).toMatch(/status Testing.*https:\/\/console\.cloud\.google\.com/u);
    expect(identity!.settings).toMatchObject({ signInEnds: 'google-testing' });
    stage.clock.advance(3 * DAY);
    const fresh = await refresh(stage, grant);
    expect(fresh.refreshExpiresAt).toBe(grant.refreshExpiresAt);
    stage.clock.advance(4 * DAY + MINUTE);
    const failure = await failureOf(refresh(stage, fresh));
    expect(failure).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    expect(failure.hint).toContain('seven days');
  });

  it('is recognised as Testing by its end on day seven where Google said nothing', async () => {
    const stage = openStage();
    await stage.quirks({ testing: true, tellsRefreshExpiry: false });
    const grant = await stage.exchange(await stage.consent());
    expect(grant.refreshExpiresAt).toBeUndefined();
    stage.clock.advance(6 * DAY);
    const fresh = await refresh(stage, grant);
    stage.clock.advance(DAY + HOUR);
    expect((await failureOf(refresh(stage, fresh))).hint).toContain('Testing');
  });

  it('that was limited by its person says until when', async () => {
    const stage = openStage();
    await stage.quirks({ grantSeconds: 30 * 24 * 3600 });
    const grant = await stage.exchange(await stage.consent());
    expect(grant.refreshExpiresAt).toBe(stage.clock.now() + 30 * DAY);
    const http = stage.plain.carrying(youtube, grant);
    const [identity] = await youtube.identities({ http, grant, app: stage.app, clock: stage.clock });
    expect(identity!.warnings![0]).toContain('2026-12-22');
  });

  it('ends when its person takes it away, without blaming Testing', async () => {
    const stage = openStage();
    const grant = await stage.exchange(await stage.consent());
    await stage.pull('removeAccess', { account: 'UCsandboxCreator00000001' });
    const failure = await failureOf(refresh(stage, grant));
    expect(failure).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    expect(failure.hint).not.toContain('Testing');
  });

  it('ends by a session policy', async () => {
    const stage = openStage();
    const grant = await stage.exchange(await stage.consent());
    await stage.quirks({ sessionPolicy: true });
    const failure = await failureOf(refresh(stage, grant));
    expect(failure.code).toBe('E_LOGIN_NEEDED');
    expect(failure.message).toContain('invalid_rapt');
  });

  it.each([
    ['a wrong client secret', 'secret', 'E_CLIENT_INVALID', 'later'],
    ['Google’s trouble', 503, 'E_PLATFORM_DOWN', 'retry'],
    ['too many questions', 429, 'E_RATE_LIMIT', 'later'],
    ['a page', 400, 'E_BAD_ANSWER', 'later'],
    ['no line', 'refuse', 'E_NO_ANSWER', 'retry'],
  ] as const)('is left alone by %s', async (_what, trouble, code, kind) => {
    const stage = openStage();
    const grant = await stage.exchange(await stage.consent());
    if (trouble === 'secret') stage.app.clientSecret = 'changed';
    else if (trouble === 'refuse') stage.sandbox.faults.add({ path: '/token', action: 'refuse' });
    else
      stage.sandbox.faults.add({
        path: '/token',
        action: { kind: 'status', status: trouble, body: '<html>' },
      });
    expect(await failureOf(refresh(stage, grant))).toMatchObject({ code, kind });
  });

  it('can be taken back, once and again', async () => {
    const stage = openStage();
    const grant = await stage.exchange(await stage.consent());
    const request = { http: stage.plain, app: stage.app, clock: stage.clock, grant, account: {} as never };
    await signIn.revoke!(request);
    expect((await failureOf(refresh(stage, grant))).code).toBe('E_LOGIN_NEEDED');
    await signIn.revoke!(request);
  });
});
