import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerControl } from './control.ts';
import { feedsPage } from './feeds.ts';
import { rangeOf } from './range.ts';
import type { Answer, Cut, Sandbox } from './sandbox.ts';
import type { SimRequest } from './types.ts';

export interface SandboxServer {
  /** `http://127.0.0.1:PORT`, or the other address. */
  url: string;
  /** Production origin → address that stands in for it: the content of a REPOST_ORIGINS file. */
  origins: Record<string, string>;
  /** Base address of the control API. */
  control: string;
  /** Page that shows what the platforms show. */
  feeds: string;
  close(): Promise<void>;
}

/** Serves the sandbox on loopback, or on this machine's other address. Every production origin lives below `/<its host>`. */
export async function serveSandbox(
  sandbox: Sandbox,
  { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {},
): Promise<SandboxServer> {
  let url = '';
  const server = createServer((request, response) => {
    // Whoever asks is told the sandbox's time, not this machine's.
    response.setHeader('date', new Date(sandbox.clock.now()).toUTCString());
    serve(sandbox, url, request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendText(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  // A hung answer lasts until the client gives up.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  url = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    origins: Object.fromEntries(sandbox.origins.map((origin) => [origin, mapped(url, origin)])),
    control: `${url}/_control`,
    feeds: `${url}/_feeds`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function mapped(url: string, origin: string): string {
  return `${url}/${new URL(origin).host}`;
}

async function serve(
  sandbox: Sandbox,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = new URL(request.url ?? '/', url);
  const [, first = ''] = target.pathname.split('/', 2);
  if (first === '') return redirect(response, '/_feeds');
  if (first === 'favicon.ico') {
    response.writeHead(204).end();
    return;
  }
  if (first === '_feeds') return sendFeeds(sandbox, response);
  if (first === '_media')
    return sendMedia(sandbox, target.pathname.slice('/_media/'.length), request, response);
  if (first === '_control') return serveControl(sandbox, target, url, request, response);
  const origin = sandbox.origins.find((known) => new URL(known).host === first);
  if (!origin) return sendText(response, 404, `The sandbox has no host ${first}.`);
  return serveOrigin(sandbox, url, origin, target, request, response);
}

async function serveOrigin(
  sandbox: Sandbox,
  url: string,
  origin: string,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const head = {
    origin,
    method: request.method ?? 'GET',
    path: target.pathname.slice(new URL(origin).host.length + 1) || '/',
    query: target.searchParams,
    headers: { ...oneValueEach(request), host: new URL(origin).host },
  };
  const fault = sandbox.takeFault(head);
  const { body, complete } =
    fault?.kind === 'refuse'
      ? { body: Buffer.alloc(0), complete: false }
      : await readBody(request, fault?.kind === 'cut-upload' ? fault.bytes : undefined);
  const whole: SimRequest = { ...head, body, complete };
  send(sandbox, url, head.method, response, await sandbox.answer(whole, fault));
}

/** What arrives, until the end, the limit, or the client's breaking off. */
async function readBody(
  request: IncomingMessage,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ body: Buffer; complete: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= limit) break;
    }
  } catch {
    return { body: Buffer.concat(chunks), complete: false };
  }
  const body = Buffer.concat(chunks);
  return { body: body.subarray(0, Math.min(limit, length)), complete: limit > length && request.complete };
}

function oneValueEach(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function send(
  sandbox: Sandbox,
  url: string,
  method: string,
  response: ServerResponse,
  result: Answer | Cut,
): void {
  if (!('cut' in result)) {
    const headers = withMappedRedirect(sandbox, url, result);
    response.writeHead(result.status, { ...headers, ...lengthOf(result, method) });
    response.end(result.body);
    return;
  }
  if (result.cut === 'hang') return;
  if (result.cut === 'body' && result.partial) {
    const { partial } = result;
    // One byte more than will come: the client can tell that the answer is not whole.
    response.writeHead(partial.status, {
      ...partial.headers,
      'content-length': String(partial.body.length + 1),
    });
    response.write(partial.body, () => response.socket?.resetAndDestroy());
    return;
  }
  response.socket?.resetAndDestroy();
}

function lengthOf({ status, body }: Answer, method: string): Record<string, string> {
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return {};
  return { 'content-length': String(body.length) };
}

/** A browser that is sent on to another simulated platform must land in the sandbox. */
function withMappedRedirect(sandbox: Sandbox, url: string, answer: Answer): Record<string, string> {
  const { location } = answer.headers;
  if (location === undefined || answer.status < 300 || answer.status > 399) return answer.headers;
  const origin = sandbox.origins.find((known) => location === known || location.startsWith(`${known}/`));
  if (!origin) return answer.headers;
  return { ...answer.headers, location: mapped(url, origin) + location.slice(origin.length) };
}

async function serveControl(
  sandbox: Sandbox,
  target: URL,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { origin, host } = request.headers;
  // A web page that happens to be open must not pull levers, nor a foreign name that resolves to loopback.
  const own = [new URL(url).host, `localhost:${new URL(url).port}`];
  if (!own.includes(host ?? '') || (origin !== undefined && origin !== url))
    return sendText(response, 403, 'The control address answers to programs on this machine only.');
  const { body } = await readBody(request);
  const path = target.pathname.slice('/_control'.length);
  const { status, body: answer } = await answerControl(
    sandbox,
    request.method ?? 'GET',
    path,
    body.toString(),
  );
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(`${JSON.stringify(answer)}\n`);
}

function sendFeeds(sandbox: Sandbox, response: ServerResponse): void {
  const { html, policy } = feedsPage({
    posts: sandbox.posts(),
    accounts: (platform) => sandbox.world.accounts(platform),
    now: sandbox.clock.now(),
    bytesKept: (sha256) => sandbox.world.media(sha256) !== undefined,
  });
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
  response.end(html);
}

function sendMedia(
  sandbox: Sandbox,
  sha256: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const bytes = sandbox.world.media(sha256);
  if (!bytes) {
    sendText(response, 404, 'No such media.');
    return;
  }
  const { status, headers, body } = rangeOf(bytes, 'video/mp4', request.headers.range);
  response.writeHead(status, {
    ...headers,
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'",
  });
  response.end(body);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location });
  response.end();
}
