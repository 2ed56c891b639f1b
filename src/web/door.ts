import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { asFailure, Failure } from '../core/failure.ts';
import type { WebDeps } from './deps.ts';
import { checkOrigin, isLoopback, type OwnOrigins, ownOrigins, setSafeHeaders } from './headers.ts';
import { answerMetrics } from './metrics-route.ts';
import { problemOf } from './problem.ts';

export interface DoorOptions {
  /** `127.0.0.1:4455`; port 0: any free one. */
  address: string;
  /** The address under which a proxy makes it known, `https://…`; '' where there is none. */
  publicOrigin: string;
  /** Certificate and key, PEM files; '' where there are none. */
  tlsCert: string;
  tlsKey: string;
}

export interface Door {
  /** Where it answers: `http://127.0.0.1:4455`. */
  origin: string;
  close(): Promise<void>;
}

/** What answers everything beyond the few questions below; loaded when first asked for. */
export interface House {
  answer(request: IncomingMessage, response: ServerResponse): void;
  close(): Promise<void>;
}

/** 200 programs, 50 pages, and room for a person who looks why. */
const MOST_CONNECTIONS = 512;
/** Whoever asked for the end is still told that it comes. */
const LAST_ANSWERS_MS = 1_000;

/**
 * Listens. Until somebody asks for more than `/livez`, `/readyz` and `/metrics`, nothing but node's own server is in memory.
 * Throws E_CONFIG where the address is open to others without TLS or a proxy that gives it, E_PORT_TAKEN.
 */
export async function openDoor(
  options: DoorOptions,
  deps: Omit<WebDeps, 'secure'>,
  loadHouse: (deps: WebDeps) => Promise<House>,
): Promise<Door> {
  const { host, port } = readAddress(options.address);
  const tls = readTls(options);
  const secure = tls !== undefined || options.publicOrigin.startsWith('https://');
  if (!isLoopback(host) && !secure) throw open(options.address);
  let house: Promise<House> | undefined;
  let own: OwnOrigins = new Set();

  const underway = new Set<ServerResponse>();
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    underway.add(response);
    response.once('close', () => underway.delete(response));
    setSafeHeaders(response, secure);
    try {
      checkOrigin(request, own);
    } catch (error) {
      return sayProblem(response, error);
    }
    const path = request.url?.split('?')[0];
    if (path === '/livez') return say(response, 200, { status: 'ok' });
    if (path === '/readyz')
      return deps.isReady()
        ? say(response, 200, { status: 'ready' })
        : say(response, 503, { status: 'starting' });
    if (path === '/metrics' && deps.metrics) {
      const local = isLoopback(host) && options.publicOrigin === '';
      return void answerMetrics(response, deps.metrics, local).catch((error) => {
        deps.complain(error);
        sayProblem(response, error);
      });
    }
    house ??= loadHouse({ ...deps, secure });
    house.then(
      (loaded) => loaded.answer(request, response),
      (error) => sayProblem(response, error),
    );
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  server.maxConnections = MOST_CONNECTIONS;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // Longer than who asks again keeps a connection: a request must not leave while its connection is being closed.
  server.keepAliveTimeout = 75_000;
  await listen(server, host, port, options.address);
  const { port: actual } = server.address() as AddressInfo;
  const scheme = tls ? 'https' : 'http';
  own = ownOrigins(scheme, host, actual, options.publicOrigin);
  return {
    origin: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await (await house?.catch(() => undefined))?.close();
      await settle(underway, deps.clock.now() + LAST_ANSWERS_MS, deps.clock);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function settle(underway: ReadonlySet<unknown>, until: number, clock: WebDeps['clock']): Promise<void> {
  while (underway.size > 0 && clock.now() < until) await clock.sleep(10);
}

/** Reads `127.0.0.1:4455` or `[::1]:4455`. Throws E_CONFIG. */
export function readAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([\da-f:]+)\]|([\w.-]+)):(\d{1,5})$/iu.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host && Number(match?.[3]) < 65_536) return { host, port: Number(match?.[3]) };
  throw new Failure('E_CONFIG', {
    message: `daemon.http can’t be “${text}”.`,
    hint: 'It is an address and a port, such as 127.0.0.1:4455, or off.',
  });
}

function open(address: string): Failure {
  return new Failure('E_CONFIG', {
    message: `daemon.http is ${address}, which others can reach, and nothing there is encrypted.`,
    hint: 'Name a certificate (daemon.http.tlsCert, daemon.http.tlsKey), or the https address of the proxy before it (daemon.http.origin), or listen on 127.0.0.1.',
    command: 'repost config set daemon.http 127.0.0.1:4455',
  });
}

function readTls({ tlsCert, tlsKey }: DoorOptions): { cert: Buffer; key: Buffer } | undefined {
  if (tlsCert === '' && tlsKey === '') return undefined;
  try {
    return { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) };
  } catch (error) {
    throw new Failure('E_CONFIG', {
      message: `The certificate or its key can’t be read: ${(error as Error).message}.`,
      hint: 'Both daemon.http.tlsCert and daemon.http.tlsKey name PEM files.',
      cause: error,
    });
  }
}

function listen(server: Server, host: string, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'EADDRINUSE' ? 'E_PORT_TAKEN' : 'E_CONFIG';
      reject(
        new Failure(code, {
          message: `The local API can’t listen on ${address}: ${error.message}.`,
          hint: 'Set daemon.http to another address, or to off.',
          command: 'repost config set daemon.http 127.0.0.1:4456',
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

function say(response: ServerResponse, status: number, body: object, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` });
  response.end(`${JSON.stringify(body)}\n`);
}

function sayProblem(response: ServerResponse, error: unknown): void {
  const problem = problemOf(asFailure(error));
  say(response, problem.status, problem, 'application/problem+json');
}
