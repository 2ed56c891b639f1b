import { describe, expect, it } from 'vitest';
import type { App } from '../../src/core/account.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { hostOf } from '../../src/platforms/mastodon-server.ts';
import {
  accountOf,
  challenge,
  countOf,
  openStage,
  redirectUri,
  type Stage,
  signIn,
} from './mastodon-stage.ts';

const registrations = (stage: Stage) => countOf(stage, 'POST', /\/apps$/u);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no failure',
    (error: { code?: string }) => error.code,
  );

describe('the server', () => {
  it.each([
    ['mastodon.social', 'mastodon.social'],
    ['Mastodon.SOCIAL', 'mastodon.social'],
    ['https://mastodon.social/@creator', 'mastodon.social'],
    ['http://social.example.org:8443/', 'social.example.org:8443'],
    ['@creator@mastodon.social', 'mastodon.social'],
    ['creator@mastodon.social', 'mastodon.social'],
    ['bücher.example', 'xn--bcher-kva.example'],
    [' mastodon.social ', 'mastodon.social'],
  ])('is understood as people write it: %s', (written, host) => {
    expect(hostOf(written)).toBe(host);
  });

  it.each(['', 'mastodon', '@creator', 'not a host', 'https://', 'a..b'])('is no server: %j', (written) => {
    expect(() => hostOf(written)).toThrow(expect.objectContaining({ code: 'E_USAGE' }) as Error);
  });

  it('must be named', async () => {
    const stage = openStage();
    expect(await codeOf(stage.prepare({}))).toBe('E_MISSING_ANSWER');
    expect(await codeOf(stage.prepare({ loginHint: '@creator' }))).toBe('E_MISSING_ANSWER');
    expect((await stage.prepare({ loginHint: '@creator@mastodon.example' })).host).toBe('mastodon.example');
  });

  it.each([
    ['a page', { kind: 'status', status: 200, body: '<html>a shop</html>' }],
    ['404', { kind: 'status', status: 404, body: '<html>no</html>' }],
    ['something else', { kind: 'status', status: 200, body: { hello: 'world' } }],
  ] as const)('is no Mastodon where it answers with %s', async (_name, action) => {
    const stage = openStage();
    stage.sandbox.faults.add({ path: 'instance$', action });
    expect(await codeOf(stage.prepare())).toBe('E_USAGE');
    expect(registrations(stage)).toBe(0);
  });

  it('that is down is no reason to doubt its name', async () => {
    const stage = openStage();
    stage.sandbox.faults.add({ path: 'instance$', action: { kind: 'status', status: 503 } });
    expect(await codeOf(stage.prepare())).toBe('E_PLATFORM_DOWN');
  });
});

describe('the app', () => {
  it('registers itself for any loopback port, and serves every later sign-in', async () => {
    const stage = openStage();
    const app = await stage.prepare();
    expect(app).toMatchObject({
      platform: 'mastodon',
      host: 'mastodon.social',
      settings: { redirectUri: 'http://127.0.0.1/callback', scopes: signIn.scopes },
    });
    expect(app.redirectUri).toBeUndefined();
    const again = await stage.prepare({
      at: 'mastodon.social',
      app,
      redirectUri: 'http://127.0.0.1:61000/callback',
    });
    expect(again).toEqual(app);
    expect(registrations(stage)).toBe(1);
  });

  it('is another one on each server', async () => {
    const stage = openStage();
    const app = await stage.prepare();
    expect((await stage.prepare({ at: 'mastodon.example', app })).host).toBe('mastodon.example');
    expect(registrations(stage)).toBe(2);
  });

  it('registers anew where the server forgot it', async () => {
    const stage = openStage();
    const app = await stage.prepare();
    await stage.pull('forgetApps');
    const fresh = await stage.prepare({ at: 'mastodon.social', app });
    expect(fresh.clientId).not.toBe(app.clientId);
    await stage.exchange(fresh, await stage.consent(fresh));
  });

  it('registers anew where its secret is lost', async () => {
    const stage = openStage();
    const { clientSecret: _lost, ...app } = await stage.prepare();
    expect((await stage.prepare({ at: 'mastodon.social', app })).clientId).not.toBe(app.clientId);
  });

  it('registers its exact address where a server may compare the port', async () => {
    const stage = openStage();
    await stage.quirks({ version: '0.17.3+git-abcdef', exactPort: true });
    const app = await stage.prepare();
    expect(app.settings['redirectUri']).toBe(redirectUri);
    await stage.exchange(app, await stage.consent(app));
    const elsewhere = { at: 'mastodon.social', app, redirectUri: 'http://127.0.0.1:61000/callback' };
    expect((await stage.prepare(elsewhere)).clientId).not.toBe(app.clientId);
  });

  it('asks for whole rights where a server knows no parts', async () => {
    const stage = openStage();
    await stage.quirks({ wholeScopes: true });
    const app = await stage.prepare();
    expect(app.settings['scopes']).toEqual(['read', 'write']);
    const grant = await stage.exchange(app, await stage.consent(app));
    expect(grant.scopes).toEqual(expect.arrayContaining([...signIn.scopes]));
  });

  it('says so where nobody may register', async () => {
    const stage = openStage();
    await stage.quirks({ registration: false });
    expect(await codeOf(stage.prepare())).toBe('E_APP_SETUP');
  });

  it('needs the keys that it was promised', async () => {
    const stage = openStage();
    stage.sandbox.faults.add({
      path: 'apps$',
      action: { kind: 'status', status: 200, body: { client_id: 'x' } },
    });
    expect(await codeOf(stage.prepare())).toBe('E_BAD_ANSWER');
  });
});

describe('the sign-in', () => {
  it('sends PKCE, which newer servers check', async () => {
    const stage = openStage();
    const app = await stage.prepare();
    const url = new URL(
      signIn.authorizeUrl({ app, redirectUri, state: 's', challenge, scopes: signIn.scopes }),
    );
    expect(url.origin + url.pathname).toBe('https://mastodon.social/oauth/authorize');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: app.clientId,
      redirect_uri: redirectUri,
      scope: 'read:accounts read:statuses write:media write:statuses',
      state: 's',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    const callback = await stage.consent(app);
    expect(await codeOf(stage.exchange(app, callback, { verifier: 'x'.repeat(50) }))).toBe('E_LOGIN_CODE');
  });

  it.each(['4.2.10', '4.6.0'])('works on %s and gives a token that does not end', async (version) => {
    const stage = openStage();
    await stage.quirks({ version });
    const { grant } = await stage.login();
    expect(grant).toEqual({
      accessToken: expect.stringMatching(/^\w{43}$/u) as string,
      scopes: signIn.scopes,
      obtainedAt: stage.clock.now(),
    });
    expect(signIn.refresh).toBeUndefined();
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('is told apart by server where ids of accounts are the same', async () => {
    const stage = openStage();
    const one = await stage.login({ at: 'mastodon.social' });
    const other = await stage.login({ at: 'mastodon.example' });
    expect(one.identity).toMatchObject({
      remoteId: '113500000000000101@mastodon.social',
      handle: '@creator@mastodon.social',
      name: 'Creator',
      url: 'https://mastodon.social/@creator',
    });
    expect(other.identity.remoteId).toBe('113500000000000101@mastodon.example');
  });

  it('is refused by its person', async () => {
    const stage = openStage();
    const callback = await stage.consent(await stage.prepare(), { deny: true });
    expect(callback.get('error')).toBe('access_denied');
    expect(callback.get('state')).toBe('state-1');
  });

  it('fails with a code that was used or is old', async () => {
    const stage = openStage();
    const app = await stage.prepare();
    const callback = await stage.consent(app);
    await stage.exchange(app, callback);
    expect(await codeOf(stage.exchange(app, callback))).toBe('E_LOGIN_CODE');
    const late = await stage.consent(app);
    stage.clock.advance(11 * 60_000);
    expect(await codeOf(stage.exchange(app, late))).toBe('E_LOGIN_CODE');
  });

  it('says what to do where the server forgot the app meanwhile', async () => {
    const stage = openStage();
    const app = await stage.prepare();
    const callback = await stage.consent(app);
    await stage.pull('forgetApps');
    await expect(stage.exchange(app, callback)).rejects.toMatchObject({
      code: 'E_CLIENT_INVALID',
      command: 'repost login mastodon --server mastodon.social',
    });
  });

  it('needs to know whose it is', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({
      path: 'verify_credentials$',
      action: { kind: 'status', status: 200, body: { id: '1' } },
    });
    const { app, grant, http } = me;
    expect(await codeOf(mastodon.identities({ http, grant, app, clock: stage.clock }))).toBe('E_BAD_ANSWER');
  });
});

describe('signing out', () => {
  const revoke = (stage: Stage, app: App, me: Awaited<ReturnType<Stage['login']>>) =>
    signIn.revoke!({
      http: stage.plain,
      app,
      clock: stage.clock,
      grant: me.grant,
      account: accountOf(me.identity, me.grant),
    });

  it('ends the token at the server', async () => {
    const stage = openStage();
    const me = await stage.login();
    await revoke(stage, me.app, me);
    expect(await me.drive()).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' } });
    await revoke(stage, me.app, me);
  });

  it('has nothing left to do where the app is gone', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('forgetApps');
    await revoke(stage, me.app, me);
  });

  it('says where to go when the server does not allow it', async () => {
    const stage = openStage();
    const me = await stage.login();
    const other = await stage.prepare();
    await expect(revoke(stage, other, me)).rejects.toMatchObject({
      code: 'E_REFUSED',
      hint: expect.stringMatching(/authorized_applications/u) as string,
    });
  });
});
