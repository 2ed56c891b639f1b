import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { plainHttp } from '../../src/net/http.ts';
import { originMap } from '../../src/net/origins.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import type { Transport } from '../../src/net/wire.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';

const folder = fileURLToPath(new URL('../real-pds/', import.meta.url));

/** True where `npm run setup:pds` has been run. */
export const pdsInstalled = existsSync(`${folder}node_modules/@atproto/pds/package.json`);

/**
 * A describe block against the real server and the official client. Skipped where they are not installed, and then
 * its name says so; with REPOST_TEST_REQUIRE=all it runs all the same, and fails.
 */
export function describeReal(name: string, body: () => void): void {
  if (pdsInstalled || process.env['REPOST_TEST_REQUIRE'] === 'all') describe(name, body);
  else describe.skip(`${name} (skipped: wants \`npm run setup:pds\`)`, body);
}

export interface RealPds {
  /** Origin of the server. */
  pds: string;
  /** Origin of its directory of DIDs. */
  plc: string;
  /** Sends what is meant for Bluesky's common hosts to the real ones here. */
  transport: Transport;
  /** A call without our own code. */
  call(
    method: string,
    input?: unknown,
    token?: string,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** A new account with an app password. */
  createAccount(
    handle: string,
  ): Promise<{ did: string; password: string; appPassword: string; token: string }>;
  stop(): Promise<void>;
}

export async function startPds(more: Readonly<Record<string, string>> = {}): Promise<RealPds> {
  const child = spawn(process.execPath, ['run-pds.cjs'], {
    cwd: folder,
    env: { ...process.env, LOG_ENABLED: 'false', NODE_NO_WARNINGS: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const { pds, plc } = JSON.parse(first) as { pds: string; plc: string };
  const transport = undiciTransport({
    origins: originMap({
      'https://plc.directory': plc,
      'https://public.api.bsky.app': pds,
      'https://bsky.social': pds,
      ...Object.fromEntries(Object.entries(more).map(([from, to]) => [from, to === '' ? pds : to])),
    }),
  });

  const call: RealPds['call'] = async (method, input, token) => {
    const response = await fetch(`${pds}/xrpc/${method}`, {
      ...(input === undefined ? {} : { method: 'POST', body: JSON.stringify(input) }),
      headers: {
        ...(input === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  };

  return {
    pds,
    plc,
    transport,
    call,
    async createAccount(handle) {
      const password = 'hunter2-hunter2';
      const made = await call('com.atproto.server.createAccount', {
        handle,
        email: `${handle}@example.com`,
        password,
      });
      if (made.status !== 200) throw new Error(`no account: ${JSON.stringify(made.body)}`);
      const token = String(made.body['accessJwt']);
      const app = await call('com.atproto.server.createAppPassword', { name: 'repost' }, token);
      return { did: String(made.body['did']), password, appPassword: String(app.body['password']), token };
    },
    async stop() {
      await transport.close();
      child.stdin.end();
      await gone;
    },
  };
}

/** Our Http without credentials, on the real server. */
export const realPlainHttp = ({ transport }: Pick<RealPds, 'transport'>) =>
  plainHttp({ transport, clock: systemClock, service: bluesky, timeoutMs: 30_000 });
