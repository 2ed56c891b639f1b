import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { parseDuration, settingSpecs } from '../../src/core/settings.ts';
import { startDaemon } from '../../src/engine/daemon.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Transport } from '../../src/net/wire.ts';
import { registry } from '../../src/platforms/index.ts';
import { tiktokService } from '../../src/platforms/tiktok.ts';
import { simulators } from '../../src/sandbox/index.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { openDatabase } from '../../src/store/open.ts';
import { storeOn } from '../../src/store/sqlite.ts';
import { memoryVault } from '../../src/vault/memory.ts';
import { media, sandboxApp, signInTo, type World } from '../contract/home.ts';
import { sandboxTransport } from '../platforms/in-process.ts';
import { SimClock } from '../sim/clock.ts';
import { wire } from '../sim/process.ts';
import { randomOf } from '../sim/random.ts';
import { bareFolder } from './homes.ts';
import { type Findings, figure, judged, median, single } from './report.ts';

export interface LagSize {
  accounts: number;
  hours: number;
}

/** What a request takes there and back. */
const LATENCY_MS = 800;
const A_DAY_EACH = 10;
/** What the hosted leader, Repurpose.io, states for TikTok as a source. */
const HOSTED_SECONDS = 2 * 3600;

/**
 * From a video's publication on the simulated TikTok until the daemon knows of it: the daemon's own loop at its default
 * settings, a clock that jumps from one event to the next, ten videos a day and account at random instants.
 */
export async function lag({ accounts, hours }: LagSize): Promise<Findings> {
  const folder = bareFolder();
  try {
    const lags = (await detect(join(folder, 'repost.db'), accounts, hours)).sort((a, b) => a - b);
    const at = (part: number) =>
      lags[Math.min(lags.length - 1, Math.floor(lags.length * part))] ?? Number.NaN;
    const note = `${lags.length.toLocaleString('en')} videos of ${accounts} accounts in ${hours} h of simulated time; longest ${figure(at(1))} s`;
    return {
      rows: [
        judged(
          'from publication to detection: median',
          '–',
          { atMost: 90 },
          single(median(lags), 's'),
          note,
          'lag median',
        ),
        judged(
          'from publication to detection: 99 of 100',
          '–',
          { atMost: 150 },
          single(at(0.99), 's'),
          note,
          'lag p99',
        ),
        judged(
          'from publication to detection: median',
          'the two hours that Repurpose.io states',
          { atMost: 0.0125 },
          single(median(lags) / HOSTED_SECONDS),
          'theirs is stated by themselves, not measured',
        ),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Seconds from publication to detection, video by video. */
async function detect(path: string, accounts: number, hours: number): Promise<number[]> {
  const clock = new SimClock(Date.UTC(2026, 0, 1));
  const seed = 11;
  const tiktok = Array.from({ length: accounts }, (_, n) => ({
    id: `-bench.${String(n).padStart(8, '0')}_tt`,
    handle: `@c${n}`,
    name: `C ${n}`,
    settings: {},
  }));
  const sandbox = createSandbox({ clock, seed, simulators, accounts: { tiktok } });
  // Nobody waits for the disk: a sync takes no time of the clock, and true time is none of it.
  const atOnce = { sync: async () => undefined, close: () => undefined };
  const store = storeOn(await openDatabase({ path, clock }), clock, path, undefined, atOnce);
  const world: World = { clock, sandbox, store, vault: memoryVault(), seed };
  for (const { id } of tiktok) {
    const account = await signInTo(world, tiktokService, 'me', { account: id });
    await store.sources.add(
      { kind: 'tiktok', accountId: account.id, locator: null, name: account.account, user: 'me' },
      clock.now(),
    );
  }
  const publishedAt = new Map<string, number>();
  const lags: number[] = [];
  let underWay = 0;
  const direct = sandboxTransport(sandbox);
  const random = randomOf(seed, 'lag');
  const transport: Transport = {
    ...direct,
    async send(raw) {
      await clock.sleep(random.between(LATENCY_MS / 4, LATENCY_MS));
      underWay += 1;
      return direct.send(raw).finally(() => {
        underWay -= 1;
      });
    },
  };
  const deps = await wire({
    clock,
    random: () => random.next(),
    registry,
    store,
    vault: world.vault,
    transport,
    app: (service) => sandboxApp(service.id),
    media,
    settings: {
      retry: { baseMs: 2 * SECOND, capMs: HOUR, attempts: 5, giveUpMs: 7 * 24 * HOUR },
      concurrency: Number(settingSpecs['daemon.concurrency'].default),
      pollIntervalMs: parseDuration(settingSpecs['poll.interval'].default),
    },
    traced: false,
    emit(event) {
      if (event.kind === 'poll-failed') throw new Error(event.message);
      if (event.kind !== 'video') return;
      const at = publishedAt.get(event.remoteId);
      if (at !== undefined) lags.push((clock.now() - at) / SECOND);
    },
  });
  const daemon = startDaemon(deps, createEngine(deps), (error) => {
    throw error;
  });
  // The first polls find an empty account; what is published before them would count as old.
  const from = clock.now() + 10 * MINUTE;
  const until = from + hours * HOUR;
  const films = Array.from({ length: Math.round((accounts * hours * A_DAY_EACH) / 24) }, () => ({
    at: from + random.between(0, until - from),
    account: random.pick(tiktok).id,
  })).sort((one, other) => one.at - other.at);
  while (clock.now() < until + 10 * MINUTE) {
    await settled(() => underWay);
    const film = films[0];
    const wakeAt = clock.nextWakeAt() ?? Number.POSITIVE_INFINITY;
    if (film && film.at <= wakeAt) {
      films.shift();
      clock.moveTo(film.at);
      const made = (await sandbox.control('tiktok', 'publish', { account: film.account, caption: 'a' })) as {
        id: string;
      };
      publishedAt.set(made.id, film.at);
    } else if (wakeAt === Number.POSITIVE_INFINITY) throw new Error('nobody waits for anything');
    else clock.moveTo(wakeAt);
  }
  void daemon.drain();
  for (let left = 200; left > 0; left -= 1) {
    await turn();
    const wakeAt = clock.nextWakeAt();
    if (wakeAt !== undefined) clock.moveTo(wakeAt);
  }
  await daemon.done;
  await store.close();
  if (lags.length < publishedAt.size)
    throw new Error(`${publishedAt.size - lags.length} videos were never seen`);
  return lags;
}

/** Until nothing moves but by the clock: the store answers within a few turns of the event loop. */
async function settled(underWay: () => number): Promise<void> {
  for (let calm = 0; calm < 12; calm = underWay() > 0 ? 0 : calm + 1) await turn();
}
