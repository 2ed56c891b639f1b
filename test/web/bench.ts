import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { type App, openApp } from '../../src/cli/app.ts';
import { webDeps } from '../../src/cli/web.ts';
import type { Store } from '../../src/store/types.ts';
import { addToken } from '../../src/web/credentials.ts';
import type { Change, Role, WebDeps } from '../../src/web/deps.ts';
import { createApp } from '../../src/web/server.ts';

/** The server over a real home, without a socket: requests are injected. */
export interface WebBench {
  app: App;
  store: Store;
  deps: WebDeps;
  server: FastifyInstance;
  /** What broke inside; a test that ends with any has found a bug. */
  complaints: unknown[];
  tell(change: Change): void;
  token(role: Role, user?: string | null): Promise<string>;
  /** Answers as the status and the parsed body. */
  ask(method: InjectOptions['method'], url: string, options?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

export interface Ask {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  // The answer's own shape is what tests look at.
  body: Record<string, unknown> & { items?: Record<string, unknown>[] };
}

export async function openWebBench(): Promise<WebBench> {
  const dir = mkdtempSync(join(tmpdir(), 'repost-web-'));
  const env = {
    HOME: dir,
    REPOST_HOME: join(dir, 'home'),
    REPOST_VAULT: 'file',
    REPOST_VAULT_PASSPHRASE: 'a b c',
  };
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), env };
  const app = openApp(io, { noInput: true, warn: () => undefined });
  const listeners = new Set<(change: Change) => void>();
  const complaints: unknown[] = [];
  const parts = { isReady: () => true, listeners, reporter: { say: () => undefined } };
  const deps = {
    ...(await webDeps(app, parts)),
    secure: false,
    complain: (error: unknown) => void complaints.push(error),
  };
  const server = createApp(deps);
  await server.ready();
  const store = deps.store;
  return {
    app,
    store,
    deps,
    server,
    complaints,
    tell: (change) => {
      for (const listener of listeners) listener(change);
    },
    token: async (role, user = null) =>
      (await addToken(store, { name: 'test', user, role, expiresAt: null }, app.clock.now())).secret,
    async ask(method, url, { token, body, headers = {} } = {}) {
      const answer = await server.inject({
        method: method ?? 'GET',
        url,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      const isJson = String(answer.headers['content-type']).includes('json');
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.payload,
        body: isJson ? (JSON.parse(answer.payload) as Answer['body']) : {},
      };
    },
    async close() {
      await server.close();
      await app.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
