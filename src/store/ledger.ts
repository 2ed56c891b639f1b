import type { JobState } from '../core/job.ts';
import type { PlatformId } from '../core/names.ts';
import { auditor } from './audit.ts';
import type { Connection } from './connection.ts';
import { each } from './rows.ts';
import type { LedgerStore } from './types.ts';

interface Line {
  id: number;
  source_kind: string;
  source: string;
  video: string;
  video_url: string;
  caption: string;
  video_at: number;
  platform: PlatformId;
  account_id: string;
  handle: string;
  state: JobState;
  post: string | null;
  post_url: string | null;
  post_at: number | null;
  updated_at: number;
}

/** What went where, for other tools and from them. */
export function ledgerStore(connection: Connection): LedgerStore {
  const { query, read, write } = connection;
  const note = auditor(connection);
  const page = query<Line>(`
    SELECT jobs.id, sources.kind AS source_kind, sources.name AS source, videos.remote_id AS video,
      videos.url AS video_url, videos.caption, videos.published_at AS video_at, accounts.platform,
      accounts.remote_id AS account_id, accounts.handle, jobs.state, posts.remote_id AS post,
      posts.url AS post_url, posts.published_at AS post_at, jobs.updated_at
    FROM jobs JOIN videos ON videos.id = jobs.video_id JOIN sources ON sources.id = videos.source_id
      JOIN accounts ON accounts.id = jobs.account_id LEFT JOIN posts ON posts.job_id = jobs.id
    WHERE jobs.id > :after ORDER BY jobs.id LIMIT :limit`);
  const find = query<{ id: number; state: JobState }>(`
    SELECT jobs.id, jobs.state FROM jobs JOIN videos ON videos.id = jobs.video_id
    WHERE videos.source_id = :sourceId AND videos.remote_id = :video AND jobs.account_id = :accountId`);
  const addVideo = query(`
    INSERT INTO videos (source_id, remote_id, url, caption, published_at, seen_at, kind, facts, state, skipped)
    VALUES (:sourceId, :video, :videoUrl, :caption, :videoAt, :now, 'video', '{}', 'public', '[]')
    ON CONFLICT (source_id, remote_id) DO NOTHING`);
  const addJob = query<{ id: number }>(`
    INSERT INTO jobs (video_id, account_id, rule_id, user, state, reason, run_at, max_attempts, created_at, updated_at)
    SELECT videos.id, accounts.id, NULL, accounts.user, 'published', NULL, :at, 1, :now, :now
    FROM videos, accounts
    WHERE videos.source_id = :sourceId AND videos.remote_id = :video AND accounts.id = :accountId
    RETURNING id`);
  const markJob = query(`
    UPDATE jobs SET state = 'published', reason = NULL, error = NULL, updated_at = :now WHERE id = :id`);
  const addPost = query(`
    INSERT INTO posts (job_id, remote_id, url, published_at, lag_ms, warnings)
    VALUES (:id, :post, :url, :at, 0, '["from a ledger"]') ON CONFLICT (job_id) DO NOTHING`);

  const fateOf = (found: { state: JobState } | undefined) =>
    found?.state === 'published' ? 'known' : found?.state === 'running' ? 'running' : 'marked';

  return {
    page: (after, limit) =>
      read(function* () {
        return (yield* page.all({ after, limit })).map((row) => ({
          jobId: row.id,
          source: row.source,
          sourceKind: row.source_kind,
          video: row.video,
          videoUrl: row.video_url,
          caption: row.caption,
          videoAt: row.video_at,
          platform: row.platform,
          accountRemoteId: row.account_id,
          handle: row.handle,
          state: row.state,
          post: row.post === null ? null : { id: row.post, url: row.post_url, publishedAt: row.post_at ?? 0 },
          updatedAt: row.updated_at,
        }));
      }),
    look: (entries) =>
      read(function* () {
        const found = yield* each(entries, ({ sourceId, video, accountId }) =>
          find.get({ sourceId, video, accountId }),
        );
        return found.map(fateOf);
      }),
    mark: (entries, now) => {
      const actor = connection.actor();
      return write(() =>
        each(entries, function* (entry) {
          const { sourceId, video, videoUrl, caption, videoAt, accountId, post } = entry;
          const found = yield* find.get({ sourceId, video, accountId });
          const fate = fateOf(found);
          if (fate !== 'marked') return fate;
          yield* addVideo.run({ sourceId, video, videoUrl, caption, videoAt, now });
          const at = post.publishedAt;
          const id = found?.id ?? (yield* addJob.get({ sourceId, video, accountId, at, now }))?.id ?? 0;
          if (found) yield* markJob.run({ id, now });
          yield* addPost.run({ id, post: post.id, url: post.url, at });
          yield* note('marked', id, actor, now);
          return fate;
        }),
      );
    },
  };
}
