import type { Connection, Operation, Work } from './connection.ts';

/** All rows of a table as objects, kept in memory until somebody changes the table, in whatever process. */
export interface Remembered<T> {
  /** A list of one's own; what is in it belongs to all and is frozen. Within `read` or `write`. */
  all(): Work<T[]>;
  /** Within the `write` that changes the table. */
  forget(): void;
}

/** For tables that are read at every turn and change by a person’s hand: accounts and rules, thousands at an agency. */
export function remembered<T extends object>(
  { stamp }: Connection,
  table: Parameters<Connection['stamp']>[0],
  load: () => Work<T[]>,
): Remembered<T> {
  let kept: { stamp: number | undefined; rows: readonly T[] } | undefined;
  return {
    *all(): Generator<Operation, T[], unknown> {
      const now = yield* stamp(table);
      let found = kept;
      if (found?.stamp !== now || !found) {
        found = { stamp: now, rows: (yield* load()).map((row) => Object.freeze(row)) };
        kept = found;
      }
      return [...found.rows];
    },
    forget() {
      kept = undefined;
    },
  };
}
