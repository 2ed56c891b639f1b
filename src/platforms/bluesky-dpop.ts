import type { KeyObject } from 'node:crypto';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
} from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { SECOND } from '../core/clock.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';

/**
 * Proofs of possession (RFC 9449): every request of a sign-in in the browser is signed by a key that never
 * leaves this machine. Each server wants its own latest nonce in them: https://atproto.com/specs/oauth#dpop
 */

/** A fresh key, as it is kept in the vault: base64url of its PKCS #8 form. */
export function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url');
}

/** The latest nonce of each server, by origin. Losing them costs one more request each. */
const nonces = new Map<string, string>();

/** Far more servers than anybody has accounts on. */
const MOST_NONCES = 500;

/** Keeps the nonce that an answer brought. */
export function learnNonce(response: Pick<HttpResponse, 'headers'>, url: string): void {
  const nonce = response.headers['dpop-nonce'];
  if (nonce === undefined || nonce === '') return;
  const { origin } = new URL(url);
  nonces.delete(origin);
  nonces.set(origin, nonce);
  const [oldest] = nonces.keys();
  if (nonces.size > MOST_NONCES && oldest !== undefined) nonces.delete(oldest);
}

/** True where the server did nothing but ask for the proof with the nonce that it sent along. */
export function wantsNonce(response: HttpResponse): boolean {
  if (response.status !== 400 && response.status !== 401) return false;
  if (response.headers['dpop-nonce'] === undefined) return false;
  if (/error="?use_dpop_nonce/u.test(response.headers['www-authenticate'] ?? '')) return true;
  return response.json<{ error?: unknown } | null>()?.error === 'use_dpop_nonce';
}

/** The proof for one request. `accessToken`: the token that it goes with, where there is one. */
export function proofFor(request: HttpRequest, key: string, clock: Clock, accessToken?: string): string {
  const { origin, pathname } = new URL(request.url);
  const privateKey = createPrivateKey({ key: Buffer.from(key, 'base64url'), format: 'der', type: 'pkcs8' });
  const nonce = nonces.get(origin);
  const claims = {
    jti: randomUUID(),
    htm: methodOf(request),
    htu: origin + pathname,
    iat: Math.floor(clock.now() / SECOND),
    ...(nonce === undefined ? {} : { nonce }),
    ...(accessToken === undefined
      ? {}
      : { ath: createHash('sha256').update(accessToken).digest('base64url') }),
  };
  const head = { typ: 'dpop+jwt', alg: 'ES256', jwk: publicHalf(privateKey) };
  const signed = `${encode(head)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** An Http whose requests carry proofs, for the endpoints of a sign-in. Repeats a request once, for its nonce. */
export function provingHttp(http: Http, key: string): Http {
  const ask = async (request: HttpRequest) => {
    const proof = proofFor(request, key, http.clock);
    const response = await http.send({ ...request, headers: { ...request.headers, dpop: proof } });
    learnNonce(response, request.url);
    return response;
  };
  return {
    clock: http.clock,
    async send(request) {
      const response = await ask(request);
      return asksForNonce(response) ? ask(request) : response;
    },
  };
}

/** The method that a request will be sent by. */
function methodOf({ method, json, form, multipart, body }: HttpRequest): string {
  const sends = json !== undefined || form !== undefined || multipart !== undefined || body !== undefined;
  return method ?? (sends ? 'POST' : 'GET');
}

/** An error page that is no JSON asks for nothing. */
function asksForNonce(response: HttpResponse): boolean {
  try {
    return wantsNonce(response);
  } catch {
    return false;
  }
}

function publicHalf(privateKey: KeyObject): { kty?: string; crv?: string; x?: string; y?: string } {
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { ...(kty && { kty }), ...(crv && { crv }), ...(x && { x }), ...(y && { y }) };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
