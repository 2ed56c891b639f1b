import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { onTestFinished } from 'vitest';
import { originMap } from '../../src/net/origins.ts';
import type { TransportOptions } from '../../src/net/transport.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import type { RawRequest, Transport } from '../../src/net/wire.ts';

/** The production address that tests ask; the origins map leads it to their server. */
export const api = 'https://api.example.com';

/** A server made by hand on TCP, for answers no HTTP library would send. Ends with the test. */
export async function tcpServer(onSocket: (socket: Socket) => void): Promise<{ url: string; port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  const port = await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, port };
}

/** An ordinary server. Ends with the test. */
export async function httpServer(listener: RequestListener): Promise<{ url: string; port: number }> {
  const server = createHttpServer(listener);
  const port = await listening(server);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, port };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Calls back once the head of a request has arrived. */
export function onHead(socket: Socket, then: (head: string) => void): void {
  let seen = '';
  const listener = (piece: Buffer) => {
    seen += piece.toString('latin1');
    if (!seen.includes('\r\n\r\n')) return;
    socket.off('data', listener);
    then(seen);
  };
  socket.on('data', listener);
}

/** A transport that asks `url` in place of `api`. */
export function transportTo(url: string, options: TransportOptions = {}): Transport {
  const transport = undiciTransport({ origins: originMap({ [api]: url }), ...options });
  onTestFinished(() => transport.close());
  return transport;
}

export function get(path = '/', more: Partial<RawRequest> = {}): RawRequest {
  return { method: 'GET', url: api + path, headers: {}, timeoutMs: 5000, ...more };
}

export function post(more: Partial<RawRequest> = {}): RawRequest {
  return { method: 'POST', url: `${api}/publish`, headers: {}, body: 'x=1', timeoutMs: 5000, ...more };
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
