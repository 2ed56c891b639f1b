import type { Migration } from '../schema.ts';

/**
 * The first schema. Ids are never used twice (AUTOINCREMENT), remote ids are text, instants are epoch ms.
 * Accounts, sources and rules that are removed keep their row: history points at them, and coming back they
 * must find their videos and jobs again, or everything would be posted a second time.
 */
export const migration: Migration = {
  number: 1,
  sql: `
CREATE TABLE home (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  initialised_at TEXT NOT NULL
) STRICT;
INSERT INTO home (id, initialised_at) VALUES (1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE users (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
  limits TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE apps (
  platform TEXT NOT NULL,
  host TEXT NOT NULL,
  client_id TEXT NOT NULL,
  redirect_uri TEXT,
  settings TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (platform, host)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  platform TEXT NOT NULL,
  remote_id TEXT NOT NULL,
  handle TEXT NOT NULL,
  name TEXT NOT NULL,
  user TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ok', 'expiring', 'login-needed')),
  scopes TEXT NOT NULL,
  expires_at INTEGER,
  breaks_at INTEGER,
  paused INTEGER NOT NULL DEFAULT 0,
  settings TEXT NOT NULL,
  removed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (platform, remote_id)
) STRICT;

CREATE TABLE sources (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  account_id INTEGER REFERENCES accounts (id),
  locator TEXT,
  name TEXT NOT NULL,
  user TEXT NOT NULL,
  paused INTEGER NOT NULL DEFAULT 0,
  baseline_at INTEGER,
  last_poll_at INTEGER,
  last_good_poll_at INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  next_poll_at INTEGER NOT NULL,
  error TEXT,
  removed INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sources_place ON sources (kind, coalesce(account_id, 0), coalesce(locator, ''));

CREATE TABLE rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  user TEXT NOT NULL,
  source_id INTEGER NOT NULL REFERENCES sources (id),
  destinations TEXT NOT NULL,
  media TEXT NOT NULL,
  caption TEXT,
  title TEXT,
  delay_ms INTEGER NOT NULL,
  approve INTEGER NOT NULL,
  catch_up TEXT NOT NULL,
  paused INTEGER NOT NULL,
  starts_at INTEGER NOT NULL,
  spec TEXT NOT NULL,
  removed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX rules_name ON rules (name) WHERE removed_at IS NULL;

CREATE TABLE videos (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source_id INTEGER NOT NULL REFERENCES sources (id),
  remote_id TEXT NOT NULL,
  url TEXT NOT NULL,
  caption TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('video', 'photo')),
  duration_seconds REAL,
  width INTEGER,
  height INTEGER,
  ai_generated INTEGER,
  cover_url TEXT,
  facts TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('public', 'gone')),
  skipped TEXT NOT NULL,
  media_sha256 TEXT,
  UNIQUE (source_id, remote_id)
) STRICT;
CREATE INDEX videos_newest ON videos (published_at);
CREATE INDEX videos_newest_of_source ON videos (source_id, published_at);
CREATE INDEX videos_media ON videos (media_sha256) WHERE media_sha256 IS NOT NULL;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  video_id INTEGER NOT NULL REFERENCES videos (id),
  account_id INTEGER NOT NULL REFERENCES accounts (id),
  rule_id INTEGER REFERENCES rules (id),
  user TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'published', 'unknown', 'dead', 'cancelled')),
  reason TEXT CHECK (reason IN ('ready', 'delay', 'window', 'quota', 'backoff', 'processing', 'approval',
                                'login', 'media', 'paused', 'breaker')),
  run_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  max_attempts INTEGER NOT NULL,
  give_up_at INTEGER,
  error TEXT,
  text TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- What waits for a person never comes due.
  due_at INTEGER AS (CASE WHEN reason NOT IN ('approval', 'login', 'paused') THEN run_at END) VIRTUAL,
  -- All states but the one in which nearly every job ends: what lists by state look through stays small.
  open_state TEXT AS (nullif(state, 'published')) VIRTUAL,
  CHECK ((state = 'waiting') = (reason IS NOT NULL)),
  UNIQUE (video_id, account_id)
) STRICT;
CREATE INDEX jobs_lane ON jobs (account_id, due_at) WHERE state = 'waiting';
CREATE INDEX jobs_open ON jobs (open_state) WHERE open_state IS NOT NULL;
CREATE INDEX jobs_account ON jobs (account_id);

-- Kept by triggers, so that status never counts a million rows.
CREATE TABLE job_counts (
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  jobs INTEGER NOT NULL,
  PRIMARY KEY (state, reason)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER jobs_counted AFTER INSERT ON jobs BEGIN
  INSERT INTO job_counts VALUES (new.state, coalesce(new.reason, ''), 1)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_recounted AFTER UPDATE OF state, reason ON jobs
  WHEN old.state IS NOT new.state OR old.reason IS NOT new.reason BEGIN
  UPDATE job_counts SET jobs = jobs - 1 WHERE state = old.state AND reason = coalesce(old.reason, '');
  INSERT INTO job_counts VALUES (new.state, coalesce(new.reason, ''), 1)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_uncounted AFTER DELETE ON jobs BEGIN
  UPDATE job_counts SET jobs = jobs - 1 WHERE state = old.state AND reason = coalesce(old.reason, '');
END;

CREATE TABLE posts (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
  remote_id TEXT NOT NULL,
  url TEXT,
  published_at INTEGER NOT NULL,
  lag_ms INTEGER NOT NULL,
  warnings TEXT NOT NULL
) STRICT;
CREATE INDEX posts_newest ON posts (published_at);

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES jobs (id),
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  error TEXT,
  exchange TEXT
) STRICT;
CREATE INDEX attempts_of_job ON attempts (job_id);

CREATE TABLE steps (
  job_id INTEGER NOT NULL REFERENCES jobs (id),
  name TEXT NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('step', 'commit')),
  state TEXT NOT NULL CHECK (state IN ('intent', 'done')),
  result TEXT,
  -- When each sending left of which nobody knows for certain that it did nothing: a JSON array, oldest first.
  sent TEXT NOT NULL DEFAULT '[]',
  done_at INTEGER,
  PRIMARY KEY (job_id, name),
  CHECK ((state = 'done') = (done_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE spends (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope_key TEXT NOT NULL,
  bucket TEXT NOT NULL,
  at INTEGER NOT NULL,
  amount REAL NOT NULL,
  job_id INTEGER
) STRICT;
CREATE INDEX spends_window ON spends (scope_key, bucket, at, amount);
CREATE INDEX spends_oldest ON spends (at);

CREATE TABLE buckets (
  scope_key TEXT NOT NULL,
  bucket TEXT NOT NULL,
  own_max REAL,
  learned_max REAL,
  used REAL,
  remaining REAL,
  read_at INTEGER,
  -- The last spend that the reading knew of.
  read_spend_id INTEGER,
  resets_at INTEGER,
  blocked_until INTEGER,
  PRIMARY KEY (scope_key, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
  sha256 TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  origin TEXT NOT NULL,
  facts TEXT NOT NULL,
  last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX media_least_used ON media (last_used_at);
`,
};
