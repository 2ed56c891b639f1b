import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { DAY, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { PageKind } from './page.ts';
import { pageHeaders, renderPage } from './page.ts';
import { sameSecret } from './pkce.ts';

/** The place on this machine that the browser comes back to (RFC 8252 section 7.3). */
export interface Loopback {
  /** With the port that was really taken: exactly this goes to the platform. */
  redirectUri: string;
  /** The query of the first callback that is ours. Rejects E_STATE_MISMATCH after several that are not. */
  arrival: Promise<URLSearchParams>;
  /** How many callbacks were not ours. */
  strays(): number;
  close(): Promise<void>;
}

/** Somebody who guesses, or a browser full of old tabs: then it is over. */
const mostStrays = 3;

/** True where a redirect address points to this machine, so that a listener can wait there. */
export function isLoopback(redirectUri: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(redirectUri);
}

/**
 * Waits on a loopback address; `*` as port takes any free one; https is served with a certificate made on the
 * spot. Throws E_PORT_TAKEN naming the port. `close` must be called in the end.
 */
export async function listen(request: {
  redirectUri: string;
  state: string;
  clock: Clock;
}): Promise<Loopback> {
  if (!isLoopback(request.redirectUri))
    throw new Failure('E_REDIRECT', { message: `${request.redirectUri} is not an address of this machine.` });
  const wanted = new URL(request.redirectUri.replace(/:\*(?=\/|$)/, ':0'));
  const door = openDoor(wanted.pathname, request.state);
  const make = await serverMaker(wanted.protocol === 'https:', request.clock);
  const servers = await bind(wanted, () => make(door.listener));
  const redirectUri = request.redirectUri.replace(/:\*(?=\/|$)/, `:${portOf(servers)}`);
  door.host = new URL(redirectUri).host;
  return {
    redirectUri,
    arrival: door.arrival,
    strays: () => door.strays,
    async close() {
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise((resolve) => server.close(resolve));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

// ---------------------------------------------------------------- what is let in

interface Door {
  listener: RequestListener;
  arrival: Promise<URLSearchParams>;
  /** The exact Host header that is let in; set once the port is known. */
  host: string;
  strays: number;
}

interface Verdict {
  status: number;
  page: PageKind;
  /** Done when the page has left, so that closing the listener doesn't cut it off. */
  after?: () => void;
}

/** Lets one GET in: right host, right path, right state. Everything else is answered without a word about why. */
function openDoor(path: string, state: string): Door {
  let arrive: (query: URLSearchParams) => void;
  let fail: (failure: Failure) => void;
  const arrival = new Promise<URLSearchParams>((resolve, reject) => {
    [arrive, fail] = [resolve, reject];
  });
  // It may fail before anybody waits for it.
  arrival.catch(() => {});
  let taken = false;

  function judge(request: IncomingMessage): Verdict {
    const [target = '', search = ''] = (request.url ?? '').split('?', 2);
    if (request.headers.host?.toLowerCase() !== door.host) return { status: 421, page: 'missing' };
    if (target !== path) return { status: 404, page: 'missing' };
    if (request.method !== 'GET') return { status: 405, page: 'missing' };
    if (looksAhead(request)) return { status: 503, page: 'missing' };
    if (taken) return { status: 410, page: 'stale' };
    const query = new URLSearchParams(search);
    if (isOurs(query, state)) {
      taken = true;
      return { status: 200, page: query.has('error') ? 'declined' : 'done', after: () => arrive(query) };
    }
    // A bare look at the address (no query at all) is nobody's answer.
    if (search !== '') door.strays += 1;
    if (door.strays < mostStrays) return { status: 400, page: 'stale' };
    const message = `${door.strays} answers came that belong to another sign-in.`;
    return { status: 400, page: 'stale', after: () => fail(new Failure('E_STATE_MISMATCH', { message })) };
  }

  const door: Door = {
    arrival,
    host: '',
    strays: 0,
    listener(request, response) {
      request.resume();
      const { status, page, after } = judge(request);
      if (after !== undefined) response.once('close', after);
      response.writeHead(status, pageHeaders).end(renderPage(page));
    },
  };
  return door;
}

/** A browser that looks ahead would use the code up before its person has agreed to anything. */
function looksAhead({ headers }: IncomingMessage): boolean {
  return /prefetch|prerender|preview/.test(`${headers['sec-purpose']} ${headers['purpose']}`);
}

/**
 * True for an answer to this sign-in. Meta tells a refusal without `state`: that is let in, for it can do no
 * more than end the sign-in (https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow).
 */
export function isOurs(query: URLSearchParams, state: string): boolean {
  const states = query.getAll('state');
  if (states.length === 0) return query.has('error') && !query.has('code');
  return states.length === 1 && query.getAll('code').length <= 1 && sameSecret(states[0] ?? '', state);
}

// ---------------------------------------------------------------- servers

/** `localhost` may mean either family: a browser picks one, so both are taken. */
async function bind(wanted: URL, make: () => Server): Promise<Server[]> {
  const port = Number(wanted.port === '' ? (wanted.protocol === 'https:' ? 443 : 80) : wanted.port);
  const hosts =
    wanted.hostname === 'localhost' ? ['127.0.0.1', '::1'] : [wanted.hostname.replace(/[[\]]/g, '')];
  // With any port free to choose, the second family may find the first one's choice taken: choose again.
  for (let attemptsLeft = port === 0 ? 20 : 1; ; attemptsLeft -= 1) {
    const servers: Server[] = [];
    try {
      for (const host of hosts) {
        const server = make();
        if (await bindOne(server, host, portOf(servers) ?? port)) servers.push(server);
      }
      if (servers.length > 0) return servers;
      throw new Failure('E_REDIRECT', { message: `This machine has no address ${wanted.hostname}.` });
    } catch (error) {
      for (const server of servers) server.close();
      if (attemptsLeft <= 1 || error instanceof Failure) throw portFailure(error, port);
    }
  }
}

/** The port that the first server took. */
function portOf([first]: readonly Server[]): number | undefined {
  return first === undefined ? undefined : (first.address() as AddressInfo).port;
}

/** False where this machine doesn't have the address's family at all. */
function bindOne(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT' ? resolve(false) : reject(error),
    );
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => resolve(true));
  });
}

function portFailure(error: unknown, port: number): Failure {
  if (error instanceof Failure) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new Failure('E_PORT_TAKEN', { message: `Port ${port} is taken by another program.` });
  if (code === 'EACCES')
    return new Failure('E_PORT_TAKEN', { message: `Port ${port} can’t be opened without more rights.` });
  return new Failure('E_PORT_TAKEN', { message: `Port ${port} can’t be opened (${code}).`, cause: error });
}

async function serverMaker(secure: boolean, clock: Clock): Promise<(listener: RequestListener) => Server> {
  const bounds = { headersTimeout: 10 * SECOND, requestTimeout: 10 * SECOND, keepAlive: false };
  if (!secure) return (listener) => createServer(bounds, listener);
  const { key, cert } = await makeCertificate(clock);
  return (listener) => createSecureServer({ ...bounds, key, cert }, listener);
}

/** A certificate for this machine's loopback names, good for a day; its key never leaves this process. */
async function makeCertificate(clock: Clock): Promise<{ key: string; cert: string }> {
  // Loaded here: it costs more than the rest of the room, and few platforms want https.
  const { generate } = await import('selfsigned');
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(clock.now() - DAY),
    notAfterDate: new Date(clock.now() + DAY),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}
