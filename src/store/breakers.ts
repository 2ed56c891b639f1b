import type { BreakerState } from '../core/breaker.ts';
import type { Connection } from './connection.ts';
import type { BreakerStore } from './types.ts';

interface Columns {
  account_id: number;
  failures: number;
  opened: number;
  open_until: number | null;
}

/** One row for each lane that failed since its last good run. */
export function breakerStore({ query, read, writeLazily }: Connection): BreakerStore {
  const select = query<Columns>('SELECT * FROM breakers WHERE account_id = :accountId');
  const selectOpen = query<Columns>('SELECT * FROM breakers WHERE open_until IS NOT NULL');
  const upsert = query(`
    INSERT INTO breakers (account_id, failures, opened, open_until, updated_at)
    VALUES (:accountId, :failures, :opened, :openUntil, :now)
    ON CONFLICT (account_id) DO UPDATE SET failures = excluded.failures, opened = excluded.opened,
      open_until = excluded.open_until, updated_at = excluded.updated_at`);
  const erase = query('DELETE FROM breakers WHERE account_id = :accountId');

  return {
    get: (accountId) =>
      read(function* () {
        const row = yield* select.get({ accountId });
        return row && stateOf(row);
      }),
    open: () =>
      read(function* () {
        return (yield* selectOpen.all({})).map((row) => ({ accountId: row.account_id, ...stateOf(row) }));
      }),
    save: (accountId, state, now) =>
      writeLazily(function* () {
        yield* upsert.run({ accountId, ...state, now });
      }),
    clear: (accountId) =>
      writeLazily(function* () {
        yield* erase.run({ accountId });
      }),
  };
}

function stateOf(row: Columns): BreakerState {
  return { failures: row.failures, opened: row.opened, openUntil: row.open_until };
}
