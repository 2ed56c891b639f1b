import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../src/store/types.ts';
import { exampleAttempt, examplePost, openLane } from '../store/examples.ts';
import { engineRates, idleEngine, ledgerRates } from './engine.ts';
import { bareFolder, storeWithJobs, T0 } from './homes.ts';
import { openPeers } from './ledger-peers.ts';
import { claimRow, growthOf, rateRows } from './ledger-rows.ts';
import { race } from './race.ts';
import type { Chart, Findings, Row } from './report.ts';

export interface LedgerSize {
  /** Jobs of a round, one at a time and many at once. */
  serial: number;
  atOnce: number;
  /** Rows of the large table, and jobs that are held up. */
  rows: number;
  blocked: number;
  claims: number;
  rounds: number;
  /** Rows for the picture, beside those of the large table. */
  growth: readonly number[];
}

const LANES = 50;

/** What one job costs in the ledger and in the engine, beside queues that others made; each store on the disk, with FULL durability. */
export async function ledger(root: string, size: LedgerSize): Promise<Findings> {
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
    const rows = await rates(root, { small, large, folder }, size);
    const blocked = await open('blocked', size.blocked, 'approval');
    const empty = await open('empty', 0, 'approval');
    rows.push(await claims(empty, blocked, size));
    return { rows, charts: [await growth({ open, large, folder }, size)] };
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
  const serial = await ledgerRates(small, '@serial', 1);
  const many = await ledgerRates(small, '@many', LANES);
  const [smallEngine, largeEngine] = [small, large].map((store, n) =>
    idleEngine(store, join(folder, `${n}.log`)),
  );
  const [smallRate, largeRate] = [await engineRates(small, LANES), await engineRates(large, LANES)];
  if (!smallEngine || !largeEngine) throw new Error('an engine is missing');
  const peers = await openPeers(root);
  try {
    const results = await race<string, number>(size.rounds, {
      serial: () => serial(size.serial),
      ...peers.serial(size.serial),
      many: () => many(size.atOnce),
      small: () => smallRate(smallEngine, size.atOnce),
      large: () => largeRate(largeEngine, size.atOnce),
      ...peers.many(size.atOnce),
    });
    return rateRows(results, size.rows, peers.missing);
  } finally {
    await peers.close();
  }
}

/** Looks for due lanes and claims the head of one, beside a lane whose jobs are all held up. */
async function claims(empty: Store, blocked: Store, size: LedgerSize): Promise<Row> {
  const contender = async (store: Store) => {
    const lane = await openLane(store, '@free');
    return async () => {
      for (let n = 0; n < size.claims; n += 1) await lane.addJob({ runAt: T0 });
      let spent = 0;
      for (let n = 0; n < size.claims; n += 1) {
        const from = performance.now();
        const [due] = await store.jobs.dueLanes(T0, []);
        const job = due && (await store.jobs.claim(due, T0));
        spent += performance.now() - from;
        if (!job) throw new Error('nothing to claim');
        // A lane runs one job at a time: the next one needs it free.
        await store.jobs.publish(job.id, examplePost(`post-${job.id}`), exampleAttempt('published'), T0);
      }
      return (spent * 1000) / size.claims;
    };
  };
  const results = await race(size.rounds, {
    empty: await contender(empty),
    blocked: await contender(blocked),
  });
  return claimRow(results, size.blocked);
}

interface Growing {
  open(name: string, jobs: number, kind: 'published'): Promise<Store>;
  large: Store;
  folder: string;
}

const GROWTH_ROUNDS = 3;

/** How a job’s cost grows with the jobs that are in the table. */
async function growth({ open, large, folder }: Growing, size: LedgerSize): Promise<Chart> {
  const contenders: Record<string, () => Promise<number>> = {};
  for (const jobs of [...size.growth, size.rows]) {
    const store = jobs === size.rows ? large : await open(`growth-${jobs}`, jobs, 'published');
    const engine = idleEngine(store, join(folder, `growth-${jobs}.log`));
    const rate = await engineRates(store, LANES, `@growth${jobs}-`);
    contenders[jobs] = () => rate(engine, size.atOnce / 2);
  }
  return growthOf(await race<string, number>(GROWTH_ROUNDS, contenders));
}
