import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { engineRates, idleEngine } from './engine.ts';
import { bareFolder, storeWithJobs } from './homes.ts';

const LANES = 50;

/**
 * CPU time of so many no-op jobs, in a process of its own, without its start: `engine`, the real one over a store on
 * the disk; `raw`, four prepared statements a job, in commits of 50 jobs, which is what SQLite alone asks for.
 */
export async function runEngine(way: string, jobs: number): Promise<void> {
  const folder = bareFolder();
  try {
    const work = way === 'raw' ? raw(join(folder, 'raw.db')) : await engine(folder);
    await work(jobs / 2);
    const before = process.cpuUsage();
    await work(jobs);
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000 }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function engine(folder: string): Promise<(jobs: number) => Promise<unknown>> {
  const store = await storeWithJobs(join(folder, 'repost.db'), 1_000, 'published');
  const rate = await engineRates(store, LANES);
  const idle = idleEngine(store, join(folder, 'log'));
  return (jobs) => rate(idle, jobs);
}

function raw(path: string): (jobs: number) => Promise<unknown> {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(`CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT, run_at INTEGER, payload TEXT) STRICT;
    CREATE INDEX due ON jobs (run_at) WHERE state = 'queued';
    CREATE TABLE steps (job INTEGER, name TEXT, value TEXT, PRIMARY KEY (job, name)) WITHOUT ROWID, STRICT`);
  const add = db.prepare("INSERT INTO jobs (state, run_at, payload) VALUES ('queued', ?, ?)");
  const claim = db.prepare(`UPDATE jobs SET state = 'running'
    WHERE id = (SELECT id FROM jobs WHERE state = 'queued' ORDER BY run_at LIMIT 1) RETURNING id`);
  const step = db.prepare("INSERT INTO steps VALUES (?, 'publish', '\"post\"')");
  const done = db.prepare("UPDATE jobs SET state = 'done' WHERE id = ?");
  const payload = 'x'.repeat(270);
  const batch = db.transaction((jobs: number) => {
    for (let n = 0; n < jobs; n += 1) {
      add.run(n, payload);
      const { id } = claim.get() as { id: number };
      step.run(id);
      done.run(id);
    }
  });
  return async (jobs) => {
    for (let left = jobs; left > 0; left -= LANES) batch(Math.min(LANES, left));
  };
}
