import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { SimRequest } from './types.ts';

/** Small pieces that simulators put together; each platform's rules stay in its own simulator. */

export type CodeState<T> = { state: 'ok' | 'used' | 'expired'; data: T } | { state: 'unknown' };

/** Single-use authorization codes. */
export interface Codes<T> {
  issue(code: string, data: T): string;
  /** Spends the code: `ok` once, then `used`. */
  take(code: string): CodeState<T>;
}

export function createCodes<T>(clock: Clock, ttlMs: number | (() => number)): Codes<T> {
  const issued = new Map<string, { data: T; expiresAt: number; used: boolean }>();
  const ttl = typeof ttlMs === 'number' ? () => ttlMs : ttlMs;
  return {
    issue(code, data) {
      issued.set(code, { data, expiresAt: clock.now() + ttl(), used: false });
      return code;
    },
    take(code) {
      const found = issued.get(code);
      if (!found) return { state: 'unknown' };
      const { data } = found;
      if (found.used) return { state: 'used', data };
      if (clock.now() >= found.expiresAt) return { state: 'expired', data };
      found.used = true;
      return { state: 'ok', data };
    },
  };
}

export type TokenState<T> = { state: 'ok' | 'expired'; data: T; expiresAt: number } | { state: 'unknown' };

/** Tokens that end on the world's clock. */
export interface Tokens<T> {
  /** `ttlMs` undefined: never ends by itself. */
  issue(token: string, data: T, ttlMs?: number): string;
  find(token: string | undefined): TokenState<T>;
  /** Forgets one token: afterwards it is unknown. */
  drop(token: string): void;
  dropWhere(test: (data: T, token: string) => boolean): number;
  /** Ends tokens now: afterwards they are expired. */
  expireWhere(test: (data: T, token: string) => boolean): number;
}

export function createTokens<T>(clock: Clock): Tokens<T> {
  const issued = new Map<string, { data: T; expiresAt: number }>();
  const each = (test: (data: T, token: string) => boolean, then: (token: string) => void) => {
    const fitting = [...issued].filter(([token, { data }]) => test(data, token));
    for (const [token] of fitting) then(token);
    return fitting.length;
  };
  return {
    issue(token, data, ttlMs = Number.POSITIVE_INFINITY) {
      issued.set(token, { data, expiresAt: clock.now() + ttlMs });
      return token;
    },
    find(token) {
      const found = token === undefined ? undefined : issued.get(token);
      if (!found) return { state: 'unknown' };
      return { state: clock.now() < found.expiresAt ? 'ok' : 'expired', ...found };
    },
    drop: (token) => {
      issued.delete(token);
    },
    dropWhere: (test) => each(test, (token) => issued.delete(token)),
    expireWhere: (test) =>
      each(test, (token) => {
        const found = issued.get(token);
        if (found) found.expiresAt = Math.min(found.expiresAt, clock.now());
      }),
  };
}

/** `S256` is base64url as RFC 7636 has it; `S256-hex` is TikTok's spelling. */
export function challengeOf(verifier: string, method: 'S256' | 'S256-hex'): string {
  return createHash('sha256')
    .update(verifier)
    .digest(method === 'S256' ? 'base64url' : 'hex');
}

/** Exact, but for `*` as the port of a registered address. */
export function redirectMatches(registered: readonly string[], uri: string): boolean {
  return registered.some((known) => {
    if (!known.includes(':*')) return known === uri;
    const [before = '', after = ''] = known.split(':*', 2);
    const port = uri.slice(before.length + 1, uri.length - after.length);
    return uri === `${before}:${port}${after}` && /^\d{1,5}$/u.test(port);
  });
}

/** The redirect address with an answer added to its query. */
export function backTo(redirectUri: string, answer: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

export function formOf(request: SimRequest): URLSearchParams {
  return new URLSearchParams(request.body.toString());
}

/** The token of `Authorization: Bearer …`; undefined where there is none. */
export function bearerOf(request: SimRequest): string | undefined {
  return /^Bearer +(\S+)$/iu.exec(request.headers['authorization'] ?? '')?.[1];
}

/** User and password of `Authorization: Basic …`. */
export function basicOf(request: SimRequest): { user: string; password: string } | undefined {
  const encoded = /^Basic +(\S+)$/iu.exec(request.headers['authorization'] ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
