PRAGMA foreign_keys = OFF;
BEGIN;
PRAGMA application_id = 1383101300;
PRAGMA user_version = 10;
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
CREATE TABLE alert_channels (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      settings TEXT NOT NULL,
      -- When its next digest is due (epoch ms); null where it wants none.
      digest_at INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    , weekly_at INTEGER) STRICT;
CREATE TABLE alert_deliveries (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      channel TEXT NOT NULL,
      kind TEXT NOT NULL,
      message_id TEXT NOT NULL,
      title TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'retried', 'failed')),
      error TEXT,
      at INTEGER NOT NULL,
      took_ms INTEGER NOT NULL
    ) STRICT;
CREATE TABLE alert_messages (
      id TEXT PRIMARY KEY,
      channel_id INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
      body TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'failed')),
      attempt INTEGER NOT NULL DEFAULT 0,
      due_at INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      ended_at INTEGER
    ) STRICT;
CREATE TABLE alert_notices (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      channel_id INTEGER NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
      problem_id INTEGER NOT NULL REFERENCES alert_problems (id) ON DELETE CASCADE,
      state TEXT NOT NULL CHECK (state IN ('open', 'still', 'resolved')),
      step TEXT NOT NULL,
      due_at INTEGER NOT NULL,
      -- The message that tells it; null until there is one.
      message_id TEXT,
      UNIQUE (channel_id, problem_id, state, step)
    ) STRICT;
CREATE TABLE alert_problems (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      key TEXT NOT NULL,
      problem TEXT NOT NULL,
      opened_at INTEGER NOT NULL,
      -- Since when it was not seen: what comes and goes is one problem.
      missing_since INTEGER,
      resolved_at INTEGER
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
CREATE TABLE audit (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      action TEXT NOT NULL CHECK (action IN ('published', 'approved', 'edited', 'retried', 'cancelled', 'resolved',
                                             'marked')),
      actor TEXT NOT NULL,
      job_id INTEGER NOT NULL,
      -- Whose word let it out, for posts; else null.
      word TEXT,
      -- Names as they were then: JSON.
      detail TEXT NOT NULL
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
CREATE TABLE credentials (
      id TEXT PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('token', 'code', 'session', 'link')),
      name TEXT NOT NULL,
      -- Null: not bound to one user.
      user TEXT,
      role TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
      -- SHA-256 of 32 random bytes; empty for links, which are signed.
      hash TEXT NOT NULL,
      job_id INTEGER REFERENCES jobs (id) ON DELETE CASCADE,
      created_at INTEGER NOT NULL,
      expires_at INTEGER,
      last_used_at INTEGER
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
CREATE TABLE hosts (
      name TEXT PRIMARY KEY,
      instance TEXT NOT NULL,
      version TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      seen_at INTEGER NOT NULL,
      draining INTEGER NOT NULL DEFAULT 0,
      -- How far its clock is ahead of the database's (ms).
      skew_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
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
  open_state TEXT AS (nullif(state, 'published')) VIRTUAL, wanted_at INTEGER, holder TEXT, instance TEXT, lease_until INTEGER, sender TEXT,
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
CREATE TABLE post_numbers (
      job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
      account_id INTEGER NOT NULL REFERENCES accounts (id),
      -- Null: its platform does not tell.
      views INTEGER,
      likes INTEGER,
      comments INTEGER,
      shares INTEGER,
      gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1)),
      -- Null until it was read once.
      read_at INTEGER,
      -- When to ask again (epoch ms); null: never.
      next_at INTEGER
    ) STRICT;
CREATE TABLE posts (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id),
  remote_id TEXT NOT NULL,
  url TEXT,
  published_at INTEGER NOT NULL,
  lag_ms INTEGER NOT NULL,
  warnings TEXT NOT NULL
) STRICT;
CREATE TABLE replies (
      key TEXT PRIMARY KEY,
      request TEXT NOT NULL,
      -- Null while the first request is under way.
      status INTEGER,
      body TEXT,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
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
, polled_by TEXT, poll_until INTEGER) STRICT;
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
CREATE TABLE tallies (
  metric TEXT NOT NULL,
  -- The destination's platform, or the kind of the source.
  platform TEXT NOT NULL,
  label TEXT NOT NULL,
  -- Upper bound of a histogram's bucket; 0 where it is no histogram.
  le REAL NOT NULL,
  n INTEGER NOT NULL,
  total REAL NOT NULL,
  PRIMARY KEY (metric, platform, label, le)
) STRICT, WITHOUT ROWID;
CREATE TABLE users (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
  limits TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE video_numbers (
      video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
      views INTEGER,
      likes INTEGER,
      comments INTEGER,
      shares INTEGER,
      read_at INTEGER NOT NULL
    ) STRICT;
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
INSERT INTO jobs (id, video_id, account_id, rule_id, user, state, reason, run_at, attempt, max_attempts, give_up_at, error, text, created_at, updated_at, wanted_at, holder, instance, lease_until, sender) VALUES (1, 1, 2, 1, 'me', 'published', NULL, 1764000000000, 1, 5, NULL, NULL, NULL, 1764000000000, 1764000000000, NULL, NULL, NULL, NULL, NULL);
INSERT INTO jobs (id, video_id, account_id, rule_id, user, state, reason, run_at, attempt, max_attempts, give_up_at, error, text, created_at, updated_at, wanted_at, holder, instance, lease_until, sender) VALUES (2, 2, 2, 1, 'me', 'waiting', 'backoff', 1764000000000, 2, 5, NULL, '{"code":"E_PLATFORM_DOWN","class":"transient","message":"m","hint":"h"}', NULL, 1764000000000, 1764000000000, NULL, NULL, NULL, NULL, NULL);
INSERT INTO jobs (id, video_id, account_id, rule_id, user, state, reason, run_at, attempt, max_attempts, give_up_at, error, text, created_at, updated_at, wanted_at, holder, instance, lease_until, sender) VALUES (3, 3, 2, 1, 'me', 'unknown', NULL, 1764000000000, 1, 5, NULL, '{"code":"E_UNKNOWN_OUTCOME","class":"unknown-outcome","message":"m","hint":"h"}', NULL, 1764000000000, 1764000000000, NULL, NULL, NULL, NULL, NULL);
INSERT INTO media (sha256, path, mime_type, origin, facts, last_used_at) VALUES ('aa', 'aa.mp4', 'video/mp4', 'folder', '{}', 1764000000000);
INSERT INTO meta (key, value) VALUES ('home.enteredAt', '1764000000000');
INSERT INTO meta (key, value) VALUES ('home.generation', '4');
INSERT INTO meta (key, value) VALUES ('home.id', 'a-home');
INSERT INTO meta (key, value) VALUES ('home.machine', 'm');
INSERT INTO meta (key, value) VALUES ('home.path', '/old/repost.db');
INSERT INTO meta (key, value) VALUES ('vault.kind', 'file');
INSERT INTO post_numbers (job_id, account_id, views, likes, comments, shares, gone, read_at, next_at) VALUES (1, 2, 100, 9, NULL, NULL, 0, 1764000090000, 1764000180000);
INSERT INTO posts (job_id, remote_id, url, published_at, lag_ms, warnings) VALUES (1, 'abc', 'https://youtu.be/abc', 1764000060000, 60000, '[]');
INSERT INTO rules (id, name, user, source_id, destinations, media, caption, title, delay_ms, approve, catch_up, paused, starts_at, spec, removed_at, created_at, updated_at) VALUES (1, 'everywhere', 'me', 1, '[{"accountId":2,"options":{}}]', '[{"kind":"folder","path":"/originals"}]', NULL, NULL, 0, 0, '{"kind":"all"}', 0, 1764000000000, '{}', NULL, 1764000000000, 1764000000000);
INSERT INTO sources (id, kind, account_id, locator, name, user, paused, baseline_at, last_poll_at, last_good_poll_at, failures, next_poll_at, error, removed, created_at, polled_by, poll_until) VALUES (1, 'tiktok', 1, NULL, 'tiktok:@creator', 'me', 0, 1764000000000, 1764000000000, 1764000000000, 0, 1764000120000, NULL, 0, 1764000000000, NULL, NULL);
INSERT INTO spends (id, scope_key, bucket, at, amount, job_id) VALUES (1, 'account:2', 'channel', 1764000000000, 1.0, 1);
INSERT INTO steps (job_id, name, seq, kind, state, result, sent, done_at) VALUES (1, 'publish', 1, 'commit', 'done', '"abc"', '[1764000000000]', 1764000001000);
INSERT INTO steps (job_id, name, seq, kind, state, result, sent, done_at) VALUES (3, 'publish', 1, 'commit', 'intent', NULL, '[1764000000000]', NULL);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('attempt_seconds', 'youtube', 'backoff', 1.0, 1, 1.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('attempt_seconds', 'youtube', 'published', 1.0, 1, 1.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('bytes', 'youtube', '', 0.0, 1, 0.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('created', 'youtube', '', 0.0, 3, 0.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('delay_seconds', 'youtube', '', 60.0, 1, 60.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('detection_seconds', 'youtube', '', 60.0, 1, 60.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('ended', 'youtube', 'published', 0.0, 1, 0.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('ended', 'youtube', 'unknown', 0.0, 1, 0.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('jobs', 'youtube', 'published:', 0.0, 1, 0.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('jobs', 'youtube', 'unknown:', 0.0, 1, 0.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('jobs', 'youtube', 'waiting:backoff', 0.0, 1, 0.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('source_seconds', 'youtube', '', 60.0, 1, 60.0);
INSERT INTO tallies (metric, platform, label, le, n, total) VALUES ('videos', 'tiktok', '', 0.0, 3, 0.0);
INSERT INTO users (name, role, limits, created_at) VALUES ('me', 'admin', '{}', 1764000000000);
INSERT INTO video_numbers (video_id, views, likes, comments, shares, read_at) VALUES (1, 1000, 90, 8, 7, 1764000090000);
INSERT INTO videos (id, source_id, remote_id, url, caption, published_at, seen_at, kind, duration_seconds, width, height, ai_generated, cover_url, facts, state, skipped, media_sha256) VALUES (1, 1, '7575000000000000123', 'https://www.tiktok.com/@creator/video/7575000000000000123', 'one 🎬', 1764000000000, 1764000000000, 'video', NULL, NULL, NULL, NULL, NULL, '{}', 'public', '[]', NULL);
INSERT INTO videos (id, source_id, remote_id, url, caption, published_at, seen_at, kind, duration_seconds, width, height, ai_generated, cover_url, facts, state, skipped, media_sha256) VALUES (2, 1, '9007199254740993', 'https://www.tiktok.com/@creator/video/9007199254740993', 'two', 1764000000000, 1764000000000, 'video', NULL, NULL, NULL, NULL, NULL, '{}', 'public', '[]', NULL);
INSERT INTO videos (id, source_id, remote_id, url, caption, published_at, seen_at, kind, duration_seconds, width, height, ai_generated, cover_url, facts, state, skipped, media_sha256) VALUES (3, 1, '3', 'https://www.tiktok.com/@creator/video/3', 'three', 1764000000000, 1764000000000, 'video', NULL, NULL, NULL, NULL, NULL, '{}', 'gone', '[{"rule":"everywhere","why":"gone"}]', NULL);
CREATE INDEX alert_deliveries_at ON alert_deliveries (at);
CREATE INDEX alert_messages_open ON alert_messages (channel_id, created_at)
      WHERE state IN ('waiting', 'sending');
CREATE INDEX alert_messages_over ON alert_messages (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX alert_notices_problem ON alert_notices (problem_id);
CREATE INDEX alert_notices_waiting ON alert_notices (channel_id) WHERE message_id IS NULL;
CREATE UNIQUE INDEX alert_problems_open ON alert_problems (key) WHERE resolved_at IS NULL;
CREATE INDEX alert_problems_over ON alert_problems (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX attempts_of_job ON attempts (job_id);
CREATE INDEX audit_job ON audit (job_id);
CREATE INDEX audit_newest ON audit (at);
CREATE INDEX credentials_job ON credentials (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX hosted_job ON hosted (job_id);
CREATE INDEX jobs_account ON jobs (account_id);
CREATE INDEX jobs_failed ON jobs (updated_at) WHERE state IN ('dead', 'unknown', 'cancelled');
CREATE INDEX jobs_lane ON jobs (account_id, due_at) WHERE state = 'waiting';
CREATE INDEX jobs_open ON jobs (open_state) WHERE open_state IS NOT NULL;
CREATE INDEX jobs_reason ON jobs (reason) WHERE state = 'waiting';
CREATE INDEX media_least_used ON media (last_used_at);
CREATE INDEX post_numbers_due ON post_numbers (account_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX posts_newest ON posts (published_at);
CREATE UNIQUE INDEX rules_name ON rules (name) WHERE removed_at IS NULL;
CREATE INDEX rules_source ON rules (source_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX sources_place ON sources (kind, coalesce(account_id, 0), coalesce(locator, ''));
CREATE INDEX spends_oldest ON spends (at);
CREATE INDEX spends_window ON spends (scope_key, bucket, at, amount);
CREATE INDEX videos_media ON videos (media_sha256) WHERE media_sha256 IS NOT NULL;
CREATE INDEX videos_newest ON videos (published_at);
CREATE INDEX videos_newest_of_source ON videos (source_id, published_at);
CREATE TRIGGER attempts_tallied AFTER INSERT ON attempts BEGIN 
  INSERT INTO tallies SELECT 'attempt_seconds', platform, outcome, CASE WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 0.5 THEN 0.5 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 1 THEN 1 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 2.5 THEN 2.5 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 5 THEN 5 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 10 THEN 10 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 30 THEN 30 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 60 THEN 60 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 120 THEN 120 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 300 THEN 300 WHEN max(0, attempts.ended_at - attempts.started_at) / 1000.0 <= 900 THEN 900 ELSE 9e999 END, 1, max(0, attempts.ended_at - attempts.started_at) / 1000.0
    FROM attempts JOIN jobs ON jobs.id = attempts.job_id JOIN accounts ON accounts.id = jobs.account_id WHERE attempts.id = new.id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
  INSERT INTO tallies SELECT 'failures', platform, attempts.error ->> '$.code', 0, 1, 0
    FROM attempts JOIN jobs ON jobs.id = attempts.job_id JOIN accounts ON accounts.id = jobs.account_id WHERE attempts.id = new.id AND attempts.error ->> '$.code' IS NOT NULL ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total; END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN
      SELECT RAISE(ABORT, 'nothing is removed from the audit log');
    END;
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
      SELECT RAISE(ABORT, 'the audit log is never changed');
    END;
CREATE TRIGGER jobs_counted AFTER INSERT ON jobs BEGIN
  INSERT INTO job_counts VALUES (new.state, coalesce(new.reason, ''), 1)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_end_tallied AFTER UPDATE OF state ON jobs
  WHEN old.state IS NOT new.state AND new.state IN ('published', 'unknown', 'dead', 'cancelled') BEGIN
  
  INSERT INTO tallies SELECT 'ended', platform, new.state, 0, 1, 0
    FROM accounts WHERE id = new.account_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
END;
CREATE TRIGGER jobs_recounted AFTER UPDATE OF state, reason ON jobs
  WHEN old.state IS NOT new.state OR old.reason IS NOT new.reason BEGIN
  UPDATE job_counts SET jobs = jobs - 1 WHERE state = old.state AND reason = coalesce(old.reason, '');
  INSERT INTO job_counts VALUES (new.state, coalesce(new.reason, ''), 1)
    ON CONFLICT DO UPDATE SET jobs = jobs + 1;
END;
CREATE TRIGGER jobs_retallied AFTER UPDATE OF state, reason ON jobs
  WHEN old.state IS NOT new.state OR old.reason IS NOT new.reason BEGIN
  
  INSERT INTO tallies SELECT 'jobs', platform, old.state || ':' || coalesce(old.reason, ''), 0, -1, 0
    FROM accounts WHERE id = old.account_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
  
  INSERT INTO tallies SELECT 'jobs', platform, new.state || ':' || coalesce(new.reason, ''), 0, 1, 0
    FROM accounts WHERE id = new.account_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
END;
CREATE TRIGGER jobs_start_tallied AFTER UPDATE OF state ON jobs
  WHEN old.state = 'waiting' AND new.state = 'running' BEGIN
  INSERT INTO tallies SELECT 'wait_seconds', platform, '', CASE WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 0.1 THEN 0.1 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 0.5 THEN 0.5 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 1 THEN 1 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 5 THEN 5 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 15 THEN 15 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 60 THEN 60 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 300 THEN 300 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 1800 THEN 1800 WHEN max(0, new.updated_at - old.run_at) / 1000.0 <= 3600 THEN 3600 ELSE 9e999 END, 1, max(0, new.updated_at - old.run_at) / 1000.0
    FROM accounts WHERE id = new.account_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
END;
CREATE TRIGGER jobs_tallied AFTER INSERT ON jobs BEGIN
  
  INSERT INTO tallies SELECT 'jobs', platform, new.state || ':' || coalesce(new.reason, ''), 0, 1, 0
    FROM accounts WHERE id = new.account_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
  
  INSERT INTO tallies SELECT 'created', platform, '', 0, 1, 0
    FROM accounts WHERE id = new.account_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
  UPDATE jobs SET wanted_at = new.run_at WHERE id = new.id;
END;
CREATE TRIGGER jobs_uncounted AFTER DELETE ON jobs BEGIN
  UPDATE job_counts SET jobs = jobs - 1 WHERE state = old.state AND reason = coalesce(old.reason, '');
END;
CREATE TRIGGER jobs_untallied AFTER DELETE ON jobs BEGIN
  
  INSERT INTO tallies SELECT 'jobs', platform, old.state || ':' || coalesce(old.reason, ''), 0, -1, 0
    FROM accounts WHERE id = old.account_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
END;
CREATE TRIGGER jobs_wanted AFTER UPDATE OF state, reason ON jobs
  WHEN new.state = 'waiting' AND (new.reason IN ('window', 'delay') OR old.reason IN ('approval', 'paused')) BEGIN
  UPDATE jobs SET wanted_at = max(new.run_at, new.updated_at) WHERE id = new.id;
END;
CREATE TRIGGER polls_tallied AFTER UPDATE OF last_poll_at ON sources BEGIN
  INSERT INTO tallies VALUES ('polls', new.kind, iif(new.failures = 0, 'ok', 'failed'), 0, 1, 0) ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
END;
CREATE TRIGGER posts_tallied AFTER INSERT ON posts BEGIN 
  INSERT INTO tallies SELECT 'detection_seconds', platform, '', CASE WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 10 THEN 10 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 30 THEN 30 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 60 THEN 60 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 120 THEN 120 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 300 THEN 300 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 600 THEN 600 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 1800 THEN 1800 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 3600 THEN 3600 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 14400 THEN 14400 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 86400 THEN 86400 WHEN max(0, posts.published_at - videos.seen_at) / 1000.0 <= 604800 THEN 604800 ELSE 9e999 END, 1, max(0, posts.published_at - videos.seen_at) / 1000.0
    
  FROM posts JOIN jobs ON jobs.id = posts.job_id JOIN accounts ON accounts.id = jobs.account_id
  JOIN videos ON videos.id = jobs.video_id LEFT JOIN media ON media.sha256 = videos.media_sha256 WHERE posts.job_id = new.job_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
  INSERT INTO tallies SELECT 'source_seconds', platform, '', CASE WHEN posts.lag_ms / 1000.0 <= 10 THEN 10 WHEN posts.lag_ms / 1000.0 <= 30 THEN 30 WHEN posts.lag_ms / 1000.0 <= 60 THEN 60 WHEN posts.lag_ms / 1000.0 <= 120 THEN 120 WHEN posts.lag_ms / 1000.0 <= 300 THEN 300 WHEN posts.lag_ms / 1000.0 <= 600 THEN 600 WHEN posts.lag_ms / 1000.0 <= 1800 THEN 1800 WHEN posts.lag_ms / 1000.0 <= 3600 THEN 3600 WHEN posts.lag_ms / 1000.0 <= 14400 THEN 14400 WHEN posts.lag_ms / 1000.0 <= 86400 THEN 86400 WHEN posts.lag_ms / 1000.0 <= 604800 THEN 604800 ELSE 9e999 END, 1, posts.lag_ms / 1000.0
    
  FROM posts JOIN jobs ON jobs.id = posts.job_id JOIN accounts ON accounts.id = jobs.account_id
  JOIN videos ON videos.id = jobs.video_id LEFT JOIN media ON media.sha256 = videos.media_sha256 WHERE posts.job_id = new.job_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
  INSERT INTO tallies SELECT 'delay_seconds', platform, '', CASE WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 10 THEN 10 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 30 THEN 30 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 60 THEN 60 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 120 THEN 120 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 300 THEN 300 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 600 THEN 600 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 1800 THEN 1800 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 3600 THEN 3600 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 14400 THEN 14400 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 86400 THEN 86400 WHEN max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0 <= 604800 THEN 604800 ELSE 9e999 END, 1, max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0
    
  FROM posts JOIN jobs ON jobs.id = posts.job_id JOIN accounts ON accounts.id = jobs.account_id
  JOIN videos ON videos.id = jobs.video_id LEFT JOIN media ON media.sha256 = videos.media_sha256 WHERE posts.job_id = new.job_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
  INSERT INTO tallies SELECT 'bytes', platform, '', 0, 1, coalesce(media.facts ->> '$.bytes', 0)
    
  FROM posts JOIN jobs ON jobs.id = posts.job_id JOIN accounts ON accounts.id = jobs.account_id
  JOIN videos ON videos.id = jobs.video_id LEFT JOIN media ON media.sha256 = videos.media_sha256 WHERE posts.job_id = new.job_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total; END;
CREATE TRIGGER videos_tallied AFTER INSERT ON videos BEGIN
  INSERT INTO tallies SELECT 'videos', kind, '', 0, 1, 0 FROM sources WHERE id = new.source_id ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total;
END;
COMMIT;
