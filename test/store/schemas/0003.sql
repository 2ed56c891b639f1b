PRAGMA foreign_keys = OFF;
BEGIN;
PRAGMA application_id = 1383101300;
PRAGMA user_version = 3;
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
CREATE TABLE apps (
  platform TEXT NOT NULL,
  host TEXT NOT NULL,
  client_id TEXT NOT NULL,
  redirect_uri TEXT,
  settings TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (platform, host)
) STRICT, WITHOUT ROWID;
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES jobs (id),
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  error TEXT,
  exchange TEXT
) STRICT;
CREATE TABLE breakers (
      account_id INTEGER PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
      -- Failed runs since the last good one.
      failures INTEGER NOT NULL,
      -- Times it opened since it was last closed: the pause doubles with each.
      opened INTEGER NOT NULL,
      -- Nothing runs before this (epoch ms); null where it is closed.
      open_until INTEGER,
      updated_at INTEGER NOT NULL
    ) STRICT;
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
CREATE TABLE home (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  initialised_at TEXT NOT NULL
) STRICT;
CREATE TABLE hosted (
      id INTEGER PRIMARY KEY,
      job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      -- Which host holds it, as it calls itself: only that one can take it away.
      place TEXT NOT NULL,
      -- Its name there, sealed: whoever knows it can read the file.
      handle TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT;
CREATE TABLE job_counts (
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  jobs INTEGER NOT NULL,
  PRIMARY KEY (state, reason)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE media (
  sha256 TEXT PRIMARY KEY,
  path TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  origin TEXT NOT NULL,
  facts TEXT NOT NULL,
  last_used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE posts (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
  remote_id TEXT NOT NULL,
  url TEXT,
  published_at INTEGER NOT NULL,
  lag_ms INTEGER NOT NULL,
  warnings TEXT NOT NULL
) STRICT;
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
CREATE TABLE spends (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope_key TEXT NOT NULL,
  bucket TEXT NOT NULL,
  at INTEGER NOT NULL,
  amount REAL NOT NULL,
  job_id INTEGER
) STRICT;
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
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
  limits TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO accounts (id, platform, remote_id, handle, name, user, status, scopes, expires_at, breaks_at, paused, settings, removed_at, created_at, updated_at) VALUES (1, 'tiktok', 'tt-1', '@creator', 'Creator', 'me', 'ok', '[]', NULL, NULL, 0, '{}', NULL, 1764000000000, 1764000000000);
INSERT INTO accounts (id, platform, remote_id, handle, name, user, status, scopes, expires_at, breaks_at, paused, settings, removed_at, created_at, updated_at) VALUES (2, 'youtube', 'UC1', '@creator', 'Creator', 'me', 'ok', '["upload"]', NULL, NULL, 0, '{}', NULL, 1764000000000, 1764000000000);
INSERT INTO apps (platform, host, client_id, redirect_uri, settings, updated_at) VALUES ('youtube', '', 'a-client', NULL, '{}', 1764000000000);
INSERT INTO attempts (id, job_id, started_at, ended_at, outcome, error, exchange) VALUES (1, 1, 1764000000000, 1764000001000, 'published', NULL, NULL);
INSERT INTO attempts (id, job_id, started_at, ended_at, outcome, error, exchange) VALUES (2, 2, 1764000000000, 1764000001000, 'backoff', NULL, NULL);
INSERT INTO breakers (account_id, failures, opened, open_until, updated_at) VALUES (2, 3, 1, 1764000060000, 1764000000000);
INSERT INTO buckets (scope_key, bucket, own_max, learned_max, used, remaining, read_at, read_spend_id, resets_at, blocked_until) VALUES ('account:2', 'channel', 4.0, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO home (id, initialised_at) VALUES (1, '2026-11-22T12:00:00.000Z');
INSERT INTO hosted (id, job_id, place, handle, created_at) VALUES (1, 2, 'folder', 'sealed:x', 1764000000000);
INSERT INTO job_counts (state, reason, jobs) VALUES ('published', '', 1);
INSERT INTO job_counts (state, reason, jobs) VALUES ('unknown', '', 1);
INSERT INTO job_counts (state, reason, jobs) VALUES ('waiting', 'backoff', 1);
INSERT INTO jobs (id, video_id, account_id, rule_id, user, state, reason, run_at, attempt, max_attempts, give_up_at, error, text, created_at, updated_at) VALUES (1, 1, 2, 1, 'me', 'published', NULL, 1764000000000, 1, 5, NULL, NULL, NULL, 1764000000000, 1764000000000);
INSERT INTO jobs (id, video_id, account_id, rule_id, user, state, reason, run_at, attempt, max_attempts, give_up_at, error, text, created_at, updated_at) VALUES (2, 2, 2, 1, 'me', 'waiting', 'backoff', 1764000000000, 2, 5, NULL, '{"code":"E_PLATFORM_DOWN","class":"transient","message":"m","hint":"h"}', NULL, 1764000000000, 1764000000000);
INSERT INTO jobs (id, video_id, account_id, rule_id, user, state, reason, run_at, attempt, max_attempts, give_up_at, error, text, created_at, updated_at) VALUES (3, 3, 2, 1, 'me', 'unknown', NULL, 1764000000000, 1, 5, NULL, '{"code":"E_UNKNOWN_OUTCOME","class":"unknown-outcome","message":"m","hint":"h"}', NULL, 1764000000000, 1764000000000);
INSERT INTO media (sha256, path, mime_type, origin, facts, last_used_at) VALUES ('aa', 'aa.mp4', 'video/mp4', 'folder', '{}', 1764000000000);
INSERT INTO meta (key, value) VALUES ('home.enteredAt', '1764000000000');
INSERT INTO meta (key, value) VALUES ('home.generation', '4');
INSERT INTO meta (key, value) VALUES ('home.id', 'a-home');
INSERT INTO meta (key, value) VALUES ('home.machine', 'm');
INSERT INTO meta (key, value) VALUES ('home.path', '/old/repost.db');
INSERT INTO meta (key, value) VALUES ('vault.kind', 'file');
INSERT INTO posts (job_id, remote_id, url, published_at, lag_ms, warnings) VALUES (1, 'abc', 'https://youtu.be/abc', 1764000060000, 60000, '[]');
INSERT INTO rules (id, name, user, source_id, destinations, media, caption, title, delay_ms, approve, catch_up, paused, starts_at, spec, removed_at, created_at, updated_at) VALUES (1, 'everywhere', 'me', 1, '[{"accountId":2,"options":{}}]', '[{"kind":"folder","path":"/originals"}]', NULL, NULL, 0, 0, '{"kind":"all"}', 0, 1764000000000, '{}', NULL, 1764000000000, 1764000000000);
INSERT INTO sources (id, kind, account_id, locator, name, user, paused, baseline_at, last_poll_at, last_good_poll_at, failures, next_poll_at, error, removed, created_at) VALUES (1, 'tiktok', 1, NULL, 'tiktok:@creator', 'me', 0, 1764000000000, 1764000000000, 1764000000000, 0, 1764000120000, NULL, 0, 1764000000000);
INSERT INTO spends (id, scope_key, bucket, at, amount, job_id) VALUES (1, 'account:2', 'channel', 1764000000000, 1.0, 1);
INSERT INTO steps (job_id, name, seq, kind, state, result, sent, done_at) VALUES (1, 'publish', 1, 'commit', 'done', '"abc"', '[1764000000000]', 1764000001000);
INSERT INTO steps (job_id, name, seq, kind, state, result, sent, done_at) VALUES (3, 'publish', 1, 'commit', 'intent', NULL, '[1764000000000]', NULL);
INSERT INTO users (name, role, limits, created_at) VALUES ('me', 'admin', '{}', 1764000000000);
INSERT INTO videos (id, source_id, remote_id, url, caption, published_at, seen_at, kind, duration_seconds, width, height, ai_generated, cover_url, facts, state, skipped, media_sha256) VALUES (1, 1, '7575000000000000123', 'https://www.tiktok.com/@creator/video/7575000000000000123', 'one 🎬', 1764000000000, 1764000000000, 'video', NULL, NULL, NULL, NULL, NULL, '{}', 'public', '[]', NULL);
INSERT INTO videos (id, source_id, remote_id, url, caption, published_at, seen_at, kind, duration_seconds, width, height, ai_generated, cover_url, facts, state, skipped, media_sha256) VALUES (2, 1, '9007199254740993', 'https://www.tiktok.com/@creator/video/9007199254740993', 'two', 1764000000000, 1764000000000, 'video', NULL, NULL, NULL, NULL, NULL, '{}', 'public', '[]', NULL);
INSERT INTO videos (id, source_id, remote_id, url, caption, published_at, seen_at, kind, duration_seconds, width, height, ai_generated, cover_url, facts, state, skipped, media_sha256) VALUES (3, 1, '3', 'https://www.tiktok.com/@creator/video/3', 'three', 1764000000000, 1764000000000, 'video', NULL, NULL, NULL, NULL, NULL, '{}', 'gone', '[{"rule":"everywhere","why":"gone"}]', NULL);
CREATE INDEX attempts_of_job ON attempts (job_id);
CREATE INDEX hosted_job ON hosted (job_id);
CREATE INDEX jobs_account ON jobs (account_id);
CREATE INDEX jobs_lane ON jobs (account_id, due_at) WHERE state = 'waiting';
CREATE INDEX jobs_open ON jobs (open_state) WHERE open_state IS NOT NULL;
CREATE INDEX media_least_used ON media (last_used_at);
CREATE INDEX posts_newest ON posts (published_at);
CREATE UNIQUE INDEX rules_name ON rules (name) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX sources_place ON sources (kind, coalesce(account_id, 0), coalesce(locator, ''));
CREATE INDEX spends_oldest ON spends (at);
CREATE INDEX spends_window ON spends (scope_key, bucket, at, amount);
CREATE INDEX videos_media ON videos (media_sha256) WHERE media_sha256 IS NOT NULL;
CREATE INDEX videos_newest ON videos (published_at);
CREATE INDEX videos_newest_of_source ON videos (source_id, published_at);
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
COMMIT;
