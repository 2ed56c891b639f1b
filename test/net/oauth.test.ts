import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { MINUTE } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { OAuthSignIn } from '../../src/core/platform.ts';
import { signIn } from '../../src/net/oauth.ts';
import { queryOf } from '../../src/net/paste.ts';
import { app, rules, server, visit, world } from './sign-in-world.ts';

test('from the browser to the account: listener first, PKCE and redirect kept, the token carried', async () => {
  const { request, announced, opened } = await world({
    scope: 'upload read',
    more: { loginHint: '@creator' },
  });
  const done = await signIn(request);
  expect(done).toMatchObject({
    app,
    grant: { accessToken: 'fresh-access-token', scopes: ['upload', 'read'] },
    identities: [{ remoteId: '7575000000000000123', handle: '@creator' }],
  });
  expect(announced).toHaveLength(1);
  expect(announced[0]?.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  expect(opened).toEqual([announced[0]?.authorizeUrl]);
  const address = new URL(opened[0] ?? '');
  expect(address.pathname).toBe('/sim/authorize');
  expect(address.searchParams.get('login_hint')).toBe('@creator');
});

test('what the platform sends back instead of a code', async () => {
  const rows: [Record<string, string>, object][] = [
    [{ error: 'access_denied' }, { code: 'E_DENIED', kind: 'login' }],
    [{ error: 'acceess_denied', error_reason: 'user_denied' }, { code: 'E_DENIED' }],
    [{ error: 'user_cancelled_authorize' }, { code: 'E_DENIED' }],
    [
      { error: 'invalid_scope', error_description: 'no such\u0007 scope' },
      { code: 'E_APP_SETUP', message: 'YouTube answered: invalid_scope: no such scope' },
    ],
    [{ error: 'redirect_uri_mismatch' }, { code: 'E_REDIRECT' }],
    [{ error: 'unauthorized_client' }, { code: 'E_CLIENT_INVALID' }],
    [{ error: 'server_error' }, { code: 'E_PLATFORM_DOWN' }],
    [{ foo: 'bar' }, { code: 'E_LOGIN_CODE' }],
    [{ code: 'another code' }, { code: 'E_LOGIN_CODE', message: 'YouTube refused: invalid_grant' }],
    [{ code: 'the code/1', iss: 'https://evil.example.com' }, { code: 'E_STATE_MISMATCH' }],
  ];
  for (const [fields, failure] of rows) {
    const { request } = await world({ callback: () => fields });
    await expect(signIn(request), JSON.stringify(fields)).rejects.toMatchObject(failure);
  }
  const named = await world({ callback: () => ({ code: 'the code/1', iss: `${server}/` }) });
  await expect(signIn(named.request)).resolves.toBeDefined();
});

test('rights that were not granted are named', async () => {
  const { request } = await world({ scope: 'read' });
  await expect(signIn(request)).rejects.toMatchObject({
    code: 'E_SCOPES',
    message: 'YouTube did not grant: upload.',
  });
  const enough = await world({ scope: 'read', more: { signIn: { ...rules, needed: ['read'] } } });
  await expect(signIn(enough.request)).resolves.toBeDefined();
});

test('a sign-in that offers no account', async () => {
  const { request } = await world({ id: '' });
  await expect(signIn(request)).rejects.toMatchObject({ code: 'E_NO_CHANNEL' });
});

test('nobody comes: the time-out says what to try; wrong answers alone say so', async () => {
  const hold = () => ({ state: 'hold' });
  const quiet = await world({ callback: hold });
  const waiting = signIn(quiet.request);
  waiting.catch(() => {});
  await until(() => quiet.clock.nextWakeAt() !== undefined);
  quiet.clock.advance(5 * MINUTE);
  await expect(waiting).rejects.toMatchObject({
    code: 'E_LOGIN_TIMEOUT',
    hint: expect.stringContaining('--paste'),
  });

  const stale = await world({
    callback: () => ({ state: 'of another tab', code: 'x' }),
    more: { timeoutMs: MINUTE },
  });
  const second = signIn(stale.request);
  second.catch(() => {});
  await until(() => stale.clock.nextWakeAt() !== undefined);
  stale.clock.advance(MINUTE);
  await expect(second).rejects.toMatchObject({ code: 'E_STATE_MISMATCH' });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

test('an interrupted sign-in closes its port', async () => {
  const controller = new AbortController();
  const { request, announced } = await world({
    callback: () => ({ state: 'hold' }),
    more: { signal: controller.signal },
  });
  const waiting = signIn(request);
  waiting.catch(() => {});
  await until(() => announced.length > 0);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'E_INTERRUPTED' });
  await expect(visit(announced[0]?.redirectUri ?? '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a pasted address is taken as well: whole, with Meta’s tail, or only the query; a stale one is passed over', async () => {
  const forms = [
    (back: string) => `${back}#_`,
    (back: string) => `  "${back}#_=_"  `,
    (back: string) => back.slice(back.indexOf('?') + 1),
  ];
  for (const form of forms) {
    let give: (line: string) => void = () => {};
    const address = new Promise<string>((resolve) => {
      give = resolve;
    });
    const lines: AsyncIterable<string> = (async function* () {
      yield 'hello';
      yield '';
      yield 'https://localhost:8443/callback?code=old&state=old';
      yield await address;
    })();
    const { request } = await world({
      more: {
        pasted: lines,
        redirectUri: 'https://away.example.com/callback',
        announce: ({ authorizeUrl, redirectUri }) => {
          const state = new URL(authorizeUrl).searchParams.get('state');
          give(form(`${redirectUri}?code=${encodeURIComponent('the code/1')}&state=${state}`));
        },
      },
    });
    await expect(signIn(request)).resolves.toMatchObject({ grant: { accessToken: 'fresh-access-token' } });
  }
});

test('one pasted line that does not fit says why', async () => {
  const paste = async (line: string) =>
    signIn(
      (await world({ callback: () => ({ state: 'hold' }), more: { pasted: Promise.resolve(line) } })).request,
    );
  await expect(paste('https://localhost/callback?code=x&state=old')).rejects.toMatchObject({
    code: 'E_STATE_MISMATCH',
  });
  await expect(paste('just-the-code')).rejects.toMatchObject({
    code: 'E_LOGIN_CODE',
    hint: expect.stringContaining('address bar'),
  });
  expect(queryOf('https://h/?a=1')).toBeUndefined();
});

test('a taken port ends the sign-in, unless somebody pastes', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const redirectUri = `http://127.0.0.1:${(other.address() as AddressInfo).port}/callback`;
  const taken = await world({ more: { redirectUri } });
  await expect(signIn(taken.request)).rejects.toMatchObject({ code: 'E_PORT_TAKEN' });
  expect(taken.opened).toEqual([]);
  const pasting = await world({
    more: { redirectUri, browse: async () => {}, pasted: Promise.resolve('?error=access_denied') },
  });
  await expect(signIn(pasting.request)).rejects.toMatchObject({ code: 'E_DENIED' });
});

test('without an app nothing opens; an app that is made on the spot is given back', async () => {
  const none = await world({ more: { app: undefined } });
  await expect(signIn(none.request)).rejects.toMatchObject({
    code: 'E_NO_APP',
    command: 'repost app add youtube --client-id ID',
  });
  expect(none.opened).toEqual([]);

  const made = { ...app, clientId: 'made-on-the-spot' };
  const prepare: NonNullable<OAuthSignIn['prepare']> = async ({ at, redirectUri, challenge }) => {
    expect([at, challenge?.length]).toEqual(['bsky.social', 43]);
    return { app: made, prepared: { issuer: 'https://issuer.example.com', redirectUri } };
  };
  const { request, opened } = await world({
    callback: () => ({ code: 'the code/1', iss: 'https://issuer.example.com' }),
    more: { app: undefined, at: 'bsky.social', signIn: { ...rules, prepare } },
  });
  expect((await signIn(request)).app).toEqual(made);
  expect(opened[0]).toContain('made-on-the-spot');
});

test('an address elsewhere without a paste is refused before anything opens', async () => {
  const { request, opened } = await world({ more: { redirectUri: 'https://away.example.com/callback' } });
  const error = await signIn(request).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Failure);
  expect(error).toMatchObject({ code: 'E_REDIRECT', command: 'repost login youtube --paste' });
  expect(opened).toEqual([]);
});
