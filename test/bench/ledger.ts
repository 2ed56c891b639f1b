import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../src/store/types.ts';
import { openLane } from '../store/examples.ts';
import { engineRates, idleEngine, ledgerOneByOne } from './engine.ts';
import { bareFolder, storeWithJobs, T0 } from './homes.ts';
import { race } from './race.ts';
import { type BullMQ, bullAtOnce, bullOneByOne, startRedis } from './redis.ts';
import { hasProgram, packageAt } from './references.ts';
import { figure, judged, median, type Row, ratios, unmeasured } from './report.ts';

export interface LedgerSize {
  /** Jobs of a round, one at a time and many at once. */
  serial: number;
  atOnce: number;
  /** Rows of the large table, and jobs that are held up. */
  rows: number;
  blocked: number;
  claims: number;
  rounds: number;
}

const LANES = 50;

/** What one job costs in the ledger and in the engine, beside BullMQ; each store on the disk, with FULL durability. */
export async function ledger(root: string, size: LedgerSize): Promise<Row[]> {
  const folder = bareFolder();
  const stores: Store[] = [];
  const open = async (name: string, jobs: number, kind: 'published' | 'approval') => {
    const store = await storeWithJobs(join(folder, `${name}.db`), jobs, kind);
    stores.push(store);
    return store;
  };
  try {
    const small = await open('small', 1_000, 'published');
    const large = await open('large', size.rows, 'published');
    const blocked = await open('blocked', size.blocked, 'approval');
    const empty = await open('empty', 0, 'approval');
    return [...(await rates(root, { small, large, folder }, size)), ...(await claims(empty, blocked, size))];
  } finally {
    for (const store of stores) await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Tables {
  small: Store;
  large: Store;
  folder: string;
}

async function rates(root: string, { small, large, folder }: Tables, size: LedgerSize): Promise<Row[]> {
  const bull = hasProgram('redis-server') ? packageAt<BullMQ>(root, 'bullmq') : undefined;
  const servers = bull ? [await startRedis('always'), await startRedis('everysec')] : [];
  const [always, everysec] = servers;
  const serial = await ledgerOneByOne(small, '@serial');
  const [smallEngine, largeEngine] = [small, large].map((store, n) =>
    idleEngine(store, join(folder, `${n}.log`)),
  );
  const [smallRate, largeRate] = [await engineRates(small, LANES), await engineRates(large, LANES)];
  if (!smallEngine || !largeEngine) throw new Error('an engine is missing');
  try {
    const results = await race<string, number>(size.rounds, {
      serial: () => serial(size.serial),
      ...(bull && always ? { always: () => bullOneByOne(bull, always, size.serial) } : {}),
      small: () => smallRate(smallEngine, size.atOnce),
      large: () => largeRate(largeEngine, size.atOnce),
      ...(bull && everysec ? { everysec: () => bullAtOnce(bull, everysec, size.atOnce) } : {}),
    });
    return rows(results, size.rows);
  } finally {
    for (const server of servers) await server.close();
  }
}

function rows(results: Readonly<Record<string, number[]>>, large: number): Row[] {
  const of = (name: string) => results[name] ?? [];
  const rate = (name: string) => `${figure(median(of(name)))} jobs/s`;
  const many = `${large.toLocaleString('en')} rows`;
  const beside = (what: string, own: string, name: string, reference: string, atLeast: number) =>
    of(name).length === 0
      ? unmeasured(what, reference, 'redis-server or bullmq')
      : judged(what, reference, { atLeast }, ratios(of(own), of(name)), `${rate(own)}; BullMQ ${rate(name)}`);
  return [
    beside(
      'ledger, one job at a time, safe from power loss',
      'serial',
      'always',
      'BullMQ, `appendfsync always`',
      1.5,
    ),
    beside('engine, no-op jobs, 1,000 rows', 'small', 'everysec', 'BullMQ, `everysec`, concurrency 50', 2),
    beside(`engine, no-op jobs, ${many}`, 'large', 'everysec', 'BullMQ, `everysec`, concurrency 50', 2),
    judged(
      `engine, no-op jobs, ${many}`,
      'the same at 1,000 rows',
      { atLeast: 0.8 },
      ratios(of('large'), of('small')),
      `${rate('large')}; ${rate('small')}`,
    ),
  ];
}

/** Looks for due lanes and claims the head of one, beside a lane whose jobs are all held up. */
async function claims(empty: Store, blocked: Store, size: LedgerSize): Promise<Row[]> {
  const contender = async (store: Store) => {
    const lane = await openLane(store, '@free');
    return async () => {
      for (let n = 0; n < size.claims; n += 1) await lane.addJob({ runAt: T0 });
      const from = performance.now();
      for (let n = 0; n < size.claims; n += 1) {
        const [due] = await store.jobs.dueLanes(T0, []);
        if (!(due && (await store.jobs.claim(due, T0)))) throw new Error('nothing to claim');
      }
      return ((performance.now() - from) * 1000) / size.claims;
    };
  };
  const results = await race(size.rounds, {
    empty: await contender(empty),
    blocked: await contender(blocked),
  });
  return [
    judged(
      `claim beside ${size.blocked.toLocaleString('en')} jobs that are held up`,
      'claim in an empty table',
      { atMost: 2 },
      ratios(results.blocked, results.empty),
      `${figure(median(results.blocked))} µs; ${figure(median(results.empty))} µs, the commit to disk included`,
    ),
  ];
}
