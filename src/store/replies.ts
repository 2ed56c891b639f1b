import type { Connection } from './connection.ts';
import type { ReplyStore } from './types.ts';

interface Columns {
  request: string;
  status: number | null;
  body: string | null;
}

/** Answers of changing requests that carried a key: asked again, they are given again. */
export function replyStore({ query, write }: Connection): ReplyStore {
  const find = query<Columns>('SELECT request, status, body FROM replies WHERE key = :key');
  const insert = query('INSERT INTO replies (key, request, created_at) VALUES (:key, :request, :now)');
  const fill = query('UPDATE replies SET status = :status, body = :body WHERE key = :key');
  const erase = query('DELETE FROM replies WHERE key = :key AND status IS NULL');
  const prune = query('DELETE FROM replies WHERE created_at < :before');
  const drop = query('DELETE FROM replies WHERE status IS NULL');

  return {
    begin: (key, request, now, keepMs) =>
      write(function* () {
        yield* prune.run({ before: now - keepMs });
        const row = yield* find.get({ key });
        if (row) return row;
        yield* insert.run({ key, request, now });
        return undefined;
      }),
    finish: (key, status, body) =>
      write(function* () {
        yield* fill.run({ key, status, body });
      }),
    forget: (key) =>
      write(function* () {
        yield* erase.run({ key });
      }),
    dropUnfinished: () =>
      write(function* () {
        return (yield* drop.run()).changes;
      }),
  };
}
