import { createWriteStream } from 'node:fs';
import { MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { Platform } from '../../src/core/platform.ts';
import type { EngineDeps, EngineEvent } from '../../src/engine/deps.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import type { Store } from '../../src/store/types.ts';
import { exampleItem, exampleJob, openLane } from '../store/examples.ts';
import { T0 } from './homes.ts';

/** A platform that does nothing but keep the journal: intent and outcome of its one call are on the disk. */
const idlePlatform = {
  name: 'Nothing',
  limits: [],
  costs: {},
  settleMs: MINUTE,
  fit: () => ({ body: '', count: { used: 0, max: 1, unit: 'characters' }, notes: [] }),
  publish: async ({ run }) => ({
    id: await run.commit('publish', { act: async () => `post-${run.jobId}`, inDoubt: 'ask' }),
    url: null,
  }),
} satisfies Partial<Platform>;

/** The engine as the daemon runs it, on a store on the disk; its log is written to `log`. */
export function idleEngine(store: Store, log: string): Engine {
  const file = createWriteStream(log);
  const deps = {
    store,
    clock: new TestClock(T0),
    random: () => 0.5,
    registry: {
      platform: (id: string) => ({ ...idlePlatform, id }),
      service: () => undefined,
      source: () => undefined,
    },
    connect: () => ({}),
    obtain: async () => ({ sha256: 'f' }),
    seal: { seal: (text: string) => text, unseal: (text: string) => text },
    settings: {
      retry: { baseMs: SECOND, capMs: MINUTE, attempts: 3, giveUpMs: 3_600_000 },
      // Half of it is kept for other platforms.
      concurrency: 100,
      pollIntervalMs: MINUTE,
    },
    emit: (event: EngineEvent) => void file.write(`${JSON.stringify({ at: T0, ...event })}\n`),
  } as unknown as EngineDeps;
  return createEngine(deps);
}

/** Adds jobs to lanes, 50 in a transaction, and lets the engine do them. Gives jobs a second. */
export async function engineRates(
  store: Store,
  lanes: number,
  handle = '@lane',
): Promise<(engine: Engine, jobs: number) => Promise<number>> {
  const open: Awaited<ReturnType<typeof openLane>>[] = [];
  for (let n = 0; n < lanes; n += 1) open.push(await openLane(store, `${handle}${n}`));
  let made = 0;
  return async (engine, jobs) => {
    const from = performance.now();
    for (let left = jobs; left > 0; left -= 50) {
      const taken = Array.from({ length: Math.min(50, left) }, () => {
        made += 1;
        const lane = open[made % lanes];
        if (!lane) throw new Error('no lane');
        return {
          item: exampleItem(`${handle}${made}`),
          jobs: [exampleJob(lane.account.id, lane.rule.id, { runAt: T0 })],
          skipped: [],
        };
      });
      await store.videos.take(open[0]?.source.id ?? 0, taken, T0);
    }
    await engine.sync();
    const rate = (jobs * 1000) / (performance.now() - from);
    const { waiting } = await store.jobs.counts();
    if (waiting > 0) throw new Error(`${waiting} jobs were left`);
    return rate;
  };
}

/**
 * Jobs in the ledger alone: each added, claimed, its post's intent and outcome written, done. One after the other, or
 * as many at once as there are lanes, so that they share commits. Gives jobs a second.
 */
export async function ledgerRates(
  store: Store,
  handle: string,
  lanes: number,
): Promise<(jobs: number) => Promise<number>> {
  const open: Awaited<ReturnType<typeof openLane>>[] = [];
  for (let n = 0; n < lanes; n += 1) open.push(await openLane(store, `${handle}${n}`));
  const attempt = { startedAt: T0, endedAt: T0, outcome: 'published', error: null, exchange: null };
  const one = async (lane: (typeof open)[number]) => {
    const id = await lane.addJob({ runAt: T0 });
    await store.jobs.claim(lane.account.id, T0);
    await store.journal.done(id, 'publish', 'step', '"post"', T0);
    const post = { id: `post-${id}`, url: null, publishedAt: T0, lagMs: 0, warnings: [] };
    await store.jobs.publish(id, post, attempt, T0);
  };
  return async (jobs) => {
    const from = performance.now();
    for (let left = jobs; left > 0; left -= lanes) await Promise.all(open.slice(0, left).map(one));
    return (jobs * 1000) / (performance.now() - from);
  };
}
