import type { WaitReason } from '../core/failure.ts';
import type { Connection } from './connection.ts';
import type { TallyRow, TallyStore } from './types.ts';

const SELECT_OLDEST = `
  SELECT created_at AS at FROM jobs INDEXED BY jobs_reason
  WHERE state = 'waiting' AND reason = :reason ORDER BY id LIMIT 1`;

/** What triggers count (see migration 4); nothing here walks the jobs. */
export function tallyStore({ query, read }: Connection): TallyStore {
  const all = query<TallyRow>('SELECT metric, platform, label, le, n, total FROM tallies');
  const oldest = query<{ at: number }>(SELECT_OLDEST);
  const size = query<{ bytes: number }>({
    sqlite: 'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
    postgres: `
      SELECT coalesce(sum(pg_total_relation_size(oid)), 0) AS bytes FROM pg_class
      WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`,
  });

  return {
    all: () => read(() => all.all()),
    oldestWaiting: (reasons) =>
      read(function* () {
        const found: Partial<Record<WaitReason, number>> = {};
        for (const reason of reasons) {
          const row = yield* oldest.get({ reason });
          if (row) found[reason] = row.at;
        }
        return found;
      }),
    databaseBytes: () =>
      read(function* () {
        return (yield* size.get())?.bytes ?? 0;
      }),
  };
}
