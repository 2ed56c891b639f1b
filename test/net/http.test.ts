import { expect, test } from 'vitest';
import { DAY, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { HttpRequest } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import { peerClock } from '../../src/core/peer-clock.ts';
import type { Service } from '../../src/core/platform.ts';
import { accountHttp, plainHttp } from '../../src/net/http.ts';
import { bench, grantOf, service } from './account-bench.ts';
import { api, httpServer, readAll, transportTo } from './servers.ts';

test('query, form, JSON and headers are built; the method follows from the body', async () => {
  const seen: object[] = [];
  const { url } = await httpServer(async (request, response) => {
    const body = (await readAll(request)).toString();
    seen.push({ method: request.method, url: request.url, type: request.headers['content-type'], body });
    response.end('{}');
  });
  const http = plainHttp({ transport: transportTo(url), clock: new TestClock(), timeoutMs: 5000 });
  const asked: HttpRequest[] = [
    { url: `${api}/a?z=1`, query: { q: 'a b&c', n: 3, yes: true, gone: undefined } },
    { url: `${api}/b`, form: { x: 'ü=1', gone: undefined } },
    {
      url: `${api}/c`,
      json: { id: '7575000000000000123' },
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
    },
    { url: `${api}/d`, method: 'PUT', body: new Uint8Array([65, 66]) },
    { url: `${api}/e`, method: 'DELETE' },
  ];
  for (const request of asked) await http.send(request);
  expect(seen).toEqual([
    { method: 'GET', url: '/a?z=1&q=a+b%26c&n=3&yes=true', type: undefined, body: '' },
    { method: 'POST', url: '/b', type: 'application/x-www-form-urlencoded', body: 'x=%C3%BC%3D1' },
    {
      method: 'POST',
      url: '/c',
      type: 'application/json; charset=utf-8',
      body: '{"id":"7575000000000000123"}',
    },
    { method: 'PUT', url: '/d', type: undefined, body: 'AB' },
    { method: 'DELETE', url: '/e', type: undefined, body: '' },
  ]);
});

test('spends before it sends, carries the token, reports what it learned even from errors', async () => {
  const { http, log, learned } = await bench(
    (_, response) => response.writeHead(429, { 'x-left': '0', 'retry-after': '9' }).end(),
    { readings: (response) => [{ bucket: 'posts', remaining: Number(response.headers['x-left']) }] },
  );
  await expect(http.send({ url: api, call: 'post' })).rejects.toMatchObject({
    code: 'E_RATE_LIMIT',
    kind: 'later',
    notBefore: http.clock.now() + 9000,
  });
  expect(log).toEqual(['spend post', 'GET Bearer access-token-1']);
  expect(learned).toEqual([{ bucket: 'posts', remaining: 0 }]);
});

test('waits as long as Retry-After asks, where the platform’s own rule knows less, and never shorter', async () => {
  for (const [retryAfter, waited] of [
    [1200, 1200],
    [9, 900],
  ] as const) {
    const { http } = await bench(
      (_, response) => response.writeHead(429, { 'retry-after': String(retryAfter) }).end(),
      {
        classify: (_response, _request, clock) =>
          new Failure('E_RATE_LIMIT', { kind: 'later', notBefore: clock.now() + 900_000 }),
      },
    );
    await expect(http.send({ url: api, call: 'post' })).rejects.toMatchObject({
      notBefore: http.clock.now() + waited * 1000,
    });
  }
});

test('a meter that says no keeps the request at home', async () => {
  const { url } = await httpServer(() => expect.unreachable('nothing may be sent'));
  const http = accountHttp({
    transport: transportTo(url),
    clock: new TestClock(),
    timeoutMs: 5000,
    service,
    tokens: { current: async () => grantOf('access-token'), renew: async (grant) => grant },
    meter: {
      spend: async () => Promise.reject(new Failure('E_QUOTA', { kind: 'later' })),
      learn: async () => {},
    },
  });
  await expect(http.send({ url: api })).rejects.toMatchObject({ code: 'E_QUOTA' });
});

test('after a 401 the token is renewed once and the request repeated once', async () => {
  const { http, log } = await bench((request, response) =>
    response
      .writeHead(request.headers.authorization === 'Bearer access-token-2' ? 200 : 401)
      .end('{"ok":true}'),
  );
  expect((await http.send({ url: api, json: {}, call: 'c' })).json()).toEqual({ ok: true });
  expect(log).toEqual([
    'spend c',
    'POST Bearer access-token-1',
    'renew access-token-1',
    'POST Bearer access-token-2',
  ]);
});

test('a second 401 is the person’s affair', async () => {
  const { http, log } = await bench((_, response) => response.writeHead(401).end());
  await expect(http.send({ url: api })).rejects.toMatchObject({
    code: 'E_LOGIN_NEEDED',
    kind: 'login',
    certain: true,
  });
  expect(log.filter((line) => line.startsWith('GET')).length).toBe(2);
});

test('a 401 that is not about the token renews nothing; another status that is, does', async () => {
  const blocked = await bench((_, response) => response.writeHead(401).end(), {
    classify: () => new Failure('E_ACCOUNT_BLOCKED', { certain: true }),
  });
  await expect(blocked.http.send({ url: api })).rejects.toMatchObject({ code: 'E_ACCOUNT_BLOCKED' });
  expect(blocked.log).toEqual(['spend undefined', 'GET Bearer access-token-1']);

  const expired = await bench(
    (request, response) =>
      response
        .writeHead(request.headers.authorization?.endsWith('2') ? 200 : 400)
        .end('{"error":{"code":190}}'),
    {
      classify: (response) =>
        response.json<{ error: { code: number } }>().error.code === 190
          ? new Failure('E_LOGIN_NEEDED')
          : undefined,
    },
  );
  expect((await expired.http.send({ url: api })).status).toBe(200);
});

test('a new proof is given once, with the same token', async () => {
  let proofs = 0;
  const { http, log } = await bench(
    (request, response) => response.writeHead(request.headers['dpop'] === 'proof 2' ? 200 : 401).end('{}'),
    {
      authorize: (request, grant) => {
        proofs += 1;
        return {
          ...request,
          headers: { authorization: `DPoP ${grant.accessToken}`, dpop: `proof ${proofs}` },
        };
      },
      wantsProof: (response) => response.status === 401,
    },
  );
  expect((await http.send({ url: api })).status).toBe(200);
  expect(log).toEqual(['spend undefined', 'GET DPoP access-token-1', 'GET DPoP access-token-1']);
});

test('without credentials where the request says so', async () => {
  const { http, log } = await bench((_, response) => response.end('{}'));
  await http.send({ url: api, authorize: false });
  expect(log).toEqual(['spend undefined', 'GET nobody']);
});

test('statuses that are accepted are answers; errors with HTTP 200 are errors', async () => {
  const { http } = await bench((_, response) => response.writeHead(308, { range: 'bytes=0-9' }).end());
  expect((await http.send({ url: api, accept: [308] })).headers['range']).toBe('bytes=0-9');
  await expect(http.send({ url: api })).rejects.toMatchObject({ code: 'E_BAD_ANSWER' });

  const classify: Service['classify'] = (response) =>
    response.json<{ error?: { code: string } }>().error?.code === 'ok'
      ? undefined
      : new Failure('E_REFUSED', { status: 200 });
  const bodies = [
    '{"error":{"code":"ok"}}',
    '{"error":{"code":"scope_not_authorized"}}',
    '{"error":"invalid_grant"}',
  ];
  const sent = [...bodies];
  const odd = await bench((_, response) => response.end(sent.shift()), { classify, failsWith200: true });
  expect((await odd.http.send({ url: api })).status).toBe(200);
  await expect(odd.http.send({ url: api })).rejects.toMatchObject({ code: 'E_REFUSED', status: 200 });
  expect((await odd.http.send({ url: api, accept: [200] })).text).toBe('{"error":"invalid_grant"}');

  const quiet = await bench((_, response) => response.end(bodies[1]), { classify });
  expect((await quiet.http.send({ url: api })).status).toBe(200);
});

test('an error page that is no JSON does not hide the status from anybody', async () => {
  const { http } = await bench((_, response) => response.writeHead(502).end('<html>Bad gateway</html>'), {
    classify: (response) => (response.json<{ a?: 1 }>().a === 1 ? new Failure('E_REFUSED') : undefined),
    readings: (response) => [response.json<LimitReading>()],
    wantsProof: (response) => response.json<{ a?: 1 }>().a === 1,
  });
  await expect(http.send({ url: api })).rejects.toMatchObject({
    code: 'E_PLATFORM_DOWN',
    status: 502,
    certain: false,
  });
});

test('nothing is ever sent twice by itself', async () => {
  for (const status of [429, 500, 503, 404]) {
    const { http, log } = await bench((_, response) => response.writeHead(status).end());
    await expect(http.send({ url: api, json: {}, effect: true })).rejects.toBeInstanceOf(Failure);
    expect(log.length, String(status)).toBe(2);
  }
  const { http, log } = await bench((request) => request.socket.destroy());
  await expect(http.send({ url: api, json: {}, effect: true })).rejects.toMatchObject({
    code: 'E_NO_ANSWER',
  });
  expect(log.length).toBe(2);
});

test('traces tell the exchange, without a secret and without the file', async () => {
  const marks = ['access-token-1', 'SECRET-CANARY-1', 'SECRET-CANARY-2', 'refresh-of-access-token-1'];
  const { http, traces } = await bench((_, response, body) =>
    response.writeHead(400, { 'set-cookie': 'sid=SECRET-CANARY-2' }).end(
      JSON.stringify({
        message: `You sent access-token-1 and ${body.length} bytes`,
        refresh_token: 'SECRET-CANARY-2',
      }),
    ),
  );
  const error = await http
    .send({
      url: `${api}/post?access_token=access-token-1`,
      query: { code: 'SECRET-CANARY-1' },
      call: 'post',
      multipart: [
        { name: 'client_secret', value: 'SECRET-CANARY-1' },
        { name: 'caption', value: 'hello' },
        { name: 'media', filename: 'v.mp4', value: { path: import.meta.filename, start: 0, end: 1000 } },
      ],
    })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Failure);
  expect((error as Failure).message).toMatch(/^X answered 400: You sent \*\*\* and \d+ bytes$/);
  expect(traces).toHaveLength(1);
  expect(traces[0]).toMatchObject({
    method: 'POST',
    url: `${api}/post?access_token=***&code=***`,
    status: 400,
    call: 'post',
    requestBody: 'client_secret=***\ncaption=hello\nmedia=<file bytes 0-1000>',
    sentBytes: 1000 + 'hello'.length + 'SECRET-CANARY-1'.length,
  });
  for (const mark of marks) expect(JSON.stringify([traces, error])).not.toContain(mark);
});

test('an exchange without an answer is traced too, long bodies are cut', async () => {
  const cut = await bench((request) => request.socket.destroy());
  await expect(cut.http.send({ url: api })).rejects.toBeInstanceOf(Failure);
  expect(cut.traces).toMatchObject([{ status: null, responseBody: '' }]);

  const long = await bench((_, response) => response.end(JSON.stringify({ list: 'x'.repeat(100_000) })));
  await long.http.send({ url: api });
  expect(long.traces[0]?.responseBody.length).toBeLessThan(4200);
  expect(long.traces[0]?.responseBody).toContain('100011 characters');
});

test('a grant without an account yet is carried, and a refusal shows the platform’s words', async () => {
  const { url } = await httpServer((request, response) =>
    response
      .writeHead(request.headers.authorization === 'Bearer fresh-token-1' ? 200 : 401)
      .end('{"message":"no such token"}'),
  );
  const http = plainHttp({ transport: transportTo(url), clock: new TestClock(), timeoutMs: 5000 });
  expect((await http.carrying(service, grantOf('fresh-token-1')).send({ url: api })).status).toBe(200);
  await expect(http.carrying(service, grantOf('other-token-1')).send({ url: api })).rejects.toMatchObject({
    code: 'E_LOGIN_NEEDED',
    message: 'X answered 401: no such token',
  });
});

test('what is spent leaves at once: the token comes first, and the meter hears of the second sending as of the first', async () => {
  const log: string[] = [];
  const { url } = await httpServer((request, response) => {
    response.writeHead(request.headers.authorization?.endsWith('2') ? 200 : 401).end('{}');
  });
  const note = (word: string) => async () => void log.push(word);
  const http = accountHttp({
    transport: transportTo(url),
    clock: new TestClock(),
    timeoutMs: 5000,
    service,
    tokens: {
      current: () => note('token')().then(() => grantOf('access-token-1')),
      renew: () => note('renewed')().then(() => grantOf('access-token-2')),
    },
    meter: { spend: note('spend'), again: note('again'), ended: note('ended'), learn: async () => {} },
  });
  await http.send({ url: api });
  expect(log).toEqual(['token', 'spend', 'ended', 'renewed', 'again', 'ended']);
});

test('an answer tells what time it is at its service', async () => {
  const { url } = await httpServer((_request, response) => {
    response.setHeader('date', 'Mon, 23 Nov 2026 12:00:00 GMT');
    response.end('{}');
  });
  const peers = peerClock();
  const http = plainHttp({
    ...{ transport: transportTo(url), timeoutMs: 5000, service, peerClock: peers },
    clock: new TestClock(Date.UTC(2026, 10, 20, 12)),
  });
  await http.send({ url: `${api}/a` });
  expect(peers.aheadOf('x')).toBe(3 * DAY);
});
