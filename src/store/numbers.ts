import { type KnownNumbers, type Numbers, numberNames } from '../core/numbers.ts';
import type { Connection } from './connection.ts';
import type { DuePost, NumberStore } from './number-types.ts';
import { present } from './rows.ts';

export interface NumberColumns {
  views: number | null;
  likes: number | null;
  comments: number | null;
  shares: number | null;
  gone?: number;
  read_at: number | null;
}

/** Null where nothing was read yet. */
export function knownNumbers(row: NumberColumns | undefined): KnownNumbers | null {
  if (!row || row.read_at === null) return null;
  const { views, likes, comments, shares } = row;
  return { ...present({ views, likes, comments, shares }), readAt: row.read_at, gone: row.gone === 1 };
}

/** Views and likes as they were last read, and when to ask again. */
export function numberStore({ query, writeLazily, read }: Connection): NumberStore {
  const enrol = query(`
    INSERT INTO post_numbers (job_id, account_id, next_at)
    SELECT posts.job_id, jobs.account_id, posts.published_at + :firstMs
    FROM posts CROSS JOIN jobs ON jobs.id = posts.job_id
    WHERE posts.published_at >= :since AND posts.published_at < :until
      AND jobs.account_id IN (SELECT CAST(value AS INTEGER) FROM json_each(:accountIds))
    ON CONFLICT DO NOTHING`);
  const due = query<DuePost>(`
    SELECT posts.job_id AS "jobId", posts.remote_id AS "postId", posts.published_at AS "publishedAt"
    FROM post_numbers JOIN posts ON posts.job_id = post_numbers.job_id
    WHERE post_numbers.account_id = :accountId AND post_numbers.next_at <= :now
    ORDER BY post_numbers.next_at LIMIT :limit`);
  const keep = query(`
    UPDATE post_numbers SET views = coalesce(:views, views), likes = coalesce(:likes, likes),
      comments = coalesce(:comments, comments), shares = coalesce(:shares, shares), gone = 0, read_at = :now,
      next_at = :nextAt
    WHERE job_id = :jobId`);
  const miss = query(
    'UPDATE post_numbers SET gone = 1, read_at = :now, next_at = :nextAt WHERE job_id = :jobId',
  );
  const putOff = query(
    'UPDATE post_numbers SET next_at = :until WHERE account_id = :accountId AND next_at < :until',
  );
  const original = query(`
    INSERT INTO video_numbers (video_id, views, likes, comments, shares, read_at)
    SELECT id, :views, :likes, :comments, :shares, :now FROM videos
    WHERE source_id = :sourceId AND remote_id = :remoteId
    ON CONFLICT (video_id) DO UPDATE SET views = excluded.views, likes = excluded.likes, comments = excluded.comments,
      shares = excluded.shares, read_at = excluded.read_at`);

  return {
    enrol: (accountIds, span, firstMs) =>
      writeLazily(function* () {
        return (yield* enrol.run({ accountIds: JSON.stringify(accountIds), ...span, firstMs })).changes;
      }),
    due: (accountId, now, limit) =>
      read(function* () {
        return yield* due.all({ accountId, now, limit });
      }),
    keep: (rows, now) =>
      writeLazily(function* () {
        for (const { jobId, told, nextAt } of rows) {
          if (told === 'gone') yield* miss.run({ jobId, now, nextAt });
          else yield* keep.run({ ...columnsOf(told), jobId, now, nextAt });
        }
      }),
    putOff: (accountId, until) =>
      writeLazily(function* () {
        yield* putOff.run({ accountId, until });
      }),
    keepOriginals: (sourceId, items, now) =>
      writeLazily(function* () {
        for (const { remoteId, numbers } of items)
          yield* original.run({ ...columnsOf(numbers), sourceId, remoteId, now });
      }),
  };
}

function columnsOf(numbers: Numbers) {
  return Object.fromEntries(numberNames.map((name) => [name, numbers[name] ?? null]));
}
