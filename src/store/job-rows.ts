import { Failure, type WaitReason } from '../core/failure.ts';
import type { JobState } from '../core/job.ts';
import { type AccountColumns, accountOf } from './accounts.ts';
import type { Connection, Operation, Work } from './connection.ts';
import { knownNumbers, type NumberColumns } from './numbers.ts';
import { each, parse, parseOrNull } from './rows.ts';
import type { JobRow, JobView, PostRow } from './types.ts';
import { type VideoColumns, videoOf } from './videos.ts';

export interface JobColumns {
  id: number;
  video_id: number;
  account_id: number;
  rule_id: number | null;
  user: string;
  state: JobState;
  reason: WaitReason | null;
  run_at: number;
  attempt: number;
  max_attempts: number;
  give_up_at: number | null;
  error: string | null;
  text: string | null;
  holder: string | null;
  sender: string | null;
  created_at: number;
  updated_at: number;
}

interface PostColumns extends NumberColumns {
  job_id: number;
  remote_id: string;
  url: string | null;
  published_at: number;
  lag_ms: number;
  warnings: string;
}

export function jobOf(row: JobColumns): JobRow {
  return {
    id: row.id,
    videoId: row.video_id,
    accountId: row.account_id,
    ruleId: row.rule_id,
    user: row.user,
    state: row.state,
    reason: row.reason,
    runAt: row.run_at,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    giveUpAt: row.give_up_at,
    error: parseOrNull(row.error),
    text: parseOrNull(row.text),
    holder: row.holder,
    sender: row.sender,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface JobReader {
  find(id: number): Work<JobColumns | undefined>;
  /** Throws E_NOT_FOUND. */
  need(id: number): Work<JobColumns>;
  /** The job with what people want to see beside it. */
  view(row: JobColumns): Work<JobView>;
  views(rows: readonly JobColumns[]): Work<JobView[]>;
  viewById(id: number): Work<JobView>;
}

/** Reads jobs inside the caller's transaction. */
export function jobReader({ query }: Connection): JobReader {
  const job = query<JobColumns>('SELECT * FROM jobs WHERE id = :id');
  const video = query<VideoColumns & { source: string }>(`
    SELECT videos.*, sources.name AS source
    FROM videos JOIN sources ON sources.id = videos.source_id WHERE videos.id = :id`);
  const account = query<AccountColumns>('SELECT * FROM accounts WHERE id = :id');
  const rule = query<{ name: string }>('SELECT name FROM rules WHERE id = :id');
  const post = query<PostColumns>(`
    SELECT posts.*, views, likes, comments, shares, gone, read_at
    FROM posts LEFT JOIN post_numbers ON post_numbers.job_id = posts.job_id WHERE posts.job_id = :id`);

  function* need(id: number): Generator<Operation, JobColumns, unknown> {
    const row = yield* job.get({ id });
    if (row) return row;
    throw new Failure('E_NOT_FOUND', {
      message: `There is no job with the id ${id}.`,
      command: 'repost jobs list',
    });
  }

  /** Of jobs in a list many have their video, account or rule in common: each is read once. */
  function openBeside() {
    return {
      video: once(function* (id) {
        const row = yield* video.get({ id });
        return row && { ...videoOf(row), source: row.source };
      }),
      account: once(function* (id) {
        const row = yield* account.get({ id });
        return row && accountOf(row);
      }),
      rule: once(function* (id) {
        return (yield* rule.get({ id }))?.name;
      }),
    };
  }

  function* view(row: JobColumns, beside = openBeside()): Generator<Operation, JobView, unknown> {
    const seen = yield* beside.video(row.video_id);
    const owner = yield* beside.account(row.account_id);
    // Foreign keys hold: without these rows the file itself is damaged.
    if (!seen || !owner) throw new Failure('E_DB_CORRUPT', { message: `Job ${row.id} lacks its video.` });
    const posted = row.state === 'published' ? yield* post.get({ id: row.id }) : undefined;
    return {
      ...jobOf(row),
      video: seen,
      account: owner,
      rule: row.rule_id === null ? null : ((yield* beside.rule(row.rule_id)) ?? null),
      post: posted ? postOf(posted) : null,
    };
  }

  return {
    find: (id) => job.get({ id }),
    need,
    view: (row) => view(row),
    views(rows) {
      const beside = openBeside();
      return each(rows, (row) => view(row, beside));
    },
    *viewById(id) {
      return yield* view(yield* need(id));
    },
  };
}

/** Asks for each id once. */
function once<T>(ask: (id: number) => Work<T>): (id: number) => Work<T> {
  const known = new Map<number, T>();
  return function* (id) {
    const found = known.get(id);
    if (found !== undefined) return found;
    const answer = yield* ask(id);
    known.set(id, answer);
    return answer;
  };
}

function postOf(row: PostColumns): PostRow {
  return {
    jobId: row.job_id,
    id: row.remote_id,
    url: row.url,
    publishedAt: row.published_at,
    lagMs: row.lag_ms,
    warnings: parse(row.warnings),
    numbers: knownNumbers(row),
  };
}
