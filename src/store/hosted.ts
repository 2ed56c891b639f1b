import type { Connection } from './connection.ts';
import type { HostedRow, HostedStore } from './types.ts';

interface Columns {
  id: number;
  job_id: number;
  place: string;
  handle: string;
  created_at: number;
}

/** Copies on a public address that nobody has taken away yet. */
export function hostedStore({ query, read, write }: Connection): HostedStore {
  const insert = query<{ id: number }>(`
    INSERT INTO hosted (job_id, place, handle, created_at) VALUES (:jobId, :place, :handle, :now) RETURNING id`);
  const select = query<Columns>('SELECT * FROM hosted WHERE id = :id');
  const all = query<Columns>('SELECT * FROM hosted ORDER BY id');
  const over = query<Columns>(`
    SELECT hosted.* FROM hosted JOIN jobs ON jobs.id = hosted.job_id
    WHERE jobs.state NOT IN ('waiting', 'running') OR hosted.created_at < :before
    ORDER BY hosted.id`);
  const erase = query('DELETE FROM hosted WHERE id = :id');

  return {
    add: (row, now) =>
      write(function* () {
        return (yield* insert.get({ jobId: row.jobId, place: row.place, handle: row.handle, now }))?.id ?? 0;
      }),
    get: (id) =>
      read(function* () {
        const row = yield* select.get({ id });
        return row && hostedOf(row);
      }),
    list: (options) =>
      read(function* () {
        return (options ? yield* over.all({ before: options.needlessBefore }) : yield* all.all({})).map(
          hostedOf,
        );
      }),
    remove: (id) =>
      write(function* () {
        yield* erase.run({ id });
      }),
  };
}

function hostedOf({ id, job_id, place, handle, created_at }: Columns): HostedRow {
  return { id, jobId: job_id, place, handle, createdAt: created_at };
}
