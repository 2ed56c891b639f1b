import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { asFailure } from '../core/failure.ts';
import type { ControlVerb } from './control.ts';

/** What each verb does; its result is the answer. */
export type ControlActions = Readonly<Record<ControlVerb, () => unknown>>;

export interface ControlServer {
  close(): Promise<void>;
}

/**
 * Listens on the control socket, under the home's lock: what lies at the path was left by a daemon that was
 * killed. Plain node:http, because it is always there. Rejects where the socket can't be made.
 */
export async function serveControl(path: string, actions: ControlActions): Promise<ControlServer> {
  rmSync(path, { force: true });
  const server = createServer((request, response) => {
    void answer(actions, request, response);
  });
  // A verb has no body: whoever sends much or slowly wants something else.
  server.maxRequestsPerSocket = 1;
  server.headersTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  // To connect one must be allowed to write: the folder is closed to others, and until here the umask stood guard.
  chmodSync(path, 0o600);
  return { close: () => close(server, path) };
}

async function answer(
  actions: ControlActions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume();
  const verb = (request.url ?? '').slice(1);
  const method = verb === 'status' ? 'GET' : 'POST';
  if (!Object.hasOwn(actions, verb)) return say(response, 404, { error: { message: 'no such verb' } });
  if (request.method !== method) return say(response, 405, { error: { message: `it is ${method}` } });
  try {
    say(response, 200, await actions[verb as ControlVerb]());
  } catch (error) {
    const { code, message, command } = asFailure(error);
    say(response, 409, { error: { code, message, ...(command ? { command } : {}) } });
  }
}

function say(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}

function close(server: Server, path: string): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      rmSync(path, { force: true });
      resolve();
    });
    server.closeAllConnections();
  });
}
