import { describe, expect, it } from 'vitest';
import { DAY, HOUR, SECOND } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { challengeOf } from '../../src/net/pkce.ts';
import { challenge, openStage, redirectUri, signIn, verifier } from './x-stage.ts';

const failureOf = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: Failure) => error,
  );

describe('the consent address', () => {
  it('spells blanks as %20 and carries an S256 challenge', () => {
    const { app } = openStage();
    const url = signIn.authorizeUrl({ app, redirectUri, state: 's', challenge, scopes: signIn.scopes });
    expect(challengeOf(verifier, 'S256')).toBe(challenge);
    expect(url).toBe(
      'https://x.com/i/oauth2/authorize?response_type=code&client_id=sandbox-x-id' +
        '&redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fcallback' +
        '&scope=tweet.read%20tweet.write%20users.read%20media.write%20offline.access' +
        `&state=s&code_challenge=${challenge}&code_challenge_method=S256`,
    );
  });

  it('is registered, port included: another spelling shows a page and never comes back', async () => {
    const stage = openStage();
    for (const wrong of [
      'http://localhost:8765/callback',
      'http://127.0.0.1:8766/callback',
      `${redirectUri}/`,
    ])
      await expect(stage.consent({}, { redirectUri: wrong })).rejects.toThrow(/give access to the App/);
  });

  it('comes back with the state when its person declines', async () => {
    const answer = await openStage().consent({ deny: true });
    expect(Object.fromEntries(answer)).toEqual({ error: 'access_denied', state: 'state-1' });
  });
});

describe('code for tokens', () => {
  it('gives a grant of two hours whose sign-in lasts about half a year', async () => {
    const stage = openStage();
    const grant = await stage.exchange(await stage.consent());
    expect(grant.expiresAt).toBe(stage.clock.now() + 2 * HOUR);
    expect(grant.refreshExpiresAt).toBeGreaterThan(stage.clock.now() + 150 * DAY);
    expect([...grant.scopes].sort()).toEqual([...signIn.scopes].sort());
    expect(stage.requests.at(-1)?.headers['authorization']).toBeUndefined();
    expect(stage.requests.at(-1)?.body.toString()).toContain('client_id=sandbox-x-id');
  });

  it.each(['invalid_request', 'invalid_grant'] as const)(
    'refuses late, used and unproven codes (%s)',
    async (spentToken) => {
      const stage = openStage();
      await stage.quirks({ spentToken });
      const late = await stage.consent();
      stage.clock.advance(30 * SECOND);
      expect(await failureOf(stage.exchange(late))).toMatchObject({ code: 'E_LOGIN_CODE', kind: 'login' });
      const used = await stage.consent();
      await stage.exchange(used);
      expect(await failureOf(stage.exchange(used))).toMatchObject({ code: 'E_LOGIN_CODE' });
      const unproven = await stage.consent();
      const other = { verifier: 'another-verifier-that-is-long-enough-to-be-one-0' };
      expect(await failureOf(stage.exchange(unproven, other))).toMatchObject({ code: 'E_LOGIN_CODE' });
    },
  );

  it('proves a confidential client in the header and names it in the form', async () => {
    const stage = openStage({ clientSecret: 'sandbox-x-secret' }, { confidential: true });
    await stage.exchange(await stage.consent());
    const { headers, body } = stage.requests.at(-1)!;
    expect(Buffer.from(headers['authorization']!.slice(6), 'base64').toString()).toBe(
      'sandbox-x-id:sandbox-x-secret',
    );
    expect(body.toString()).toContain('client_id=sandbox-x-id');
    expect(body.toString()).not.toContain('sandbox-x-secret');
  });

  it('tells a wrong set-up from a spent code', async () => {
    const confidential = openStage({}, { confidential: true });
    expect(await failureOf(confidential.exchange(await confidential.consent()))).toMatchObject({
      code: 'E_CLIENT_INVALID',
      certain: true,
    });
    const stage = openStage();
    const callback = await stage.consent();
    const stranger = { ...stage.app, clientId: 'nobody' };
    expect(await failureOf(stage.exchange(callback, { app: stranger }))).toMatchObject({
      code: 'E_CLIENT_INVALID',
    });
  });

  it('says so when no refresh token was given', async () => {
    const stage = openStage();
    const callback = await stage.consent({}, { scopes: ['tweet.read', 'users.read'] });
    expect(await failureOf(stage.exchange(callback))).toMatchObject({ code: 'E_SCOPES' });
  });
});

describe('refreshing', () => {
  it('takes the new refresh token and never the old one again', async () => {
    const stage = openStage();
    const { account, grant } = await stage.login();
    const request = { http: stage.plain, app: stage.app, clock: stage.clock, account };
    const first = grant();
    const second = await signIn.refresh!({ ...request, grant: first });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await failureOf(signIn.refresh!({ ...request, grant: first }))).toMatchObject({
      code: 'E_LOGIN_NEEDED',
      kind: 'login',
      status: 400,
      certain: true,
    });
  });

  it.each([
    [
      '503',
      { kind: 'status', status: 503, body: { title: 'Service Unavailable' } },
      'E_PLATFORM_DOWN',
      'retry',
      false,
    ],
    ['a page', { kind: 'status', status: 520, body: '<html>' }, 'E_PLATFORM_DOWN', 'retry', false],
    ['a page with 403', { kind: 'status', status: 403, body: '<html>' }, 'E_PLATFORM_DOWN', 'retry', false],
    ['a lost answer', { kind: 'lost' }, 'E_NO_ANSWER', 'retry', false],
    ['a 200 that is no JSON', { kind: 'garbage' }, 'E_BAD_ANSWER', 'retry', false],
    [
      'any other 400',
      { kind: 'status', status: 400, body: { error: 'new_word' } },
      'E_LOGIN_NEEDED',
      'login',
      true,
    ],
    [
      'a parameter that is missing',
      {
        kind: 'status',
        status: 400,
        body: { error: 'invalid_request', error_description: 'Missing required parameter [client_id].' },
      },
      'E_CLIENT_INVALID',
      'reject',
      true,
    ],
  ] as const)('%s', async (_name, action, code, kind, certain) => {
    const stage = openStage();
    const { account, grant } = await stage.login();
    stage.sandbox.faults.add({ path: '/2/oauth2/token', times: 1, action });
    const failure = await failureOf(
      signIn.refresh!({ http: stage.plain, app: stage.app, clock: stage.clock, account, grant: grant() }),
    );
    expect(failure).toMatchObject({ code, kind, certain });
  });

  it('waits for money, not for its person, when the spending cap is reached', async () => {
    const stage = openStage();
    const { account, grant } = await stage.login();
    await stage.pull('cap', { usd: 0, resetDate: '2026-12-06' });
    const refresh = () =>
      signIn.refresh!({ http: stage.plain, app: stage.app, clock: stage.clock, account, grant: grant() });
    expect(await failureOf(refresh())).toMatchObject({
      code: 'E_MONEY',
      kind: 'later',
      reason: 'quota',
      notBefore: Date.UTC(2026, 11, 6),
    });
    await stage.pull('cap', {});
    expect((await refresh()).refreshToken).toBeDefined();
  });
});

describe('who it is, and signing out', () => {
  it('names the account and keeps what limits hang on', async () => {
    const stage = openStage();
    await stage.pull('account', {
      id: '1790000000000000101',
      subscriptionType: 'Premium',
      verifiedType: 'blue',
    });
    const { identities } = await stage.login();
    expect(identities).toEqual([
      {
        remoteId: '1790000000000000101',
        handle: '@creator',
        name: 'Creator',
        url: 'https://x.com/creator',
        settings: { subscriptionType: 'Premium', verifiedType: 'blue' },
      },
    ]);
  });

  it('revokes both tokens', async () => {
    const stage = openStage();
    const { account, grant, http } = await stage.login();
    await signIn.revoke!({ http: stage.plain, app: stage.app, clock: stage.clock, account, grant: grant() });
    expect(await failureOf(http.send({ url: 'https://api.x.com/2/users/me' }))).toMatchObject({
      kind: 'login',
    });
  });
});
