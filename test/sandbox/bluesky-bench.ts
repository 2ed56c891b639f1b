import { createHash } from 'node:crypto';
import { beforeEach } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { createBluesky } from '../../src/sandbox/bluesky.ts';
import { firstAppPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { nonce, proof } from './bluesky-proof.ts';

// A simulated Bluesky for each test, and ways to ask it without the client's code.

export const home = 'https://morel.us-east.host.bsky.network';
export const entrance = 'https://bsky.social';
export const service = 'https://video.bsky.app';
export const did = 'did:plc:creatorcreatorcreator2a2';
export const clientId = `http://localhost?${new URLSearchParams({ redirect_uri: 'http://127.0.0.1/callback', scope: 'atproto transition:generic' })}`;
export const clip = Buffer.concat([
  Buffer.from('\0\0\0\x20ftypisom\0\0\0\0isom', 'latin1'),
  Buffer.alloc(900, 1),
]);

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
  text: string;
}

export let clock: TestClock;
export let sandbox: Sandbox;

beforeEach(() => {
  clock = new TestClock(Date.now());
  sandbox = createSandbox({ clock, seed: 3, simulators: [createBluesky] });
});

export const pull = (lever: string, input?: unknown) => sandbox.control('bluesky', lever, input);
export const complaints = () => sandbox.complaints().map(({ what }) => what);

export async function ask(
  address: string,
  {
    method,
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Reply> {
  const url = new URL(address);
  const answer = await sandbox.dispatch({
    origin: url.origin,
    method: method ?? (body.length > 0 ? 'POST' : 'GET'),
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: Buffer.from(body),
    complete: true,
  });
  if ('cut' in answer) throw new Error(answer.cut);
  const text = answer.body.toString();
  const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: answer.status, headers: answer.headers, body: json, text };
}

export const claims = (change: Record<string, unknown> = {}) => ({
  claims: { iat: Math.floor(clock.now() / 1000), ...change },
});

/** A form, with a proof that carries the newest nonce. */
export async function form(path: string, fields: Record<string, string>, origin = entrance): Promise<Reply> {
  const address = origin + path;
  const send = (known?: string) =>
    ask(address, {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        dpop: proof('POST', address, known, claims()),
      },
      body: new URLSearchParams(fields).toString(),
    });
  const first = await send();
  return first.body['error'] === 'use_dpop_nonce' ? send(nonce(first.headers)) : first;
}

export const request = {
  client_id: clientId,
  response_type: 'code',
  redirect_uri: 'http://127.0.0.1:53411/callback',
  scope: 'atproto transition:generic',
  state: 'abc',
  // The pair of https://www.rfc-editor.org/rfc/rfc7636#appendix-B
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};

export const authorizeUrl = (uri: unknown) =>
  `${entrance}/oauth/authorize?${new URLSearchParams({ client_id: clientId, request_uri: String(uri) })}`;

export async function code(scope = request.scope): Promise<string> {
  const id = `http://localhost?${new URLSearchParams({ redirect_uri: 'http://127.0.0.1/callback', scope })}`;
  const pushed = await form('/oauth/par', { ...request, scope, client_id: id });
  const url = authorizeUrl(pushed.body['request_uri']).replace(
    encodeURIComponent(clientId),
    encodeURIComponent(id),
  );
  const address = new URL(url);
  address.searchParams.set('client_id', id);
  const { redirectedTo } = await approveWithin(sandbox, address.href);
  return new URL(redirectedTo).searchParams.get('code') ?? '';
}

export const exchange = (given: string, change: Record<string, string> = {}) =>
  form('/oauth/token', {
    grant_type: 'authorization_code',
    code: given,
    redirect_uri: request.redirect_uri,
    client_id: clientId,
    code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    ...change,
  });
export const refresh = (token: unknown) =>
  form('/oauth/token', { grant_type: 'refresh_token', refresh_token: String(token), client_id: clientId });

/** A call with a token that is bound to a key. */
export async function withKey(
  address: string,
  token: string,
  options: Parameters<typeof ask>[1] = {},
): Promise<Reply> {
  const ath = createHash('sha256').update(token).digest('base64url');
  const url = new URL(address);
  const method = options.method ?? 'GET';
  const send = (known?: string) =>
    ask(address, {
      ...options,
      method,
      headers: {
        ...options.headers,
        authorization: `DPoP ${token}`,
        dpop: proof(method, url.origin + url.pathname, known, claims({ ath })),
      },
    });
  const first = await send();
  return first.body['error'] === 'use_dpop_nonce' ? send(nonce(first.headers)) : first;
}

export async function password(): Promise<string> {
  const { body } = await ask(`${entrance}/xrpc/com.atproto.server.createSession`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: did, password: firstAppPassword }),
  });
  return String(body['accessJwt']);
}
