import { expect, test } from 'vitest';
import type { App, Grant } from '../../src/core/account.ts';
import { MINUTE, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { plainHttp } from '../../src/net/http.ts';
import type { TokenRequest } from '../../src/net/token.ts';
import { standardGrant, standardTokenRequest } from '../../src/net/token.ts';
import { api, httpServer, readAll, transportTo } from './servers.ts';

const clock = new TestClock();
const now = clock.now();
const app: App = { platform: 'x', host: '', clientId: 'client id', clientSecret: 'se/cret:1', settings: {} };

interface Seen {
  method: string | undefined;
  url: string | undefined;
  authorization: string | undefined;
  body: string;
}

/** A token endpoint that answers once for each given answer. */
async function endpoint(...answers: [number, unknown][]) {
  const seen: Seen[] = [];
  const { url } = await httpServer(async (request, response) => {
    const body = (await readAll(request)).toString();
    seen.push({
      method: request.method,
      url: request.url,
      authorization: request.headers.authorization,
      body,
    });
    const [status, answer] = answers.shift() ?? [500, {}];
    response.writeHead(status).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  const http = plainHttp({ transport: transportTo(url), clock, timeoutMs: 5000 });
  const call = (more: Partial<TokenRequest> = {}) =>
    standardTokenRequest({
      http,
      clock,
      app,
      service: { id: 'x', name: 'X' },
      url: `${api}/token`,
      purpose: 'exchange',
      fields: { grant_type: 'authorization_code', code: 'the-code', gone: undefined },
      ...more,
    });
  return { call, seen };
}

test('the app says who it is in the body, by Basic or by its id alone', async () => {
  const good: [number, unknown] = [200, { access_token: 'a' }];
  const { call, seen } = await endpoint(good, good, good, good);
  await call();
  await call({ clientAuth: 'basic' });
  await call({ clientAuth: 'none', idField: 'client_key' });
  await call({ method: 'GET' });
  const fields = 'grant_type=authorization_code&code=the-code';
  const basic = `Basic ${Buffer.from('client+id:se%2Fcret%3A1').toString('base64')}`;
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/token',
      authorization: undefined,
      body: `${fields}&client_id=client+id&client_secret=se%2Fcret%3A1`,
    },
    { method: 'POST', url: '/token', authorization: basic, body: `${fields}&client_id=client+id` },
    { method: 'POST', url: '/token', authorization: undefined, body: `${fields}&client_key=client+id` },
    {
      method: 'GET',
      url: `/token?${fields}&client_id=client+id&client_secret=se%2Fcret%3A1`,
      authorization: undefined,
      body: '',
    },
  ]);
});

test('a refusal means one thing for a sign-in and another for an account', async () => {
  const rows: [TokenRequest['purpose'], number, unknown, object][] = [
    ['exchange', 400, { error: 'invalid_grant' }, { code: 'E_LOGIN_CODE', certain: true }],
    [
      'exchange',
      200,
      { error: 'invalid_grant', error_description: 'used' },
      { code: 'E_LOGIN_CODE', message: 'X refused: invalid_grant: used' },
    ],
    [
      'refresh',
      400,
      { error: 'invalid_grant' },
      { code: 'E_LOGIN_NEEDED', kind: 'login', command: 'repost login x' },
    ],
    ['refresh', 200, { error: 'invalid_grant' }, { code: 'E_LOGIN_NEEDED', kind: 'login' }],
    ['exchange', 401, { error: 'invalid_client' }, { code: 'E_CLIENT_INVALID', kind: 'reject' }],
    [
      'refresh',
      401,
      { error: 'invalid_client' },
      { code: 'E_CLIENT_INVALID', kind: 'later', reason: 'login', notBefore: now + 15 * MINUTE },
    ],
    ['refresh', 401, { error: 'unauthorized_client' }, { code: 'E_CLIENT_INVALID', kind: 'later' }],
    ['exchange', 400, { error: 'redirect_uri_mismatch' }, { code: 'E_REDIRECT' }],
    [
      'exchange',
      400,
      { error_type: 'OAuthException', code: 400, error_message: 'Matching code was not found' },
      { code: 'E_LOGIN_CODE', message: 'X refused: OAuthException: Matching code was not found' },
    ],
    [
      'exchange',
      400,
      { error: { message: 'Bad code', type: 'OAuthException', code: 100 } },
      { code: 'E_LOGIN_CODE', message: 'X refused: OAuthException: Bad code' },
    ],
    ['refresh', 400, { error: 'temporarily_unavailable' }, { code: 'E_PLATFORM_DOWN', kind: 'retry' }],
    ['refresh', 400, { error: 'slow_down' }, { code: 'E_REFUSED', kind: 'retry' }],
    ['refresh', 403, {}, { code: 'E_REFUSED', kind: 'retry', message: 'X refused: status 403' }],
    ['refresh', 500, { error: 'invalid_grant' }, { code: 'E_PLATFORM_DOWN', kind: 'retry' }],
    ['refresh', 429, {}, { code: 'E_RATE_LIMIT', kind: 'later' }],
    ['refresh', 400, '<html>', { code: 'E_BAD_ANSWER', kind: 'retry' }],
    ['refresh', 200, '[]', { code: 'E_BAD_ANSWER' }],
  ];
  for (const [purpose, status, answer, failure] of rows) {
    const { call } = await endpoint([status, answer]);
    await expect(call({ purpose }), JSON.stringify([purpose, status, answer])).rejects.toMatchObject(failure);
  }
});

test('a platform may read its own errors', async () => {
  const { call } = await endpoint(
    [400, { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' }],
    [200, { data: { error_code: 10010, description: 'expired' } }],
    [403, { title: 'SpendCapReached' }],
  );
  await expect(
    call({ purpose: 'refresh', isDead: ({ description }) => description.includes('for the token') }),
  ).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
  await expect(
    call({ purpose: 'refresh', readError: () => ({ error: 'invalid_grant', description: 'expired' }) }),
  ).rejects.toMatchObject({ code: 'E_LOGIN_NEEDED' });
  await expect(
    call({ readError: (_, status) => (status === 403 ? new Failure('E_MONEY') : undefined) }),
  ).rejects.toMatchObject({ code: 'E_MONEY', kind: 'later' });
});

test('no error text holds what was sent', async () => {
  const { call } = await endpoint([
    400,
    { error: 'invalid_grant', error_description: 'the-code with se/cret:1 is dead' },
  ]);
  const error = (await call().catch((reason: unknown) => reason)) as Failure;
  expect(error.message).toBe('X refused: invalid_grant: *** with *** is dead');
});

test('the usual answer becomes a grant; a refresh keeps what it leaves out', () => {
  const first = standardGrant(
    {
      access_token: 'access-1',
      refresh_token: 'refresh-1',
      expires_in: 7200,
      refresh_expires_in: '15552000',
      scope: 'a,b c',
    },
    { clock, scopes: ['asked'] },
  );
  expect(first).toEqual({
    accessToken: 'access-1',
    refreshToken: 'refresh-1',
    expiresAt: now + 7_200_000,
    refreshExpiresAt: now + 15_552_000_000,
    scopes: ['a', 'b', 'c'],
    obtainedAt: now,
  });
  const previous: Grant = { ...first, extra: { openId: 'o-12345678' } };
  expect(standardGrant({ access_token: 'access-2', expires_in: 3599 }, { clock, previous })).toEqual({
    ...previous,
    accessToken: 'access-2',
    expiresAt: now + 3_599_000,
  });
  expect(standardGrant({ access_token: 'access-3' }, { clock, scopes: ['asked'] })).toEqual({
    accessToken: 'access-3',
    scopes: ['asked'],
    obtainedAt: now,
  });
  expect(() => standardGrant({ refresh_token: 'r' }, { clock })).toThrow(
    expect.objectContaining({ code: 'E_BAD_ANSWER' }),
  );
});
