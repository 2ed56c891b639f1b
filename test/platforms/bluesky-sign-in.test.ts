import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { mask } from '../../src/net/redact.ts';
import type { Stage } from './bluesky-stage.ts';
import { home, openStage, redirectUri, self, signIn } from './bluesky-stage.ts';

let stage: Stage;

beforeEach(() => {
  stage = openStage();
});

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Failure) => ({ code: error.code, kind: error.kind, message: error.message }),
  );
const app = { platform: 'bluesky', host: '', clientId: '', settings: {} } as const;

describe('signing in in the browser', () => {
  it('starts at Bluesky’s entrance where nobody was named', async () => {
    const { grant, app: made } = await stage.consent();
    expect(made.clientId).toMatch(
      /^http:\/\/localhost\?redirect_uri=http%3A%2F%2F127\.0\.0\.1%2Fcallback&scope=atproto/u,
    );
    expect(grant).toMatchObject({
      expiresAt: stage.clock.now() + 3_599_000,
      refreshExpiresAt: stage.clock.now() + 14 * DAY,
      obtainedAt: stage.clock.now(),
    });
    expect(grant.scopes).toEqual(
      expect.arrayContaining(['atproto', 'repo:app.bsky.feed.post', 'blob:video/mp4']),
    );
    expect(stage.requests.map(({ origin, path }) => new URL(path, origin).href)).toContain(
      'https://bsky.social/oauth/par',
    );
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it.each([
    ['a handle', { loginHint: '@second.bsky.social' }],
    ['a handle without its domain', { loginHint: 'second' }],
    ['a DID', { loginHint: 'did:plc:secondsecondsecond2222b3' }],
    ['a handle and a server', { loginHint: 'second.bsky.social', at: 'bsky.social' }],
  ])('takes the account that %s names', async (_name, named) => {
    const { grant } = await stage.consent(named);
    expect(JSON.parse(grant.extra!['session']!)).toMatchObject({
      did: 'did:plc:secondsecondsecond2222b3',
      pds: home,
    });
  });

  it.each(['pds.example.org', 'https://pds.example.org/'])(
    'signs in at somebody’s own server: %s',
    async (at) => {
      await stage.pull('move', { account: '@creator', pds: self });
      const { grant } = await stage.consent({ at });
      expect(JSON.parse(grant.extra!['session']!)).toMatchObject({ pds: self, issuer: self });
      const byHandle = await stage.consent({ loginHint: 'creator.bsky.social' });
      expect(JSON.parse(byHandle.grant.extra!['session']!)).toMatchObject({ issuer: self });
    },
  );

  it('asks servers that know no narrow rights for broad ones', async () => {
    await stage.quirks({ narrowScopes: false });
    const { grant } = await stage.consent();
    expect(grant.scopes).toEqual(['atproto', 'transition:generic']);
  });

  it('shows who signed in, and until when', async () => {
    const { identity } = await stage.login();
    expect(identity).toEqual({
      remoteId: 'did:plc:creatorcreatorcreator2a2',
      handle: '@creator.bsky.social',
      name: 'Creator',
      url: 'https://bsky.app/profile/did:plc:creatorcreatorcreator2a2',
      settings: {
        pds: home,
        issuer: 'https://bsky.social',
        serverDid: 'did:web:morel.us-east.host.bsky.network',
      },
      warnings: [expect.stringContaining('14 days')],
    });
  });

  it('names every account that can’t be found', async () => {
    expect(await failureOf(stage.consent({ loginHint: 'nobody.example.com' }))).toMatchObject({
      code: 'E_USAGE',
      message: 'There is no Bluesky account @nobody.example.com.',
    });
    expect(await failureOf(stage.consent({ loginHint: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }))).toMatchObject({
      code: 'E_NO_CHANNEL',
    });
    expect(await failureOf(stage.consent({ at: 'not a host' }))).toMatchObject({ code: 'E_USAGE' });
  });

  it('refuses another account than the one that was named', async () => {
    const choice = { account: '@second' };
    expect(await failureOf(stage.consent({ loginHint: 'creator', choice }))).toMatchObject({
      code: 'E_OTHER_ACCOUNT',
    });
  });

  it('refuses a server that speaks for an account which is not its own', async () => {
    const { dispatch } = stage.sandbox;
    stage.sandbox.dispatch = async (request) => {
      // The account moves while its person presses the button: the entrance no longer speaks for it.
      if (request.path === '/oauth/token') await stage.pull('move', { account: '@creator', pds: self });
      return dispatch(request);
    };
    expect(await failureOf(stage.consent())).toMatchObject({ code: 'E_STATE_MISMATCH' });
  });

  it('refuses descriptions of a sign-in that can’t be trusted', async () => {
    const metadata = (change: object) => ({
      issuer: 'https://bsky.social',
      authorization_endpoint: 'https://bsky.social/oauth/authorize',
      token_endpoint: 'https://bsky.social/oauth/token',
      pushed_authorization_request_endpoint: 'https://bsky.social/oauth/par',
      ...change,
    });
    for (const change of [
      { issuer: 'https://evil.example' },
      { token_endpoint: 'http://bsky.social/oauth/token' },
      { token_endpoint: 'https://user:pw@bsky.social/oauth/token' },
      { pushed_authorization_request_endpoint: undefined },
    ]) {
      stage.sandbox.faults.clear();
      stage.sandbox.faults.add({
        path: '/.well-known/oauth-authorization-server',
        action: { kind: 'status', status: 200, body: metadata(change) },
      });
      expect(await failureOf(stage.consent())).toMatchObject({ code: 'E_BAD_ANSWER' });
    }
  });

  it('refuses a directory that names another account or a server in the open', async () => {
    const document = (change: object) => ({
      id: 'did:plc:creatorcreatorcreator2a2',
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: home }],
      ...change,
    });
    for (const change of [
      { id: 'did:plc:secondsecondsecond2222b3' },
      { service: [] },
      {
        service: [
          {
            id: '#atproto_pds',
            type: 'AtprotoPersonalDataServer',
            serviceEndpoint: 'http://pds.example.org',
          },
        ],
      },
    ]) {
      stage.sandbox.faults.clear();
      stage.sandbox.faults.add({
        path: '/did:plc',
        action: { kind: 'status', status: 200, body: document(change) },
      });
      expect(await failureOf(stage.consent({ loginHint: 'creator' }))).toMatchObject({
        code: 'E_BAD_ANSWER',
      });
    }
  });

  it('uses a key of its own for each sign-in and shows it to nobody', async () => {
    const [one, two] = [await stage.consent(), await stage.consent()];
    const keys = [one, two].map(({ grant }) => grant.extra!['dpopKey']!);
    expect(keys[0]).not.toBe(keys[1]);
    const wire = JSON.stringify(
      stage.requests.map(({ headers, body, query }) => [headers, body.toString(), [...query]]),
    );
    for (const key of keys) {
      expect(wire).not.toContain(key);
      expect(mask(`the key is ${key}`)).toBe('the key is ***');
    }
    for (const { headers } of stage.requests.filter(({ headers: { dpop } }) => dpop !== undefined)) {
      const [head = ''] = headers['dpop']!.split('.');
      expect(
        Object.keys((JSON.parse(Buffer.from(head, 'base64url').toString()) as { jwk: object }).jwk).sort(),
      ).toEqual(['crv', 'kty', 'x', 'y']);
    }
  });

  it('goes back to another address of this machine', async () => {
    const { app: made } = await stage.consent({ redirectUri: 'http://127.0.0.1:8080/other' });
    expect(new URL(made.clientId).searchParams.get('redirect_uri')).toBe('http://127.0.0.1/other');
  });

  it('declares what the person must know', () => {
    expect(signIn).toMatchObject({
      ownApp: false,
      secret: 'none',
      redirect: { uri: 'http://127.0.0.1:*/callback', registered: false },
    });
    expect(redirectUri).toMatch(/^http:\/\/127/u);
  });
});

describe('renewing a sign-in in the browser', () => {
  it('turns the token over, keeps key and end', async () => {
    const me = await stage.login();
    const before = me.grant();
    stage.clock.advance(2 * HOUR);
    const after = await signIn.refresh!({
      http: stage.plain,
      app,
      clock: stage.clock,
      grant: before,
      account: me.account,
    });
    expect(after.accessToken).not.toBe(before.accessToken);
    expect(after.refreshToken).not.toBe(before.refreshToken);
    expect([after.extra, after.refreshExpiresAt]).toEqual([before.extra, before.refreshExpiresAt]);
  });

  it.each([
    ['used twice', async (refresh: () => Promise<unknown>) => refresh()],
    ['taken away', async () => stage.pull('endSessions', { account: '@creator' })],
    ['14 days old', async () => stage.clock.advance(15 * DAY)],
    ['of an account elsewhere', async () => stage.pull('move', { account: '@creator', pds: self })],
  ])('asks for the person when it is %s', async (_name, spoil) => {
    const me = await stage.login();
    const grant = me.grant();
    const refresh = () =>
      signIn.refresh!({ http: stage.plain, app, clock: stage.clock, grant, account: me.account });
    await spoil(refresh);
    expect(await failureOf(refresh())).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
  });

  it.each([
    ['500', { kind: 'status', status: 500 }],
    ['429', { kind: 'status', status: 429 }],
    ['nothing', { kind: 'refuse' }],
    ['garbage', { kind: 'garbage' }],
  ] as const)('leaves the account alone when the answer is %s', async (_name, action) => {
    const me = await stage.login();
    stage.sandbox.faults.add({ path: '/oauth/token', action });
    const refresh = signIn.refresh!({
      http: stage.plain,
      app,
      clock: stage.clock,
      grant: me.grant(),
      account: me.account,
    });
    expect(['retry', 'later']).toContain((await failureOf(refresh))?.kind);
  });

  it('revokes', async () => {
    const me = await stage.login();
    const request = { http: stage.plain, app, clock: stage.clock, grant: me.grant(), account: me.account };
    await signIn.revoke!(request);
    expect(await failureOf(signIn.refresh!(request))).toMatchObject({ kind: 'login' });
  });
});
