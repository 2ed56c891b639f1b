import { createWriteStream, readFileSync } from 'node:fs';
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

/** Without their limits: what is measured is the work. */
const service = { ...tiktokService, limits: [] };
const grant: Grant = { accessToken: 'act.bench', scopes: ['video.list'], obtainedAt: 0 };
const free = { spend: async () => undefined, learn: async () => undefined };
const AT_ONCE = 64;

/** Memory of this process (MiB), at its peak or now, as the kernel keeps it. */
const memoryMiB = (which: 'VmHWM' | 'VmRSS') =>
  Number(new RegExp(`${which}:\\s+(\\d+)`, 'u').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) /
  1024;

/**
 * So many polls in a process of its own. `source`: the request and its answer, read and compared with the store;
 * `engine`: all that the daemon does for a poll, its outcome on the disk; `fetch`: the request and JSON alone.
 * After a rest, if any, it says what the process holds then.
 */
export async function runPolls(
  way: string,
  origin: string,
  path: string,
  polls: number,
  restMs: number,
): Promise<void> {
  const rate = way === 'fetch' ? await fetchPolls(origin, polls) : await ownPolls(way, origin, path, polls);
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

function fetchPolls(origin: string, polls: number): Promise<number> {
  const known = new Set(remoteIds);
  const from = performance.now();
  return atOnce(polls, async () => {
    const answer = await fetch(`${origin}/v2/video/list/`, { method: 'POST', body: '{"max_count":20}' });
    const { data } = (await answer.json()) as { data: { videos: { id: string }[] } };
    if (data.videos.some(({ id }) => !known.has(id))) throw new Error('a video is new');
  }).then((done) => (done * 1000) / (performance.now() - from));
}

async function atOnce(count: number, work: (n: number) => Promise<void>): Promise<number> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await work(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return count;
}

/** What the server shows of every account. */
export const remoteIds: readonly string[] = Array.from(
  { length: 20 },
  (_, n) => `75000000000000000${n + 10}`,
);

/** An answer of TikTok's list, about 8 kB: https://developers.tiktok.com/doc/tiktok-api-v2-video-list/ */
export const answerOfList = (): string =>
  JSON.stringify({
    data: {
      videos: remoteIds.map((id) => ({
        id,
        create_time: 1_767_225_600,
        share_url: `https://www.tiktok.com/@creator/video/${id}`,
        title: 'A day at the sea',
        video_description: `A day at the sea, and what we found there ${'#sea #sand #sun '.repeat(10)}`,
        duration: 20,
        width: 576,
        height: 1024,
        is_aigc: false,
        view_count: 1000,
        like_count: 100,
        comment_count: 10,
        share_count: 1,
      })),
      cursor: 1_767_225_600_000,
      has_more: false,
    },
    error: { code: 'ok', message: '', log_id: '1' },
  });
