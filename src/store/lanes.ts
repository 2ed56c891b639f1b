import { MINUTE } from '../core/clock.ts';
import type { Connection } from './connection.ts';
import { type JobColumns, jobOf } from './job-rows.ts';
import { stretcher } from './journal.ts';
import type { JobStore } from './types.ts';

/**
 * Lanes that have a waiting job, found by skipping from account to account on the index: the cost is one
 * look for each such lane, however long its backlog (https://www.sqlite.org/lang_with.html).
 */
const LANES = `
  WITH RECURSIVE lane (id) AS (
    SELECT min(account_id) FROM jobs INDEXED BY jobs_lane WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(account_id) FROM jobs INDEXED BY jobs_lane
            WHERE state = 'waiting' AND account_id > lane.id)
    FROM lane WHERE lane.id IS NOT NULL
  ),
  head (id, due_at) AS (
    SELECT lane.id, (SELECT due_at FROM jobs INDEXED BY jobs_lane
                     WHERE state = 'waiting' AND account_id = lane.id AND due_at IS NOT NULL
                     ORDER BY due_at LIMIT 1)
    FROM lane JOIN accounts ON accounts.id = lane.id
    WHERE accounts.paused = 0 AND accounts.removed_at IS NULL
      AND lane.id NOT IN (SELECT value FROM json_each(:except))
  )`;

const CLAIM = `
  UPDATE jobs SET state = 'running', reason = NULL, updated_at = :now
  WHERE id = (SELECT id FROM jobs INDEXED BY jobs_lane
              WHERE state = 'waiting' AND account_id = :accountId AND due_at <= :now
              ORDER BY due_at, id LIMIT 1)
    AND (SELECT paused = 0 AND removed_at IS NULL FROM accounts WHERE id = :accountId)
  RETURNING *`;

/** The statements whose plans a test looks at: none may walk a backlog. */
export const laneQueries = {
  due: `${LANES} SELECT id FROM head WHERE due_at <= :now ORDER BY due_at, id`,
  next: `${LANES} SELECT min(due_at) AS at FROM head`,
  claim: CLAIM,
};

type LaneStore = Pick<
  JobStore,
  'dueLanes' | 'claim' | 'nextRunAt' | 'taken' | 'videosOf' | 'recover' | 'release' | 'hold' | 'holdRule'
>;

/** Which jobs come next. */
/** A request that was under way outlives its process: it may be as late as one that is given up (`http.timeout`). */
const UNDER_WAY_MS = MINUTE;

export function laneStore(connection: Connection): LaneStore {
  const { query, read, write, writeLazily } = connection;
  const due = query<{ id: number }>(laneQueries.due);
  const next = query<{ at: number | null }>(laneQueries.next);
  const claim = query<JobColumns>(laneQueries.claim);
  const taken = query<{ at: number }>(`
    SELECT run_at AS at FROM jobs INDEXED BY jobs_lane WHERE state = 'waiting' AND account_id = :accountId
    UNION ALL
    SELECT updated_at FROM jobs INDEXED BY jobs_open WHERE open_state = 'running' AND account_id = :accountId
    UNION ALL
    SELECT posts.published_at FROM posts CROSS JOIN jobs ON jobs.id = posts.job_id
    WHERE posts.published_at >= :since AND jobs.account_id = :accountId`);
  const videosOf = query<{ id: number }>('SELECT video_id AS id FROM jobs WHERE account_id = :accountId');
  const recover = query<{ id: number }>(`
    UPDATE jobs INDEXED BY jobs_open SET state = 'waiting', reason = 'ready', run_at = :now, updated_at = :now
    WHERE open_state = 'running' RETURNING id`);
  const mayArrive = stretcher(connection);
  const postpone = query(`
    WITH last (job_id, at) AS (
      SELECT job_id, max(at) FROM spends WHERE job_id IN (SELECT value FROM json_each(:ids)) GROUP BY job_id)
    UPDATE spends SET at = max(at + ${UNDER_WAY_MS}, :now)
    WHERE at < :now AND (job_id, at) IN (SELECT job_id, at FROM last)`);
  const release = query(`
    UPDATE jobs SET state = 'waiting', reason = 'backoff', run_at = :runAt, updated_at = :now
    WHERE id = :id AND state = 'running'`);
  const hold = query(`
    UPDATE jobs INDEXED BY jobs_lane SET reason = :to, run_at = :runAt, updated_at = :now
    WHERE state = 'waiting' AND account_id = :accountId
      AND reason IN (SELECT value FROM json_each(:from))`);
  const pauseRule = query(`
    UPDATE jobs INDEXED BY jobs_open SET reason = 'paused', updated_at = :now
    WHERE open_state = 'waiting' AND rule_id = :ruleId AND reason IN ('ready', 'delay', 'window')`);
  // Which of them were approved before the pause is not known any more: their person is asked again.
  const resumeRule = query(`
    UPDATE jobs INDEXED BY jobs_open SET updated_at = :now,
      reason = CASE WHEN (SELECT approve FROM rules WHERE id = :ruleId) THEN 'approval'
                    WHEN run_at > :now THEN 'delay' ELSE 'ready' END
    WHERE open_state = 'waiting' AND rule_id = :ruleId AND reason = 'paused'`);

  return {
    dueLanes: (now, except) =>
      read(function* () {
        return (yield* due.all({ now, except: JSON.stringify(except) })).map((row) => row.id);
      }),
    // Lost with the power, it waits again; what the job sent is on the disk only with its claim.
    claim: (accountId, now) =>
      writeLazily(function* () {
        const row = yield* claim.get({ accountId, now });
        return row && jobOf(row);
      }),
    nextRunAt: (_now, except = []) =>
      read(function* () {
        return (yield* next.get({ except: JSON.stringify(except) }))?.at ?? null;
      }),
    taken: (accountId, since) =>
      read(function* () {
        return (yield* taken.all({ accountId, since })).map(({ at }) => at);
      }),
    videosOf: (accountId) =>
      read(function* () {
        return (yield* videosOf.all({ accountId })).map(({ id }) => id);
      }),
    recover: (now) =>
      write(function* () {
        const ids = (yield* recover.all({ now })).map((row) => row.id);
        for (const id of ids) yield* mayArrive(id, now);
        if (ids.length > 0) yield* postpone.run({ ids: JSON.stringify(ids), now });
        return ids.sort((a, b) => a - b);
      }),
    release: (id, runAt, now) =>
      write(function* () {
        if ((yield* release.run({ id, runAt, now })).changes > 0) yield* mayArrive(id, now);
      }),
    hold: (accountId, from, to, runAt, now) =>
      write(function* () {
        return (yield* hold.run({ accountId, from: JSON.stringify(from), to, runAt, now })).changes;
      }),
    holdRule: (ruleId, paused, now) =>
      write(function* () {
        return (yield* (paused ? pauseRule : resumeRule).run({ ruleId, now })).changes;
      }),
  };
}
