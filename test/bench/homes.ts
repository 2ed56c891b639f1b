import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import Database from 'better-sqlite3';
import { openApp } from '../../src/cli/app.ts';
import { systemClock, TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { saveGrant } from '../../src/vault/grants.ts';
import { openLane } from '../store/examples.ts';

export const T0 = Date.UTC(2026, 0, 1);

/** `waiting` is due, `approval` waits for a person, `tomorrow` for its time. */
export type Kind = 'waiting' | 'approval' | 'published' | 'tomorrow';

/** An empty folder of this measurement; its maker removes it. */
export const bareFolder = (): string => mkdtempSync(join(tmpdir(), 'repost-bench-'));

/** A home with as many jobs as asked; gives the environment that leads to it. */
export async function homeWithJobs(jobs: number, kind: Kind = 'waiting'): Promise<NodeJS.ProcessEnv> {
  const folder = bareFolder();
  mkdirSync(join(folder, 'data'));
  const path = join(folder, 'data', 'repost.db');
  const store = await openStore({ path, clock: new TestClock(T0) });
  const lane = await openLane(store, '@many');
  await store.close();
  fill(path, lane, jobs, kind);
  const env = environmentOf(folder);
  // A daemon would ask its source, and say that its account needs its person.
  if (kind === 'tomorrow') await calm(path, env);
  return env;
}

async function calm(path: string, env: NodeJS.ProcessEnv): Promise<void> {
  const db = new Database(path);
  db.prepare('UPDATE sources SET next_poll_at = ?').run(Date.now() + 3_600_000);
  db.close();
  await keepGrants(env);
}

/** A home with signed-in accounts, each a source and a destination; nothing is due for an hour. */
export async function homeWithAccounts(accounts: number): Promise<NodeJS.ProcessEnv> {
  const folder = bareFolder();
  mkdirSync(join(folder, 'data'));
  const path = join(folder, 'data', 'repost.db');
  const store = await openStore({ path, clock: systemClock });
  for (let n = 0; n < accounts; n += 1) await openLane(store, `@account${n}`);
  await store.close();
  const db = new Database(path);
  const now = Date.now();
  db.prepare('DELETE FROM rules').run();
  db.prepare('DELETE FROM sources').run();
  db.prepare(
    `INSERT INTO sources (kind, account_id, name, user, next_poll_at, created_at)
     SELECT 'tiktok', id, handle, 'me', ?, ? FROM accounts`,
  ).run(now + 3_600_000, now);
  db.close();
  const env = environmentOf(folder);
  await keepGrants(env);
  return env;
}

/** Without them, each account would be said to need its person. */
async function keepGrants(env: NodeJS.ProcessEnv): Promise<void> {
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: process.stderr, env };
  const app = openApp(io, { noInput: true, warn: () => undefined, clock: systemClock });
  const grant = { accessToken: 'bench', scopes: ['upload'], obtainedAt: Date.now() };
  for (const account of await (await app.store()).accounts.list())
    await saveGrant(await app.vault(), account, grant);
  await app.close();
}

export function environmentOf(folder: string): NodeJS.ProcessEnv {
  writeFileSync(join(folder, 'vault-key'), randomBytes(32), { mode: 0o600 });
  return {
    PATH: process.env['PATH'],
    HOME: folder,
    REPOST_HOME: folder,
    REPOST_VAULT: 'file',
    CREDENTIALS_DIRECTORY: folder,
    REPOST_HTTP: 'off',
    REPOST_NO_INPUT: '1',
  };
}

/** A store on the disk with so many jobs of one kind, in a lane of their own. */
export async function storeWithJobs(path: string, jobs: number, kind: Kind): Promise<Store> {
  const clock = new TestClock(T0);
  const empty = await openStore({ path, clock });
  const lane = await openLane(empty, '@many');
  await empty.close();
  fill(path, lane, jobs, kind);
  return openStore({ path, clock });
}

interface Lane {
  account: { id: number };
  source: { id: number };
  rule: { id: number };
}

/** By SQL: the store itself would take minutes for a million. */
function fill(path: string, { account, source, rule }: Lane, jobs: number, kind: Kind): void {
  const db = new Database(path);
  db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO videos (source_id, remote_id, url, caption, published_at, seen_at, kind, facts, state, skipped)
     SELECT ${source.id}, 'b' || i, '', 'A video', ${T0}, ${T0}, 'video', '{}', 'public', '[]' FROM n WHERE i <= ?`,
  ).run(jobs, jobs);
  const [state, reason, runAt] = {
    published: ["'published'", 'NULL', T0 - 10],
    approval: ["'waiting'", "'approval'", T0 - 10],
    waiting: ["'waiting'", "'ready'", T0 - 10],
    tomorrow: ["'waiting'", "'delay'", Date.now() + 86_400_000],
  }[kind];
  db.exec(
    `INSERT INTO jobs (video_id, account_id, rule_id, user, state, reason, run_at, max_attempts, created_at, updated_at)
     SELECT id, ${account.id}, ${rule.id}, 'me', ${state}, ${reason}, ${runAt}, 5, ${T0}, ${T0}
     FROM videos WHERE remote_id LIKE 'b%'`,
  );
  if (kind === 'published')
    db.exec(
      `INSERT INTO posts (job_id, remote_id, url, published_at, lag_ms, warnings)
       SELECT id, 'p' || id, NULL, ${T0}, 0, '[]' FROM jobs WHERE state = 'published'`,
    );
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
