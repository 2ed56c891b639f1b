import Database from 'better-sqlite3';
import { applicationId, migrate, migrations } from '../../src/store/schema.ts';

const T0 = 1_764_000_000_000;

/** Rows as each schema’s own version would have left them; columns are named, so that later schemas take them as well. */
const samples: Readonly<Record<number, string>> = {
  9: `
    INSERT INTO post_numbers (job_id, account_id, views, likes, gone, read_at, next_at)
      VALUES (1, 2, 100, 9, 0, ${T0 + 90_000}, ${T0 + 180_000});
    INSERT INTO video_numbers (video_id, views, likes, comments, shares, read_at)
      VALUES (1, 1000, 90, 8, 7, ${T0 + 90_000});`,
  1: `
    INSERT INTO meta (key, value) VALUES ('home.id', 'a-home'), ('home.generation', '4'), ('home.machine', 'm'),
      ('home.path', '/old/repost.db'), ('home.enteredAt', '${T0}'), ('vault.kind', 'file');
    INSERT INTO users (name, role, limits, created_at) VALUES ('me', 'admin', '{}', ${T0});
    INSERT INTO apps (platform, host, client_id, redirect_uri, settings, updated_at)
      VALUES ('youtube', '', 'a-client', NULL, '{}', ${T0});
    INSERT INTO accounts (platform, remote_id, handle, name, user, status, scopes, settings, created_at, updated_at)
      VALUES ('tiktok', 'tt-1', '@creator', 'Creator', 'me', 'ok', '[]', '{}', ${T0}, ${T0}),
        ('youtube', 'UC1', '@creator', 'Creator', 'me', 'ok', '["upload"]', '{}', ${T0}, ${T0});
    INSERT INTO sources (kind, account_id, locator, name, user, baseline_at, last_poll_at, last_good_poll_at, next_poll_at, created_at)
      VALUES ('tiktok', 1, NULL, 'tiktok:@creator', 'me', ${T0}, ${T0}, ${T0}, ${T0 + 120_000}, ${T0});
    INSERT INTO rules (name, user, source_id, destinations, media, delay_ms, approve, catch_up, paused, starts_at, spec, created_at, updated_at)
      VALUES ('everywhere', 'me', 1, '[{"accountId":2,"options":{}}]', '[{"kind":"folder","path":"/originals"}]', 0, 0,
        '{"kind":"all"}', 0, ${T0}, '{}', ${T0}, ${T0});
    INSERT INTO videos (source_id, remote_id, url, caption, published_at, seen_at, kind, facts, state, skipped)
      VALUES (1, '7575000000000000123', 'https://www.tiktok.com/@creator/video/7575000000000000123', 'one 🎬', ${T0}, ${T0}, 'video', '{}', 'public', '[]'),
        (1, '9007199254740993', 'https://www.tiktok.com/@creator/video/9007199254740993', 'two', ${T0}, ${T0}, 'video', '{}', 'public', '[]'),
        (1, '3', 'https://www.tiktok.com/@creator/video/3', 'three', ${T0}, ${T0}, 'video', '{}', 'gone', '[{"rule":"everywhere","why":"gone"}]');
    INSERT INTO jobs (video_id, account_id, rule_id, user, state, reason, run_at, attempt, max_attempts, error, created_at, updated_at)
      VALUES (1, 2, 1, 'me', 'published', NULL, ${T0}, 1, 5, NULL, ${T0}, ${T0}),
        (2, 2, 1, 'me', 'waiting', 'backoff', ${T0}, 2, 5, '{"code":"E_PLATFORM_DOWN","class":"transient","message":"m","hint":"h"}', ${T0}, ${T0}),
        (3, 2, 1, 'me', 'unknown', NULL, ${T0}, 1, 5, '{"code":"E_UNKNOWN_OUTCOME","class":"unknown-outcome","message":"m","hint":"h"}', ${T0}, ${T0});
    INSERT INTO posts (job_id, remote_id, url, published_at, lag_ms, warnings)
      VALUES (1, 'abc', 'https://youtu.be/abc', ${T0 + 60_000}, 60000, '[]');
    INSERT INTO attempts (job_id, started_at, ended_at, outcome, error, exchange)
      VALUES (1, ${T0}, ${T0 + 1000}, 'published', NULL, NULL), (2, ${T0}, ${T0 + 1000}, 'backoff', NULL, NULL);
    INSERT INTO steps (job_id, name, seq, kind, state, result, sent, done_at)
      VALUES (1, 'publish', 1, 'commit', 'done', '"abc"', '[${T0}]', ${T0 + 1000}),
        (3, 'publish', 1, 'commit', 'intent', NULL, '[${T0}]', NULL);
    INSERT INTO spends (scope_key, bucket, at, amount, job_id) VALUES ('account:2', 'channel', ${T0}, 1, 1);
    INSERT INTO buckets (scope_key, bucket, own_max) VALUES ('account:2', 'channel', 4);
    INSERT INTO media (sha256, path, mime_type, origin, facts, last_used_at)
      VALUES ('aa', 'aa.mp4', 'video/mp4', 'folder', '{}', ${T0});`,
  2: `INSERT INTO breakers (account_id, failures, opened, open_until, updated_at) VALUES (2, 3, 1, ${T0 + 60_000}, ${T0});`,
  3: `INSERT INTO hosted (job_id, place, handle, created_at) VALUES (2, 'folder', 'sealed:x', ${T0});`,
};

/** A database as the schema of this number had it, with rows in it. */
export function databaseOf(number: number): Database.Database {
  const db = new Database(':memory:');
  for (const migration of migrations.slice(0, number)) {
    migrate(db, [migration]);
    const rows = samples[migration.number];
    if (rows !== undefined) db.exec(rows);
  }
  db.exec("UPDATE home SET initialised_at = '2026-11-22T12:00:00.000Z'");
  return db;
}

interface Entry {
  type: 'table' | 'index' | 'trigger';
  name: string;
  sql: string;
}

/** Everything in it as SQL that makes it again: tables, rows, then what would act on them. */
export function dumpOf(db: Database.Database): string {
  const entries = db
    .prepare<[], Entry>(
      "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .all();
  const made = (type: Entry['type']) =>
    entries.filter((one) => one.type === type).map(({ sql }) => `${sql};`);
  const tables = entries.filter(({ type }) => type === 'table').map(({ name }) => name);
  return [
    'PRAGMA foreign_keys = OFF;',
    'BEGIN;',
    `PRAGMA application_id = ${applicationId};`,
    `PRAGMA user_version = ${db.pragma('user_version', { simple: true })};`,
    ...made('table'),
    ...tables.flatMap((table) => rowsOf(db, table)),
    ...made('index'),
    ...made('trigger'),
    'COMMIT;',
    '',
  ].join('\n');
}

function rowsOf(db: Database.Database, table: string): string[] {
  const columns = (db.pragma(`table_xinfo(${table})`) as { name: string; hidden: number }[])
    .filter(({ hidden }) => hidden === 0)
    .map(({ name }) => name);
  const values = columns.map((name) => `quote("${name}")`).join(" || ', ' || ");
  return db
    .prepare<[], string>(`SELECT ${values} FROM "${table}" ORDER BY 1`)
    .pluck()
    .all()
    .map((row) => `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${row});`);
}
