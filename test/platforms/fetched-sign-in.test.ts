import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import type { OAuthSignIn, Platform } from '../../src/core/platform.ts';
import { instagram } from '../../src/platforms/instagram.ts';
import { authorizeInstagram, instagramLogin } from '../../src/platforms/instagram-login.ts';
import { threads } from '../../src/platforms/threads.ts';
import { threadsSignIn } from '../../src/platforms/threads-sign-in.ts';
import { inProcessPlainHttp } from './in-process.ts';
import { redirectUri } from './meta-world.ts';
import { type FetchStage, openFetchStage } from './threads-stage.ts';

/** Two sign-ins of one family: a code, a token of an hour, a token of 60 days that a machine renews. */
const ways: readonly [string, Platform, OAuthSignIn, string, string][] = [
  ['Threads', threads, threadsSignIn, 'THAAlong', '26100000000000000101'],
  ['Instagram Login', instagram, instagramLogin, 'IGAAlong', '17841405000000000101'],
];

describe.each(ways)('%s', (_name, platform, signIn, prefix, accountId) => {
  let stage: FetchStage;
  beforeEach(() => {
    stage = openFetchStage(platform, signIn);
  });
  const plain = () => inProcessPlainHttp(stage.sandbox, platform);
  const exchange = (code: string, change: { clientId?: string; clientSecret?: string; to?: string } = {}) => {
    const { to = redirectUri, ...app } = change;
    return signIn.exchange({
      http: plain(),
      app: { ...stage.app, ...app },
      clock: stage.clock,
      code,
      redirectUri: to,
      verifier: '',
      callback: new URLSearchParams({ code }),
    });
  };
  const refresh = async (grant: Parameters<NonNullable<typeof signIn.refresh>>[0]['grant']) =>
    signIn.refresh?.({
      http: plain(),
      app: stage.app,
      clock: stage.clock,
      grant,
      account: (await stage.login()).account,
    });

  it('signs in for 60 days, with the account’s number as text', async () => {
    const { grant, identities, account } = await stage.login();
    expect(grant.accessToken).toMatch(new RegExp(`^${prefix}`, 'u'));
    expect((grant.expiresAt ?? 0) - stage.clock.now()).toBeGreaterThan(59 * DAY);
    expect(grant.scopes).toEqual(signIn.scopes);
    expect(identities).toHaveLength(1);
    expect(account.remoteId).toBe(accountId);
    expect(account.handle).toBe('@creator');
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('takes a code that still has Meta’s tail', async () => {
    const code = (await stage.code()).get('code') ?? '';
    expect((await exchange(`${code}#_`)).accessToken).toMatch(new RegExp(`^${prefix}`, 'u'));
  });

  it('spends a code once, within its hour', async () => {
    const code = (await stage.code()).get('code') ?? '';
    await exchange(code);
    await expect(exchange(code)).rejects.toMatchObject({ code: 'E_LOGIN_CODE' });
    const late = (await stage.code()).get('code') ?? '';
    stage.clock.advance(61 * MINUTE);
    await expect(exchange(late)).rejects.toMatchObject({ code: 'E_LOGIN_CODE' });
  });

  it('tells wrong keys from a wrong redirect address', async () => {
    const code = (await stage.code()).get('code') ?? '';
    await expect(exchange(code, { clientSecret: 'wrong' })).rejects.toMatchObject({
      code: 'E_CLIENT_INVALID',
    });
    await expect(exchange(code, { clientId: 'nobody' })).rejects.toMatchObject({ code: 'E_CLIENT_INVALID' });
    await expect(exchange(code, { to: `${redirectUri}/` })).rejects.toMatchObject({ code: 'E_REDIRECT' });
  });

  it('is declined in the dialog', async () => {
    expect((await stage.code({ deny: true })).get('error')).toBe('access_denied');
  });

  it('notices a right that was unticked', async () => {
    const publish = signIn.scopes.find((scope) => scope.includes('publish')) ?? '';
    const code = (await stage.code({ without: [publish] })).get('code') ?? '';
    expect((await exchange(code)).scopes).not.toContain(publish);
  });

  it('renews a token that is a day old, for 60 days more, and leaves a younger one alone', async () => {
    const { grant } = await stage.login();
    stage.clock.advance(HOUR);
    await expect(refresh(grant)).rejects.toMatchObject({ kind: 'retry' });
    stage.clock.advance(7 * DAY);
    const fresh = await refresh(grant);
    expect(fresh?.accessToken).not.toBe(grant.accessToken);
    expect((fresh?.expiresAt ?? 0) - stage.clock.now()).toBeGreaterThan(59 * DAY);
    expect(fresh?.scopes).toEqual(grant.scopes);
  });

  it('renews weekly, long before a token ends', () => {
    expect(signIn.refreshAheadMs).toBe(53 * DAY);
  });

  it('asks for the person once a token was never renewed, or was revoked', async () => {
    const { grant } = await stage.login();
    stage.clock.advance(61 * DAY);
    await expect(refresh(grant)).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    const { grant: other } = await stage.login();
    await stage.pull('revoke', {});
    await expect(refresh(other)).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
  });

  it('leaves the account alone while Meta has trouble', async () => {
    const { grant } = await stage.login();
    stage.clock.advance(2 * DAY);
    for (const action of [
      { kind: 'status', status: 500 },
      { kind: 'lost' },
      { kind: 'garbage' },
      { kind: 'status', status: 400, body: '<html></html>' },
    ] as const) {
      stage.sandbox.faults.clear();
      stage.sandbox.faults.add({ path: 'refresh_access_token', times: 1, action });
      await expect(refresh(grant)).rejects.toMatchObject({ kind: 'retry' });
    }
  });

  it('takes a token that the dashboard made, and one of an hour with the app’s keys', async () => {
    const { grant } = await stage.login();
    const pasted = await signIn.fromToken?.({
      http: plain(),
      app: stage.app,
      clock: stage.clock,
      token: grant.accessToken,
    });
    expect(pasted?.accessToken).toBe(grant.accessToken);
    expect(pasted?.expiresAt).toBeGreaterThan(stage.clock.now() + 30 * DAY);
    const short = shortToken(stage);
    const lasting = await signIn.fromToken?.({
      http: plain(),
      app: stage.app,
      clock: stage.clock,
      token: await short,
    });
    expect(lasting?.accessToken).toMatch(new RegExp(`^${prefix}`, 'u'));
  });
});

/** The token of an hour that a code gives. */
async function shortToken(stage: FetchStage): Promise<string> {
  const code = (await stage.code()).get('code') ?? '';
  const [origin, path] =
    stage.app.platform === 'threads'
      ? ['https://graph.threads.net', '/oauth/access_token']
      : ['https://api.instagram.com', '/oauth/access_token'];
  const answer = await stage.sandbox.dispatch({
    origin,
    method: 'POST',
    path,
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(
      new URLSearchParams({
        client_id: stage.app.clientId,
        client_secret: stage.app.clientSecret ?? '',
        grant_type: 'authorization_code',
        redirect_uri: redirectUri,
        code,
      }).toString(),
    ),
    complete: true,
  });
  if ('cut' in answer) throw new Error(answer.cut);
  return (JSON.parse(answer.body.toString()) as { access_token: string }).access_token;
}

describe('Instagram Login', () => {
  it('reads answers inside data[] as well as flat ones', async () => {
    const stage = openFetchStage(instagram, instagramLogin);
    await stage.quirks({ wrapped: true });
    const { account, grant } = await stage.login();
    expect(account.remoteId).toBe('17841405000000000101');
    expect(account.settings).toEqual({ signIn: 'instagram-login' });
    expect(grant.scopes).toEqual(instagramLogin.scopes);
  });

  it('sends its token to graph.instagram.com and nowhere else', () => {
    const grant = { accessToken: 'IGAAlong1', scopes: [], obtainedAt: 0 };
    expect(authorizeInstagram({ url: 'https://graph.facebook.com/v26.0/1/media?x=1' }, grant)).toMatchObject({
      url: 'https://graph.instagram.com/v26.0/1/media?x=1',
      headers: { authorization: 'Bearer IGAAlong1' },
    });
    for (const url of ['https://rupload.facebook.com/x', 'https://graph.facebook.com.evil.example/v26.0/1'])
      expect(() => authorizeInstagram({ url }, grant)).toThrow('gets no token');
    expect(
      authorizeInstagram({ url: 'https://graph.facebook.com/v26.0/1' }, { ...grant, accessToken: 'EAA1' })
        .url,
    ).toBe('https://graph.facebook.com/v26.0/1');
  });

  it('refuses a pasted token of the other family', async () => {
    const stage = openFetchStage(instagram, instagramLogin);
    const http = inProcessPlainHttp(stage.sandbox, instagram);
    await expect(
      instagramLogin.fromToken?.({ http, app: stage.app, clock: stage.clock, token: 'EAAsomething' }),
    ).rejects.toMatchObject({ code: 'E_LOGIN_CODE' });
  });

  it('needs a host, which the Page route does not', () => {
    expect(instagram.needsHost?.({ settings: { signIn: 'instagram-login' } })).toBe(true);
    expect(instagram.needsHost?.({ settings: { pageId: '1' } })).toBe(false);
  });
});

describe('Threads', () => {
  it('refuses redirect addresses that are not https or not registered to the letter', async () => {
    const stage = openFetchStage(threads, threadsSignIn);
    const dialog = async (redirect: string) => {
      const url = new URL(
        threadsSignIn.authorizeUrl({
          app: stage.app,
          redirectUri: redirect,
          state: 's',
          scopes: threadsSignIn.scopes,
        }),
      );
      const answer = await stage.sandbox.dispatch({
        origin: url.origin,
        method: 'GET',
        path: url.pathname,
        query: url.searchParams,
        headers: {},
        body: Buffer.alloc(0),
        complete: true,
      });
      return 'cut' in answer ? '' : answer.body.toString();
    };
    expect(await dialog(redirectUri)).toContain('<form');
    for (const wrong of [`${redirectUri}/`, 'http://localhost:8443/callback', 'https://example.com/callback'])
      expect(await dialog(wrong)).toContain('Blocked redirect_uri');
    await stage.quirks({ refuseLocalhost: true });
    expect(await dialog(redirectUri)).toContain('Blocked redirect_uri');
  });
});
