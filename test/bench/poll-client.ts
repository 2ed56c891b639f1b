import { createWriteStream } from 'node:fs';
import type { Grant } from '../../src/core/account.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Http } from '../../src/core/http.ts';
import type { Meter } from '../../src/core/session.ts';
import type { EngineDeps, EngineEvent } from '../../src/engine/deps.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { accountHttp, plainHttp } from '../../src/net/http.ts';
import { originMap } from '../../src/net/origins.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import { tiktokService, tiktokSource } from '../../src/platforms/tiktok.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { SourceRow, Store } from '../../src/store/types.ts';
import { atOnce } from './at-once.ts';
import { memoryMiB } from './memory.ts';

/** Without their limits: what is measured is the work. */
const service = { ...tiktokService, limits: [] };
const grant: Grant = { accessToken: 'act.bench', scopes: ['video.list'], obtainedAt: 0 };
const free = { spend: async () => undefined, learn: async () => undefined };
/**
 * So many polls in a process of its own. `source`: the request and its answer, read and compared with the store;
 * `engine`: all that the daemon does for a poll, its outcome on the disk.
 * After a rest, if any, it says what the process holds then.
 */
export async function runPolls(
  way: string,
  origin: string,
  path: string,
  polls: number,
  restMs: number,
): Promise<void> {
  const rate = await ownPolls(way, origin, path, polls);
  const { user, system } = process.cpuUsage();
  if (restMs > 0) await systemClock.sleep(restMs);
  const [peak, restMiB] = [memoryMiB('VmHWM'), memoryMiB('VmRSS')];
  process.stdout.write(JSON.stringify({ rate, cpuMs: (user + system) / 1000, peakMiB: peak, restMiB }));
}

async function ownPolls(way: string, origin: string, path: string, polls: number): Promise<number> {
  const transport = undiciTransport({ origins: originMap({ 'https://open.tiktokapis.com': origin }) });
  const store = await openStore({ path, clock: systemClock });
  const pieces = { transport, clock: systemClock, service, timeoutMs: 60_000 };
  const tokens = { current: async () => grant, renew: async () => grant };
  const rows = await store.sources.list();
  let done: number;
  let from: number;
  if (way === 'engine') {
    const log = createWriteStream(`${path}.log`);
    const deps = {
      store,
      clock: systemClock,
      registry: { service: () => service, platform: () => undefined, source: () => tiktokSource },
      connect: (_account: unknown, _service: unknown, meter: Meter) =>
        accountHttp({ ...pieces, tokens, meter }),
      anonymous: plainHttp(pieces),
      settings: {
        concurrency: 8,
        pollIntervalMs: 120_000,
        retry: { attempts: 5, giveUpMs: 1, baseMs: 1, capMs: 1 },
      },
      emit(event: EngineEvent) {
        if (event.kind === 'poll-failed') throw new Error(event.message);
        log.write(`${JSON.stringify(event)}\n`);
      },
    } as unknown as EngineDeps;
    const engine = createEngine(deps);
    from = performance.now();
    for (done = 0; done < polls; ) done += await engine.poll('all');
  } else {
    const http = accountHttp({ ...pieces, tokens, meter: free });
    from = performance.now();
    done = await atOnce(polls, (n) => pollOnce(store, http, rows[n % rows.length]));
  }
  const rate = (done * 1000) / (performance.now() - from);
  await transport.close();
  await store.close();
  return rate;
}

async function pollOnce(store: Store, http: Http, row: SourceRow | undefined): Promise<void> {
  const known = await store.videos.known(row?.id ?? 0, []);
  const context = { http, clock: systemClock, known: (id: string) => known.has(id), since: 0 };
  const items = await tiktokSource.poll(context);
  if (items.length !== 20 || items.some(({ remoteId }) => !known.has(remoteId)))
    throw new Error('a video is new');
}
