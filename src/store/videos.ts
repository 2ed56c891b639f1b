import { Failure } from '../core/failure.ts';
import { errorOf } from '../core/job.ts';
import type { SourceItem, Video } from '../core/video.ts';
import type { Connection, Operation, Values } from './connection.ts';
import { knownNumbers, type NumberColumns } from './numbers.ts';
import { each, flag, parse, present } from './rows.ts';
import type { NewJob, Taken, VideoRow, VideoStore } from './types.ts';

export interface VideoColumns {
  id: number;
  source_id: number;
  remote_id: string;
  url: string;
  caption: string;
  published_at: number;
  seen_at: number;
  kind: Video['kind'];
  duration_seconds: number | null;
  width: number | null;
  height: number | null;
  ai_generated: number | null;
  cover_url: string | null;
  facts: string;
  state: Video['state'];
  skipped: string;
  media_sha256: string | null;
}

export function videoOf(row: VideoColumns): Video {
  return {
    id: row.id,
    sourceId: row.source_id,
    remoteId: row.remote_id,
    url: row.url,
    caption: row.caption,
    publishedAt: row.published_at,
    seenAt: row.seen_at,
    kind: row.kind,
    ...present({
      durationSeconds: row.duration_seconds,
      width: row.width,
      height: row.height,
      aiGenerated: row.ai_generated === null ? null : row.ai_generated === 1,
      coverUrl: row.cover_url,
    }),
    facts: parse(row.facts),
    state: row.state,
  };
}

interface ListedVideo extends VideoColumns, NumberColumns {
  source: string;
  jobs: number;
}

const VIDEO_ROWS = `
  SELECT videos.*, sources.name AS source, (SELECT count(*) FROM jobs WHERE video_id = videos.id) AS jobs,
    views, likes, comments, shares, read_at
  FROM videos JOIN sources ON sources.id = videos.source_id
    LEFT JOIN video_numbers ON video_numbers.video_id = videos.id`;

const DEFAULT_LIMIT = 50;

/** Everything that sources showed, whether a rule wanted it or not. */
export function videoStore(connection: Connection): VideoStore {
  const { query, read, write } = connection;
  const addJobsNow = jobMaker(connection);
  const insert = query<VideoColumns>(`
    INSERT INTO videos (source_id, remote_id, url, caption, published_at, seen_at, kind, duration_seconds,
      width, height, ai_generated, cover_url, facts, state, skipped)
    VALUES (:sourceId, :remoteId, :url, :caption, :publishedAt, :seenAt, :kind, :durationSeconds, :width,
      :height, :aiGenerated, :coverUrl, :facts, 'public', :skipped)
    ON CONFLICT (source_id, remote_id) DO NOTHING RETURNING *`);
  const isKnown = query('SELECT 1 FROM videos WHERE source_id = :sourceId AND remote_id = :remoteId');
  const allKnown = query<{ remote_id: string }>('SELECT remote_id FROM videos WHERE source_id = :sourceId');
  const exists = query('SELECT 1 FROM videos WHERE id = :id');
  const one = query<ListedVideo>(`${VIDEO_ROWS} WHERE videos.id = :id`);
  const setState = query('UPDATE videos SET state = :state WHERE id = :id');
  const setCaption = query('UPDATE videos SET caption = :caption WHERE id = :id');
  const rename = query(`
    UPDATE videos SET remote_id = :remoteId, url = :url, kind = :kind, published_at = :publishedAt,
      duration_seconds = :durationSeconds, width = :width, height = :height, facts = :facts,
      ai_generated = coalesce(:aiGenerated, ai_generated), cover_url = :coverUrl,
      caption = CASE WHEN length(:caption) > length(caption) THEN :caption ELSE caption END
    WHERE id = :id`);
  const setMedia = query('UPDATE videos SET media_sha256 = :sha256 WHERE id = :id');
  const media = query<{ sha: string | null }>('SELECT media_sha256 AS sha FROM videos WHERE id = :id');

  return {
    take: (sourceId, taken, now) =>
      write(function* () {
        const videos: Video[] = [];
        const jobIds: number[] = [];
        for (const entry of taken) {
          // Whoever stored the item also decided on its jobs: a late second opinion changes nothing.
          const row = yield* insert.get(columnsOf(sourceId, entry, now));
          if (!row) continue;
          videos.push(videoOf(row));
          jobIds.push(...(yield* addJobsNow(row.id, entry.jobs, now)));
        }
        return { videos, jobIds };
      }),
    addJobs: (videoId, jobs, now) =>
      write(function* () {
        if (!(yield* exists.get({ id: videoId }))) throw noVideo(videoId);
        return yield* addJobsNow(videoId, jobs, now);
      }),
    known: (sourceId, remoteIds) =>
      read(function* () {
        if (remoteIds.length === 0)
          return new Set((yield* allKnown.all({ sourceId })).map((row) => row.remote_id));
        const found = yield* each(remoteIds, (remoteId) => isKnown.get({ sourceId, remoteId }));
        return new Set(remoteIds.filter((_, index) => found[index]));
      }),
    get: (id) =>
      read(function* () {
        const row = yield* one.get({ id });
        return row && rowOf(row);
      }),
    list: (filter) => read(() => listVideos(connection, filter)),
    setState: (id, state) =>
      write(function* () {
        return changed(yield* setState.run({ id, state }), id);
      }),
    setCaption: (id, caption) =>
      write(function* () {
        return changed(yield* setCaption.run({ id, caption }), id);
      }),
    recognise: (id, item) =>
      write(function* () {
        const row = yield* one.get({ id });
        if (!row) throw noVideo(id);
        if (yield* isKnown.get({ sourceId: row.source_id, remoteId: item.remoteId }))
          throw new Failure('E_EXISTS', { message: `The video ${item.remoteId} is stored already.` });
        const {
          sourceId: _,
          seenAt: __,
          skipped: ___,
          ...columns
        } = columnsOf(row.source_id, { item, skipped: [], jobs: [] }, row.seen_at);
        yield* rename.run({ ...columns, id });
      }),
    setMedia: (id, sha256) =>
      write(function* () {
        return changed(yield* setMedia.run({ id, sha256 }), id);
      }),
    media: (id) =>
      read(function* () {
        return (yield* media.get({ id }))?.sha ?? undefined;
      }),
  };
}

/** Makes jobs, at most one for a video and an account, whatever rule asks. */
function jobMaker({ query }: Connection) {
  const account = query<{ removed_at: number | null }>('SELECT removed_at FROM accounts WHERE id = :id');
  const insert = query<{ id: number }>(`
    INSERT INTO jobs (video_id, account_id, rule_id, user, state, reason, run_at, max_attempts, error,
      created_at, updated_at)
    VALUES (:videoId, :accountId, :ruleId, :user, :state, :reason, :runAt, :maxAttempts, :error, :now, :now)
    ON CONFLICT (video_id, account_id) DO NOTHING RETURNING id`);

  return function* (
    videoId: number,
    jobs: readonly NewJob[],
    now: number,
  ): Generator<Operation, number[], unknown> {
    const ids: number[] = [];
    for (const job of jobs) {
      const { accountId, ruleId, user, runAt, maxAttempts } = job;
      // The account was signed out between the decision and now: the job is there to be seen, and retried.
      const gone = (yield* account.get({ id: accountId }))?.removed_at !== null;
      const error = gone ? JSON.stringify(errorOf(signedOut())) : null;
      const [state, reason] = gone ? ['cancelled', null] : [job.state, job.reason];
      const made = yield* insert.get({
        videoId,
        accountId,
        ruleId,
        user,
        state,
        reason,
        runAt,
        maxAttempts,
        error,
        now,
      });
      if (made) ids.push(made.id);
    }
    return ids;
  };
}

export function signedOut(): Failure {
  return new Failure('E_UNKNOWN_ACCOUNT', {
    message: 'The account of this job was signed out.',
    hint: 'Sign in again, then retry the job.',
  });
}

function* listVideos(
  { query }: Connection,
  filter: Parameters<VideoStore['list']>[0],
): Generator<Operation, VideoRow[], unknown> {
  const { sourceId, user, since, before, limit } = filter;
  const conditions = ['true'];
  if (sourceId !== undefined) conditions.push('videos.source_id = :sourceId');
  if (user !== undefined) conditions.push('videos.source_id IN (SELECT id FROM sources WHERE user = :user)');
  if (since !== undefined) conditions.push('videos.published_at >= :since');
  if (before !== undefined) {
    conditions.push(`(videos.published_at, videos.id) <
      (SELECT earlier.published_at, earlier.id FROM videos AS earlier WHERE earlier.id = :before)`);
  }
  const values = present({ sourceId, user, since, before, limit: limit ?? DEFAULT_LIMIT });
  const rows = yield* query<ListedVideo>(`
    ${VIDEO_ROWS} WHERE ${conditions.join(' AND ')}
    ORDER BY videos.published_at DESC, videos.id DESC LIMIT :limit`).all(values as Values);
  return rows.map(rowOf);
}

function rowOf(row: ListedVideo): VideoRow {
  return {
    ...videoOf(row),
    source: row.source,
    skipped: parse(row.skipped),
    jobs: row.jobs,
    numbers: knownNumbers(row),
  };
}

function columnsOf(sourceId: number, { item, skipped }: Taken, now: number): Values {
  const { aiGenerated }: SourceItem = item;
  return {
    sourceId,
    remoteId: item.remoteId,
    url: item.url,
    caption: item.caption,
    publishedAt: Math.trunc(item.publishedAt), // a file's time has fractions
    seenAt: now,
    kind: item.kind,
    durationSeconds: item.durationSeconds ?? null,
    width: item.width ?? null,
    height: item.height ?? null,
    aiGenerated: aiGenerated === undefined ? null : flag(aiGenerated),
    coverUrl: item.coverUrl ?? null,
    facts: JSON.stringify(item.facts),
    skipped: JSON.stringify(skipped),
  };
}

function changed(result: { changes: number }, id: number): void {
  if (result.changes === 0) throw noVideo(id);
}

function noVideo(id: number): Failure {
  return new Failure('E_NOT_FOUND', { message: `There is no video with the id ${id}.` });
}
