import { once } from 'node:events';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { request as ask } from 'node:http';
import { request as askSecurely } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { isLoopback, type Loopback, listen } from '../../src/net/loopback.ts';
import { newState } from '../../src/net/pkce.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
  certificate?: PeerCertificate;
}

/** A browser's request, with what a test wants to bend. */
function visit(url: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const secure = url.startsWith('https:');
    const sent = (secure ? askSecurely : ask)(
      url,
      { agent: false, rejectUnauthorized: false, ...options } as RequestOptions,
      (response) => {
        let body = '';
        response.on('data', (piece) => {
          body += piece;
        });
        const certificate = secure ? (response.socket as TLSSocket).getPeerCertificate() : undefined;
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            ...(certificate === undefined ? {} : { certificate }),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

async function opened(redirectUri = 'http://127.0.0.1:*/callback/', state = newState()): Promise<Loopback> {
  const loopback = await listen({ redirectUri, state, clock: systemClock });
  onTestFinished(() => loopback.close());
  return loopback;
}

test('the first callback with the right state arrives; the page is a page', async () => {
  const state = newState();
  const loopback = await opened('http://127.0.0.1:*/callback/', state);
  expect(loopback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\/$/);
  const answer = await visit(`${loopback.redirectUri}?state=${state}&code=4%2F0A!b*c&scopes=a%2Cb`);
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('You can close this tab');
  expect(Object.fromEntries(await loopback.arrival)).toEqual({ state, code: '4/0A!b*c', scopes: 'a,b' });
  expect((await visit(`${loopback.redirectUri}?state=${state}&code=again`)).status).toBe(410);
});

test('only one GET on the exact path with the exact Host is let in', async () => {
  const state = newState();
  const loopback = await opened('http://127.0.0.1:*/callback', state);
  const { origin, port } = new URL(loopback.redirectUri);
  const query = `?state=${state}&code=c`;
  const rows: [string, RequestOptions, number][] = [
    [`${origin}/favicon.ico`, {}, 404],
    [`${origin}/${query}`, {}, 404],
    [`${origin}/callback/${query}`, {}, 404],
    [`${origin}/Callback${query}`, {}, 404],
    [`${origin}/callback${query}`, { method: 'POST' }, 405],
    [`${origin}/callback${query}`, { method: 'HEAD' }, 405],
    [`${origin}/callback${query}`, { method: 'OPTIONS' }, 405],
    [`${origin}/callback${query}`, { headers: { host: `localhost:${port}` } }, 421],
    [`${origin}/callback${query}`, { headers: { host: `evil.example.com:${port}` } }, 421],
    [`${origin}/callback${query}`, { headers: { host: '127.0.0.1' } }, 421],
    [`${origin}/callback${query}`, { headers: { 'sec-purpose': 'prefetch;prerender' } }, 503],
    [`${origin}/callback`, {}, 400],
  ];
  for (const [url, options, status] of rows)
    expect((await visit(url, options)).status, `${options.method ?? 'GET'} ${url}`).toBe(status);
  expect(loopback.strays()).toBe(0);
  expect((await visit(`${origin}/callback${query}`)).status).toBe(200);
});

test('every page is safe: nothing of the query in it, nothing cached, framed, run or passed on', async () => {
  const loopback = await opened();
  const bad = '<script>alert(1)</script>';
  const answer = await visit(
    `${loopback.redirectUri}?error=${encodeURIComponent(bad)}&state=wrong-${encodeURIComponent(bad)}`,
  );
  expect(answer.body).not.toContain('script');
  expect(answer.headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    connection: 'close',
  });
  expect(answer.headers['content-security-policy']).toMatch(
    /default-src 'none'; style-src 'sha256-[^']+';.*frame-ancestors 'none'/,
  );
  expect(answer.headers['access-control-allow-origin']).toBeUndefined();
});

test('several wrong states end it', async () => {
  const loopback = await opened();
  for (const query of ['state=a&code=1', 'code=2', 'state=b&state=c&code=3']) {
    expect((await visit(`${loopback.redirectUri}?${query}`)).status).toBe(400);
  }
  await expect(loopback.arrival).rejects.toMatchObject({ code: 'E_STATE_MISMATCH' });
});

test('a state or code given twice is nobody’s answer', async () => {
  const state = newState();
  const loopback = await opened('http://127.0.0.1:*/callback/', state);
  expect((await visit(`${loopback.redirectUri}?state=${state}&state=${state}&code=1`)).status).toBe(400);
  expect((await visit(`${loopback.redirectUri}?state=${state}&code=1&code=2`)).status).toBe(400);
  expect(loopback.strays()).toBe(2);
});

test('a refusal arrives too, with the state or, as Meta sends it, without', async () => {
  for (const withState of [true, false]) {
    const state = newState();
    const loopback = await opened('http://127.0.0.1:*/callback/', state);
    const answer = await visit(
      `${loopback.redirectUri}?error=access_denied${withState ? `&state=${state}` : ''}`,
    );
    expect(answer.body).toContain('not completed');
    expect((await loopback.arrival).get('error')).toBe('access_denied');
  }
});

test('localhost listens on both families', async () => {
  const loopback = await opened('http://localhost:*/callback');
  const { port } = new URL(loopback.redirectUri);
  expect(loopback.redirectUri).toBe(`http://localhost:${port}/callback`);
  const headers = { host: `localhost:${port}` };
  expect((await visit(`http://127.0.0.1:${port}/callback`, { headers })).status).toBe(400);
  expect((await visit(`http://[::1]:${port}/callback`, { headers })).status).toBe(400);
});

test('a taken port is named, on either family', async () => {
  for (const [host, redirect] of [
    ['127.0.0.1', 'http://127.0.0.1:PORT/callback'],
    ['::1', 'http://localhost:PORT/callback'],
    ['127.0.0.1', 'https://localhost:PORT/callback'],
  ] as const) {
    const other = createServer().listen(0, host);
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const failure = { code: 'E_PORT_TAKEN', message: expect.stringContaining(String(port)) };
    await expect(opened(redirect.replace('PORT', String(port))), redirect).rejects.toMatchObject(failure);
  }
});

test('a failed listener leaves no port behind, and a closed one is free again', async () => {
  const first = await opened('http://localhost:*/callback');
  const { port } = new URL(first.redirectUri);
  await expect(opened(`http://127.0.0.1:${port}/callback`)).rejects.toMatchObject({ code: 'E_PORT_TAKEN' });
  await first.close();
  const second = await opened(`http://localhost:${port}/callback`);
  expect(second.redirectUri).toBe(`http://localhost:${port}/callback`);
});

test('https is served with a certificate for this machine, made on the spot', async () => {
  const state = newState();
  const loopback = await opened('https://localhost:*/callback', state);
  const { port } = new URL(loopback.redirectUri);
  const headers = { host: `localhost:${port}` };
  const answer = await visit(`https://127.0.0.1:${port}/callback?state=${state}&code=c`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.certificate?.subjectaltname).toContain('DNS:localhost');
  expect(answer.certificate?.subjectaltname).toContain('IP Address:127.0.0.1');
  expect(Date.parse(answer.certificate?.valid_to ?? '')).toBeGreaterThan(Date.now());
  expect((await loopback.arrival).get('code')).toBe('c');
});

test('addresses elsewhere are told apart', async () => {
  for (const uri of [
    'http://127.0.0.1:1/x',
    'http://localhost/x',
    'https://localhost:8443/x',
    'http://[::1]:*/',
  ])
    expect(isLoopback(uri)).toBe(true);
  for (const uri of [
    'https://example.com/x',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'app://callback',
  ])
    expect(isLoopback(uri), uri).toBe(false);
  await expect(opened('https://example.com/callback')).rejects.toMatchObject({ code: 'E_REDIRECT' });
});
