import { randomBytes } from 'node:crypto';
import type { Postgres } from './postgres.ts';

/** The parts of pg-boss that are raced: https://timgit.github.io/pg-boss/ */
export type PgBoss = new (options: object) => Boss;
interface Boss {
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  on(event: 'error', listener: () => void): void;
  createQueue(name: string): Promise<void>;
  send(name: string, data: object): Promise<string | null>;
  insert(jobs: readonly { name: string; data: object }[]): Promise<void>;
  fetch(name: string, options?: { batchSize: number }): Promise<{ id: string }[]>;
  complete(name: string, ids: string | string[]): Promise<void>;
}

/** The parts of graphile-worker that are raced: https://worker.graphile.org/ */
export interface Graphile {
  run(options: object): Promise<{ stop(): Promise<void>; promise: Promise<void> }>;
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: readonly { identifier: string; payload: object }[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  Logger: new (factory: () => () => void) => unknown;
}

/** Contenders that give jobs a second, and what ends them. */
export interface Peer {
  rate(jobs: number): Promise<number>;
  close(): Promise<void>;
}

const payload = { video: randomBytes(100).toString('hex'), account: 'somebody' };
const BATCH = 50;

const rateSince = (from: number, jobs: number) => (jobs * 1000) / (performance.now() - from);
const batches = (jobs: number) => Array.from({ length: Math.ceil(jobs / BATCH) }, () => BATCH);

/** Adds, fetches and completes jobs, one at a time or 50. */
export async function openBoss(PgBoss: PgBoss, { host }: Postgres, batch: 1 | 50): Promise<Peer> {
  const name = `bench-${batch}`;
  const boss = new PgBoss({ host, database: 'postgres', user: 'bench', supervise: false, schedule: false });
  boss.on('error', () => undefined);
  await boss.start();
  await boss.createQueue(name);
  const one = async () => {
    await boss.send(name, payload);
    const [job] = await boss.fetch(name);
    if (!job) throw new Error('pg-boss gave no job');
    await boss.complete(name, job.id);
  };
  const many = async () => {
    await boss.insert(Array.from({ length: BATCH }, () => ({ name, data: payload })));
    const jobs = await boss.fetch(name, { batchSize: BATCH });
    if (jobs.length !== BATCH) throw new Error(`pg-boss gave ${jobs.length} jobs`);
    await boss.complete(
      name,
      jobs.map(({ id }) => id),
    );
  };
  return {
    async rate(jobs) {
      const from = performance.now();
      if (batch === 1) for (let n = 0; n < jobs; n += 1) await one();
      else for (const _ of batches(jobs)) await many();
      return rateSince(from, jobs);
    },
    close: () => boss.stop({ graceful: false, wait: false }),
  };
}

/** Adds 50 at a time and works as its manual advises where speed counts: jobs fetched ahead, completed in batches. */
export async function openGraphile(graphile: Graphile, { connectionString }: Postgres): Promise<Peer> {
  const logger = new graphile.Logger(() => () => undefined);
  const utils = await graphile.makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  let left = 0;
  let done = () => {};
  const runner = await graphile.run({
    connectionString,
    logger,
    noHandleSignals: true,
    taskList: {
      post: async () => {
        left -= 1;
        if (left === 0) done();
      },
    },
    preset: {
      worker: {
        connectionString,
        concurrentJobs: 24,
        maxPoolSize: 12,
        pollInterval: 2000,
        localQueue: { size: 100 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
  return {
    async rate(jobs) {
      left = Math.ceil(jobs / BATCH) * BATCH;
      const all = new Promise<void>((resolve) => {
        done = resolve;
      });
      const from = performance.now();
      for (const size of batches(jobs))
        await utils.addJobs(Array.from({ length: size }, () => ({ identifier: 'post', payload })));
      await all;
      return rateSince(from, jobs);
    },
    async close() {
      await runner.stop();
      await utils.release();
    },
  };
}
