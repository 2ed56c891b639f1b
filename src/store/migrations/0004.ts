import type { Migration } from '../schema.ts';

/** Upper bounds of the buckets, in seconds. Never changed: what was counted lies in them. */
const runs = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
const lags = [10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400, 604_800];
const waits = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600];

/** The bound of the bucket that a number of seconds falls into; 9e999 is SQLite's way to write infinity. */
function bucket(seconds: string, bounds: readonly number[]): string {
  const cases = bounds.map((bound) => `WHEN ${seconds} <= ${bound} THEN ${bound}`);
  return `CASE ${cases.join(' ')} ELSE 9e999 END`;
}

const again = 'ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total';
const attempt = 'max(0, attempts.ended_at - attempts.started_at) / 1000.0';
const detected = 'max(0, posts.published_at - videos.seen_at) / 1000.0';
const source = 'posts.lag_ms / 1000.0';
const delay = 'max(0, posts.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0';
const wait = 'max(0, new.updated_at - old.run_at) / 1000.0';

const attempts = `FROM attempts JOIN jobs ON jobs.id = attempts.job_id JOIN accounts ON accounts.id = jobs.account_id`;
const posts = `
  FROM posts JOIN jobs ON jobs.id = posts.job_id JOIN accounts ON accounts.id = jobs.account_id
  JOIN videos ON videos.id = jobs.video_id LEFT JOIN media ON media.sha256 = videos.media_sha256`;

/** What every attempt and every post adds; `where` says which of them. */
const ofAttempts = (where: string) => `
  INSERT INTO tallies SELECT 'attempt_seconds', platform, outcome, ${bucket(attempt, runs)}, 1, ${attempt}
    ${attempts} WHERE ${where} ${again};
  INSERT INTO tallies SELECT 'failures', platform, attempts.error ->> '$.code', 0, 1, 0
    ${attempts} WHERE ${where} AND attempts.error ->> '$.code' IS NOT NULL ${again};`;
const ofPosts = (where: string) => `
  INSERT INTO tallies SELECT 'detection_seconds', platform, '', ${bucket(detected, lags)}, 1, ${detected}
    ${posts} WHERE ${where} ${again};
  INSERT INTO tallies SELECT 'source_seconds', platform, '', ${bucket(source, lags)}, 1, ${source}
    ${posts} WHERE ${where} ${again};
  INSERT INTO tallies SELECT 'delay_seconds', platform, '', ${bucket(delay, lags)}, 1, ${delay}
    ${posts} WHERE ${where} ${again};
  INSERT INTO tallies SELECT 'bytes', platform, '', 0, 1, coalesce(media.facts ->> '$.bytes', 0)
    ${posts} WHERE ${where} ${again};`;
const ofJob = (name: string, label: string, n: number, job: 'new' | 'old') => `
  INSERT INTO tallies SELECT '${name}', platform, ${label}, 0, ${n}, 0
    FROM accounts WHERE id = ${job}.account_id ${again};`;

/**
 * What the metrics count, kept by triggers in the very transaction that changes it: totals survive a restart,
 * whoever asks gets the same ones, and asking never counts a million rows.
 */
export const migration: Migration = {
  number: 4,
  sql: `
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

-- When the rules and their person wanted the job to go out: what comes after that is delay.
ALTER TABLE jobs ADD COLUMN wanted_at INTEGER;
CREATE INDEX jobs_reason ON jobs (reason) WHERE state = 'waiting';

INSERT INTO tallies SELECT 'jobs', platform, state || ':' || coalesce(reason, ''), 0, count(*), 0
  FROM jobs JOIN accounts ON accounts.id = account_id WHERE true GROUP BY 2, 3;
INSERT INTO tallies SELECT 'created', platform, '', 0, count(*), 0
  FROM jobs JOIN accounts ON accounts.id = account_id WHERE true GROUP BY 2;
INSERT INTO tallies SELECT 'ended', platform, state, 0, count(*), 0
  FROM jobs JOIN accounts ON accounts.id = account_id
  WHERE state IN ('published', 'unknown', 'dead', 'cancelled') GROUP BY 2, 3;
INSERT INTO tallies SELECT 'videos', sources.kind, '', 0, count(*), 0
  FROM videos JOIN sources ON sources.id = source_id WHERE true GROUP BY 2;
${ofAttempts('true')}
${ofPosts('true')}

CREATE TRIGGER attempts_tallied AFTER INSERT ON attempts BEGIN ${ofAttempts('attempts.id = new.id')} END;
CREATE TRIGGER posts_tallied AFTER INSERT ON posts BEGIN ${ofPosts('posts.job_id = new.job_id')} END;
CREATE TRIGGER videos_tallied AFTER INSERT ON videos BEGIN
  INSERT INTO tallies SELECT 'videos', kind, '', 0, 1, 0 FROM sources WHERE id = new.source_id ${again};
END;
CREATE TRIGGER polls_tallied AFTER UPDATE OF last_poll_at ON sources BEGIN
  INSERT INTO tallies VALUES ('polls', new.kind, iif(new.failures = 0, 'ok', 'failed'), 0, 1, 0) ${again};
END;
CREATE TRIGGER jobs_tallied AFTER INSERT ON jobs BEGIN
  ${ofJob('jobs', "new.state || ':' || coalesce(new.reason, '')", 1, 'new')}
  ${ofJob('created', "''", 1, 'new')}
  UPDATE jobs SET wanted_at = new.run_at WHERE id = new.id;
END;
CREATE TRIGGER jobs_retallied AFTER UPDATE OF state, reason ON jobs
  WHEN old.state IS NOT new.state OR old.reason IS NOT new.reason BEGIN
  ${ofJob('jobs', "old.state || ':' || coalesce(old.reason, '')", -1, 'old')}
  ${ofJob('jobs', "new.state || ':' || coalesce(new.reason, '')", 1, 'new')}
END;
CREATE TRIGGER jobs_untallied AFTER DELETE ON jobs BEGIN
  ${ofJob('jobs', "old.state || ':' || coalesce(old.reason, '')", -1, 'old')}
END;
CREATE TRIGGER jobs_end_tallied AFTER UPDATE OF state ON jobs
  WHEN old.state IS NOT new.state AND new.state IN ('published', 'unknown', 'dead', 'cancelled') BEGIN
  ${ofJob('ended', 'new.state', 1, 'new')}
END;
CREATE TRIGGER jobs_start_tallied AFTER UPDATE OF state ON jobs
  WHEN old.state = 'waiting' AND new.state = 'running' BEGIN
  INSERT INTO tallies SELECT 'wait_seconds', platform, '', ${bucket(wait, waits)}, 1, ${wait}
    FROM accounts WHERE id = new.account_id ${again};
END;
CREATE TRIGGER jobs_wanted AFTER UPDATE OF state, reason ON jobs
  WHEN new.state = 'waiting' AND (new.reason IN ('window', 'delay') OR old.reason IN ('approval', 'paused')) BEGIN
  UPDATE jobs SET wanted_at = max(new.run_at, new.updated_at) WHERE id = new.id;
END;
`,
};
