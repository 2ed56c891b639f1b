import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { openLane } from '../store/examples.ts';

const T0 = Date.UTC(2026, 0, 1);

/** A home with as many jobs as asked, all waiting; gives the environment that leads to it. */
export async function homeWithJobs(jobs: number): Promise<NodeJS.ProcessEnv> {
  const folder = mkdtempSync(join(tmpdir(), 'repost-bench-'));
  mkdirSync(join(folder, 'data'));
  const path = join(folder, 'data', 'repost.db');
  const store = await openStore({ path, clock: new TestClock(T0) });
  const { account, source, rule } = await openLane(store, '@many');
  await store.close();
  const db = new Database(path);
  db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO videos (source_id, remote_id, url, caption, published_at, seen_at, kind, facts, state, skipped)
     SELECT ${source.id}, 'b' || i, '', 'A video', ${T0}, ${T0}, 'video', '{}', 'public', '[]' FROM n`,
  ).run(jobs);
  db.exec(
    `INSERT INTO jobs (video_id, account_id, rule_id, user, state, reason, run_at, max_attempts, created_at, updated_at)
     SELECT id, ${account.id}, ${rule.id}, 'me', 'waiting', 'ready', ${T0} - 10, 5, ${T0}, ${T0}
     FROM videos WHERE remote_id LIKE 'b%'`,
  );
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
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
