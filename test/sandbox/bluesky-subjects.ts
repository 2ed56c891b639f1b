import { systemClock } from '../../src/core/clock.ts';
import { createBluesky } from '../../src/sandbox/bluesky.ts';
import { firstAppPassword, mainPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import type { RealPds } from '../platforms/real-pds.ts';

/** One server to ask: the simulated or the real one. */
export interface Subject {
  origin: string;
  did: string;
  handle: string;
  passwords: { app: string; main: string };
  send(request: Asked): Promise<Reply>;
}

export interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

export function simulated(): Subject {
  const sandbox = createSandbox({ clock: systemClock, seed: 5, simulators: [createBluesky] });
  const origin = 'https://pds.example.org';
  void sandbox.control('bluesky', 'move', { account: '@creator', pds: origin });
  void sandbox.control('bluesky', 'quirks', { blobLimitBytes: 8 * 2 ** 20 });
  const [account] = sandbox.world.accounts('bluesky');
  return {
    origin,
    did: account!.id,
    handle: 'creator.bsky.social',
    passwords: { app: firstAppPassword, main: mainPassword },
    async send({ method, path, headers = {}, body = '' }) {
      const url = new URL(path, origin);
      const answer = await sandbox.dispatch({
        origin,
        method: method ?? (body === '' ? 'GET' : 'POST'),
        path: url.pathname,
        query: url.searchParams,
        headers,
        body: Buffer.from(body),
        complete: true,
      });
      if ('cut' in answer) throw new Error(answer.cut);
      return { status: answer.status, headers: answer.headers, body: parsed(answer.body.toString()) };
    },
  };
}

export async function genuine(real: RealPds): Promise<Subject> {
  const { did, password, appPassword } = await real.createAccount('carol.test');
  const passwords = { app: appPassword, main: password };
  return { origin: real.pds, did, handle: 'carol.test', passwords, send: (asked) => sendTo(real, asked) };
}

export async function sendTo(
  real: RealPds,
  { method, path, headers = {}, body = '' }: Asked,
): Promise<Reply> {
  const response = await fetch(new URL(path, real.pds), {
    method: method ?? (body === '' ? 'GET' : 'POST'),
    headers,
    ...(body === '' ? {} : { body }),
  });
  const told = parsed(await response.text());
  return { status: response.status, headers: Object.fromEntries(response.headers), body: told };
}

export function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
