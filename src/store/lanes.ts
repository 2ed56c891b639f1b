import { UNHELD } from './cancelling.ts';
import type { Connection } from './connection.ts';
import { heldBy, holding, RUNS_HERE } from './holding.ts';
import { type JobColumns, jobOf } from './job-rows.ts';
import { stretcher } from './journal.ts';
import { giverBack, type Left } from './recovery.ts';
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
      AND lane.id NOT IN (SELECT account_id FROM jobs INDEXED BY jobs_open WHERE open_state = 'running')
      AND lane.id NOT IN (SELECT CAST(value AS INTEGER) FROM json_each(:except))
  )`;

const CLAIM = `
  UPDATE jobs SET state = 'running', reason = NULL, holder = :host, instance = :instance,
    lease_until = :leaseUntil, updated_at = :now
  WHERE id = (SELECT id FROM jobs INDEXED BY jobs_lane
              WHERE state = 'waiting' AND account_id = :accountId AND due_at <= :now
              ORDER BY due_at, id LIMIT 1)
    AND (SELECT paused = 0 AND removed_at IS NULL FROM accounts WHERE id = :accountId)
    AND NOT EXISTS (SELECT 1 FROM jobs AS other INDEXED BY jobs_open
                    WHERE other.open_state = 'running' AND other.account_id = :accountId)
  RETURNING *`;

/** The statements whose plans a test looks at: none may walk a backlog. */
export const laneQueries = {
  due: `${LANES} SELECT id FROM head WHERE due_at <= :now ORDER BY due_at, id`,
  next: `${LANES} SELECT min(due_at) AS at FROM head`,
  claim: CLAIM,
};

type LaneStore = Pick<
  JobStore,
  | 'dueLanes'
  | 'claim'
  | 'holds'
  | 'nextRunAt'
  | 'taken'
  | 'videosOf'
  | 'recover'
  | 'release'
  | 'hold'
  | 'holdRule'
>;

/** Which jobs come next. */
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
  const running = query<Left & { lease_until: number | null }>(`
    SELECT id, holder, instance, lease_until FROM jobs INDEXED BY jobs_open WHERE open_state = 'running'`);
  const giveBack = giverBack(connection);
  const holds = holding(connection);
  const mayArrive = stretcher(connection);
  const release = query(`
    UPDATE jobs SET state = 'waiting', reason = 'backoff', run_at = :runAt, ${UNHELD}, updated_at = :now
    WHERE id = :id AND ${RUNS_HERE}`);
  const disown = query('UPDATE jobs SET sender = NULL WHERE id = :id AND sender = :host');
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
      reason = CASE WHEN (SELECT approve FROM rules WHERE id = :ruleId) = 1 THEN 'approval'
                    WHEN run_at > :now THEN 'delay' ELSE 'ready' END
    WHERE open_state = 'waiting' AND rule_id = :ruleId AND reason = 'paused'`);

  return {
    dueLanes: (now, except) =>
      read(function* () {
        return (yield* due.all({ now, except: JSON.stringify(except) })).map((row) => row.id);
      }),
    // Lost with the power, it waits again; what the job sent is on the disk only with its claim.
    claim: (accountId, now, holder) =>
      writeLazily(function* () {
        const leaseUntil = holder ? (yield* connection.now(now)) + holder.leaseMs : null;
        const row = yield* claim.get({ accountId, now, leaseUntil, ...heldBy(holder) });
        return row && jobOf(row);
      }),
    holds: (id, holder, now) =>
      read(function* () {
        return yield* holds(id, holder, yield* connection.now(now));
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
    recover: (now, holder) =>
      write(function* () {
        const at = yield* connection.now(now);
        const own = (one: Left) =>
          !holder || one.holder === null || (one.holder === holder.host && one.instance !== holder.instance);
        const left = (yield* running.all()).filter((one) => own(one) || (one.lease_until ?? 0) <= at);
        return yield* giveBack.jobs(left, own, now);
      }),
    release: (id, runAt, now, holder) =>
      write(function* () {
        const { changes } = yield* release.run({ id, runAt, now, ...heldBy(holder) });
        const over = changes > 0 || (holder && (yield* disown.run({ id, host: holder.host })).changes > 0);
        if (over) yield* mayArrive(id, now);
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
