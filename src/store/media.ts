import type { Connection } from './connection.ts';
import { parse } from './rows.ts';
import type { MediaRow, MediaStore } from './types.ts';

interface Row {
  sha256: string;
  path: string;
  mime_type: string;
  origin: string;
  facts: string;
  last_used_at: number;
}

/** Files in the cache. */
export function mediaStore({ query, read, write, writeLazily }: Connection): MediaStore {
  const upsert = query(`
    INSERT INTO media (sha256, path, mime_type, origin, facts, last_used_at)
    VALUES (:sha256, :path, :mimeType, :origin, :facts, :lastUsedAt)
    ON CONFLICT (sha256) DO UPDATE SET path = excluded.path, mime_type = excluded.mime_type, origin = excluded.origin,
      facts = excluded.facts, last_used_at = excluded.last_used_at`);
  const one = query<Row>('SELECT * FROM media WHERE sha256 = :sha256');
  const touch = query('UPDATE media SET last_used_at = :now WHERE sha256 = :sha256');
  const all = query<Row>('SELECT * FROM media ORDER BY last_used_at, sha256');
  // A job of unknown outcome may turn out not to be published: then its file is needed again.
  const wanted = query(`
    SELECT 1 FROM videos JOIN jobs ON jobs.video_id = videos.id
    WHERE videos.media_sha256 = :sha256 AND jobs.state IN ('waiting', 'running', 'unknown') LIMIT 1`);
  const heldBy = query<{ bytes: number | null }>(`
    SELECT sum(CAST(facts ->> '$.bytes' AS INTEGER)) AS bytes FROM media WHERE sha256 IN (
      SELECT videos.media_sha256 FROM jobs JOIN videos ON videos.id = jobs.video_id
      WHERE jobs.user = :user AND jobs.state IN ('waiting', 'running', 'unknown'))`);
  const erase = query('DELETE FROM media WHERE sha256 = :sha256');
  const unlink = query('UPDATE videos SET media_sha256 = NULL WHERE media_sha256 = :sha256');

  return {
    save: ({ sha256, path, mimeType, origin, lastUsedAt, ...facts }) =>
      write(function* () {
        yield* upsert.run({ sha256, path, mimeType, origin, facts: JSON.stringify(facts), lastUsedAt });
      }),
    get: (sha256) =>
      read(function* () {
        const row = yield* one.get({ sha256 });
        return row && mediaOf(row);
      }),
    // Lost with the power, a file is only taken for older than it is.
    touch: (sha256, now) =>
      writeLazily(
        function* () {
          yield* touch.run({ sha256, now });
        },
        [`media ${sha256}`],
      ),
    list: () =>
      read(function* () {
        return (yield* all.all()).map(mediaOf);
      }),
    inUse: (sha256) =>
      read(function* () {
        return (yield* wanted.get({ sha256 })) !== undefined;
      }),
    bytesFor: (user) =>
      read(function* () {
        return (yield* heldBy.get({ user }))?.bytes ?? 0;
      }),
    remove: (sha256) =>
      write(function* () {
        yield* erase.run({ sha256 });
        yield* unlink.run({ sha256 });
      }),
  };
}

function mediaOf(row: Row): MediaRow {
  return {
    ...parse<Omit<MediaRow, 'sha256' | 'path' | 'mimeType' | 'origin' | 'lastUsedAt'>>(row.facts),
    sha256: row.sha256,
    path: row.path,
    mimeType: row.mime_type,
    origin: row.origin,
    lastUsedAt: row.last_used_at,
  };
}
