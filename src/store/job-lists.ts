import type { WaitReason } from '../core/failure.ts';
import { type JobState, jobStates } from '../core/job.ts';
import type { Connection, Operation, Values, Work } from './connection.ts';
import { type JobColumns, jobReader } from './job-rows.ts';
import { each, parseOrNull, present } from './rows.ts';
import type { AttemptRow, JobFilter, JobStore } from './types.ts';

const DEFAULT_LIMIT = 50;
const MOST = 1_000;

interface AttemptColumns {
  id: number;
  job_id: number;
  started_at: number;
  ended_at: number;
  outcome: string;
  error: string | null;
  exchange: string | null;
}

type JobLists = Pick<
  JobStore,
  | 'get'
  | 'list'
  | 'counts'
  | 'countsOf'
  | 'waitingByReason'
  | 'heldLanes'
  | 'attempts'
  | 'posts'
  | 'postCount'
  | 'posted'
  | 'oldestWaiting'
>;

/** Jobs as people look at them. */
export function jobLists(connection: Connection): JobLists {
  const { query, read } = connection;
  const jobs = jobReader(connection);
  const heldLanes = query<JobColumns>(`
    SELECT * FROM jobs WHERE id IN (
      SELECT max(id) FROM jobs WHERE state = 'waiting' AND reason = :reason AND user = coalesce(:user, user)
      GROUP BY account_id)
    ORDER BY id DESC`);
  const counts = query<{ state: JobState; jobs: number }>(
    'SELECT state, sum(jobs) AS jobs FROM job_counts GROUP BY state',
  );
  const reasons = query<{ reason: WaitReason; jobs: number }>(
    "SELECT reason, sum(jobs) AS jobs FROM job_counts WHERE state = 'waiting' GROUP BY reason HAVING sum(jobs) > 0",
  );
  const attempts = query<AttemptColumns>('SELECT * FROM attempts WHERE job_id = :jobId ORDER BY id');
  const oldest = query<JobColumns>(
    "SELECT * FROM jobs INDEXED BY jobs_open WHERE open_state = 'waiting' ORDER BY id LIMIT 1",
  );

  const oldestOf = query<JobColumns>(`
    SELECT * FROM jobs INDEXED BY jobs_open WHERE open_state = 'waiting' AND user = :user ORDER BY id LIMIT 1`);
  const countedOf = query<{ state: JobState; reason: WaitReason | null; jobs: number }>(
    'SELECT state, reason, count(*) AS jobs FROM jobs WHERE user = :user GROUP BY state, reason',
  );

  const postCount = query<{ posts: number }>(
    'SELECT count(*) AS posts FROM posts WHERE published_at >= :since',
  );
  const postCountOf = query<{ posts: number }>(`
    SELECT count(*) AS posts FROM posts CROSS JOIN jobs ON jobs.id = posts.job_id
    WHERE posts.published_at >= :since AND jobs.user = :user`);
  const posted = query<{ remote_id: string }>(`
    SELECT posts.remote_id FROM posts CROSS JOIN jobs ON jobs.id = posts.job_id
    WHERE posts.remote_id IN (SELECT value FROM json_each(:remoteIds)) AND jobs.account_id = :accountId`);

  return {
    get: (id) =>
      read(function* () {
        const row = yield* jobs.find(id);
        return row && (yield* jobs.view(row));
      }),
    list: (filter) =>
      read(function* () {
        return yield* jobs.views(yield* listJobs(connection, filter));
      }),
    counts: () =>
      read(function* () {
        const found = Object.fromEntries((yield* counts.all()).map((row) => [row.state, row.jobs]));
        return Object.fromEntries(jobStates.map((state) => [state, found[state] ?? 0])) as Record<
          JobState,
          number
        >;
      }),
    countsOf: (user) =>
      read(function* () {
        const rows = yield* countedOf.all({ user });
        const states = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
        for (const row of rows) states[row.state] += row.jobs;
        const waiting = rows.filter((row) => row.state === 'waiting');
        return { states, reasons: Object.fromEntries(waiting.map((row) => [row.reason, row.jobs])) };
      }),
    heldLanes: (reason, user) =>
      read(function* () {
        return yield* jobs.views(yield* heldLanes.all({ reason, user: user ?? null }));
      }),
    waitingByReason: () =>
      read(function* () {
        return Object.fromEntries((yield* reasons.all()).map((row) => [row.reason, row.jobs]));
      }),
    attempts: (jobId) =>
      read(function* () {
        return (yield* attempts.all({ jobId })).map(attemptOf);
      }),
    posted: (accountId, remoteIds) =>
      read(function* () {
        const rows = yield* posted.all({ accountId, remoteIds: JSON.stringify(remoteIds) });
        return new Set(rows.map((row) => row.remote_id));
      }),
    postCount: (since, user) =>
      read(function* () {
        const row = yield* user === undefined ? postCount.get({ since }) : postCountOf.get({ since, user });
        return row?.posts ?? 0;
      }),
    posts: (filter) =>
      read(function* () {
        return yield* jobs.views(yield* listPosts(connection, filter));
      }),
    oldestWaiting: (user) =>
      read(function* () {
        const row = user === undefined ? yield* oldest.get() : yield* oldestOf.get({ user });
        return row && (yield* jobs.view(row));
      }),
  };
}

/** The newest jobs that pass the filter. */
function* listJobs(connection: Connection, filter: JobFilter): Generator<Operation, JobColumns[], unknown> {
  const limit = bounded(filter.limit);
  const states = filter.states;
  if (!states || states.includes('published')) return yield* newest(connection, filter, limit);
  // Few jobs are in a state other than published: each has its own stretch of an index, newest last.
  const found = yield* each([...new Set(states)], (state) => newest(connection, filter, limit, state));
  return found
    .flat()
    .sort((a, b) => b.id - a.id)
    .slice(0, limit);
}

function newest(
  { query }: Connection,
  filter: JobFilter,
  limit: number,
  openState?: JobState,
): Work<JobColumns[]> {
  const conditions = [
    openState && 'open_state = :openState',
    !openState && filter.states && 'state IN (SELECT value FROM json_each(:states))',
    filter.ids && 'id IN (SELECT CAST(value AS INTEGER) FROM json_each(:ids))',
    filter.videoIds && 'video_id IN (SELECT CAST(value AS INTEGER) FROM json_each(:videoIds))',
    filter.reasons && 'reason IN (SELECT value FROM json_each(:reasons))',
    filter.platform && 'account_id IN (SELECT id FROM accounts WHERE platform = :platform)',
    filter.accountId !== undefined && 'account_id = :accountId',
    filter.ruleId !== undefined && 'rule_id = :ruleId',
    filter.user !== undefined && 'user = :user',
    filter.errorClass !== undefined && "error ->> '$.class' = :errorClass",
    filter.since !== undefined && 'created_at >= :since',
    filter.beforeId !== undefined && 'id < :beforeId',
  ].filter(Boolean);
  const { ids, videoIds, states, reasons, limit: _, ...plain } = filter;
  const values = present({
    ...plain,
    openState,
    ids: ids && JSON.stringify(ids),
    videoIds: videoIds && JSON.stringify(videoIds),
    states: states && JSON.stringify(states),
    reasons: reasons && JSON.stringify(reasons),
    most: limit,
  });
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return query<JobColumns>(`SELECT * FROM jobs ${where} ORDER BY id DESC LIMIT :most`).all(values as Values);
}

/** The newest posts' jobs. */
function listPosts({ query }: Connection, filter: Parameters<JobStore['posts']>[0]): Work<JobColumns[]> {
  const { since, platform, accountId, user, before, limit } = filter;
  const conditions = [
    since !== undefined && 'posts.published_at >= :since',
    platform && 'jobs.account_id IN (SELECT id FROM accounts WHERE platform = :platform)',
    accountId !== undefined && 'jobs.account_id = :accountId',
    user !== undefined && 'jobs.user = :user',
    before !== undefined &&
      '(posts.published_at, posts.job_id) < (SELECT published_at, job_id FROM posts WHERE job_id = :before)',
  ].filter(Boolean);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const values = present({ since, platform, accountId, user, before, most: bounded(limit) });
  return query<JobColumns>(`
    SELECT jobs.* FROM posts CROSS JOIN jobs ON jobs.id = posts.job_id ${where}
    ORDER BY posts.published_at DESC, posts.job_id DESC LIMIT :most`).all(values as Values);
}

function bounded(limit = DEFAULT_LIMIT): number {
  return Math.max(0, Math.min(MOST, limit));
}

function attemptOf(row: AttemptColumns): AttemptRow {
  return {
    id: row.id,
    jobId: row.job_id,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    outcome: row.outcome,
    error: parseOrNull(row.error),
    exchange: parseOrNull(row.exchange),
  };
}
