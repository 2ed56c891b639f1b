import type { Migration } from '../schema.ts';

/** Upper bounds of the buckets, in seconds: SQLite's, see migration 4 there. Never changed. */
const runs = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
const lags = [10, 30, 60, 120, 300, 600, 1800, 3600, 14_400, 86_400, 604_800];
const waits = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 3600];

/** The bound of the bucket that a number of seconds falls into. */
function bucket(seconds: string, bounds: readonly number[]): string {
  const cases = bounds.map((bound) => `WHEN ${seconds} <= ${bound} THEN ${bound}`);
  return `CASE ${cases.join(' ')} ELSE 'Infinity'::float8 END`;
}

const attempt = '(greatest(0, new.ended_at - new.started_at) / 1000.0)';
const detected = '(greatest(0, new.published_at - videos.seen_at) / 1000.0)';
const source = '(new.lag_ms / 1000.0)';
const delay = '(greatest(0, new.published_at - coalesce(jobs.wanted_at, jobs.created_at)) / 1000.0)';
const wait = '(greatest(0, new.updated_at - old.run_at) / 1000.0)';

const posted = `
  FROM jobs JOIN accounts ON accounts.id = jobs.account_id JOIN videos ON videos.id = jobs.video_id
  LEFT JOIN media ON media.sha256 = videos.media_sha256 WHERE jobs.id = new.job_id`;
const tally = (metric: string, label: string, le: string, n: number, total: string, from: string) => `
  PERFORM count_up('${metric}', platform, ${label}, ${le}, ${n}, ${total}) ${from};`;
const ofJob = (metric: string, label: string, n: number, job: 'new' | 'old') =>
  tally(metric, label, '0', n, '0', `FROM accounts WHERE id = ${job}.account_id`);
const stateOf = (job: 'new' | 'old') => `${job}.state || ':' || coalesce(${job}.reason, '')`;

const trigger = (name: string, when: string, body: string) => `
CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}
  RETURN new;
END $$;
CREATE TRIGGER ${name} ${when} EXECUTE FUNCTION ${name}();`;

/**
 * What the metrics count, kept by triggers as SQLite does (migration 4 there). Each server process counts in rows of
 * its own, so that none waits for another's transaction: what is read is their sum.
 */
export const migration: Migration = {
  number: 3,
  sql: `
CREATE TABLE tally_parts (
  metric TEXT NOT NULL,
  platform TEXT NOT NULL,
  label TEXT NOT NULL,
  le double precision NOT NULL,
  part bigint NOT NULL,
  n bigint NOT NULL,
  total double precision NOT NULL,
  PRIMARY KEY (metric, platform, label, le, part)
) WITH (fillfactor = 50);
CREATE VIEW tallies AS
  SELECT metric, platform, label, le, sum(n)::bigint AS n, sum(total) AS total FROM tally_parts
  GROUP BY metric, platform, label, le;
CREATE VIEW job_counts AS
  SELECT split_part(label, ':', 1) COLLATE "C" AS state, split_part(label, ':', 2) COLLATE "C" AS reason,
    sum(n)::bigint AS jobs
  FROM tally_parts WHERE metric = 'jobs' GROUP BY 1, 2;

CREATE FUNCTION count_up(metric text, platform text, label text, le double precision, n bigint,
  total double precision) RETURNS void LANGUAGE sql AS $$
  INSERT INTO tally_parts AS parts VALUES (metric, platform, label, le, pg_backend_pid() % 64, n, total)
  ON CONFLICT ON CONSTRAINT tally_parts_pkey DO UPDATE SET n = parts.n + excluded.n,
    total = parts.total + excluded.total $$;

${trigger(
  'jobs_tallied',
  'AFTER INSERT ON jobs FOR EACH ROW',
  `${ofJob('jobs', stateOf('new'), 1, 'new')}${ofJob('created', "''", 1, 'new')}`,
)}
${trigger('jobs_wanted_first', 'BEFORE INSERT ON jobs FOR EACH ROW', 'new.wanted_at := coalesce(new.wanted_at, new.run_at);')}
${trigger(
  'jobs_retallied',
  `AFTER UPDATE ON jobs FOR EACH ROW
  WHEN (old.state IS DISTINCT FROM new.state OR old.reason IS DISTINCT FROM new.reason)`,
  `${ofJob('jobs', stateOf('old'), -1, 'old')}${ofJob('jobs', stateOf('new'), 1, 'new')}
  IF old.state <> new.state AND new.state IN ('published', 'unknown', 'dead', 'cancelled') THEN
    ${ofJob('ended', 'new.state', 1, 'new')}
  END IF;
  IF old.state = 'waiting' AND new.state = 'running' THEN
    ${tally('wait_seconds', "''", bucket(wait, waits), 1, wait, 'FROM accounts WHERE id = new.account_id')}
  END IF;`,
)}
${trigger(
  'jobs_wanted',
  `BEFORE UPDATE ON jobs FOR EACH ROW
  WHEN (new.state = 'waiting' AND (old.state <> new.state OR old.reason IS DISTINCT FROM new.reason)
    AND (new.reason IN ('window', 'delay') OR old.reason IN ('approval', 'paused')))`,
  'new.wanted_at := greatest(new.run_at, new.updated_at);',
)}
CREATE FUNCTION jobs_untallied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  ${ofJob('jobs', stateOf('old'), -1, 'old')}
  RETURN old;
END $$;
CREATE TRIGGER jobs_untallied AFTER DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_untallied();
${trigger(
  'attempts_tallied',
  'AFTER INSERT ON attempts FOR EACH ROW',
  `${tally(
    'attempt_seconds',
    'new.outcome',
    bucket(attempt, runs),
    1,
    attempt,
    'FROM jobs JOIN accounts ON accounts.id = jobs.account_id WHERE jobs.id = new.job_id',
  )}
  IF new.error::json ->> 'code' IS NOT NULL THEN ${tally(
    'failures',
    "new.error::json ->> 'code'",
    '0',
    1,
    '0',
    'FROM jobs JOIN accounts ON accounts.id = jobs.account_id WHERE jobs.id = new.job_id',
  )}
  END IF;`,
)}
${trigger(
  'posts_tallied',
  'AFTER INSERT ON posts FOR EACH ROW',
  `${tally('detection_seconds', "''", bucket(detected, lags), 1, detected, posted)}
  ${tally('source_seconds', "''", bucket(source, lags), 1, source, posted)}
  ${tally('delay_seconds', "''", bucket(delay, lags), 1, delay, posted)}
  ${tally('bytes', "''", '0', 1, "coalesce((media.facts::json ->> 'bytes')::float8, 0)", posted)}`,
)}
${trigger(
  'videos_tallied',
  'AFTER INSERT ON videos FOR EACH ROW',
  "PERFORM count_up('videos', kind, '', 0, 1, 0) FROM sources WHERE id = new.source_id;",
)}
${trigger(
  'polls_tallied',
  'AFTER UPDATE OF last_poll_at ON sources FOR EACH ROW',
  "PERFORM count_up('polls', new.kind, CASE WHEN new.failures = 0 THEN 'ok' ELSE 'failed' END, 0, 1, 0);",
)}

CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'the audit log is never changed, and nothing is removed from it';
END $$;
CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_kept();

-- What is kept in memory of these tables is read again once their number is another one.
CREATE TABLE stamps (
  name TEXT NOT NULL,
  part bigint NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (name, part)
) WITH (fillfactor = 50);
CREATE FUNCTION stamped() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO stamps VALUES (tg_table_name, pg_backend_pid() % 64, 1)
  ON CONFLICT ON CONSTRAINT stamps_pkey DO UPDATE SET n = stamps.n + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER accounts_stamped AFTER INSERT OR UPDATE OR DELETE ON accounts EXECUTE FUNCTION stamped();
CREATE TRIGGER rules_stamped AFTER INSERT OR UPDATE OR DELETE ON rules EXECUTE FUNCTION stamped();

-- The last transaction of each connection: whether a commit arrived whose answer was lost is asked here.
CREATE TABLE receipts (
  connection TEXT PRIMARY KEY,
  number bigint NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
`,
};
