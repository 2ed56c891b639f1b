import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure } from '../core/failure.ts';

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const fixed: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // With no-referrer a browser would send its own forms as those of origin “null”.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

export function setSafeHeaders(response: ServerResponse, secure: boolean): void {
  for (const [name, value] of Object.entries(fixed)) response.setHeader(name, value);
  if (secure) response.setHeader('strict-transport-security', 'max-age=31536000');
}

/** The origins that are ours: `http://127.0.0.1:4455`, its other names, and the public one. */
export type OwnOrigins = ReadonlySet<string>;

/**
 * Refuses what comes by a name that is not ours (a page whose name was bound to this address anew), and what another
 * page sent. Throws E_API_ORIGIN.
 */
export function checkOrigin(request: IncomingMessage, own: OwnOrigins): void {
  const host = request.headers.host?.toLowerCase() ?? '';
  if (![...own].some((origin) => new URL(origin).host === host)) {
    throw new Failure('E_API_ORIGIN', { message: 'This server is not called by that name.' });
  }
  const { origin } = request.headers;
  if (origin !== undefined && !own.has(origin.toLowerCase()))
    throw new Failure('E_API_ORIGIN', { message: 'Requests of other pages are not answered.' });
  const site = request.headers['sec-fetch-site'];
  const safe = request.method === 'GET' || request.method === 'HEAD';
  if (!safe && site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Failure('E_API_ORIGIN', { message: 'Requests of other pages are not answered.' });
}

/** Under which origins a server that listens there is known. `public`: the address that a proxy gives it. */
export function ownOrigins(scheme: string, host: string, port: number, publicOrigin: string): OwnOrigins {
  const names = isLoopback(host) ? ['127.0.0.1', 'localhost', '[::1]'] : [bracketed(host)];
  const own = names.map((name) => new URL(`${scheme}://${name}:${port}`).origin);
  return new Set(publicOrigin === '' ? own : [...own, new URL(publicOrigin).origin]);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/u.test(host);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
