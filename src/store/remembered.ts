import type { Connection } from './connection.ts';

/** All rows of a table as objects, kept in memory until the table is changed by us or the database by another process. */
export interface Remembered<T> {
  /** Copies, one level deep: what is read may be changed by who read it. Within `read` or `write`. */
  all(): T[];
  /** Within the `write` that changes the table. */
  forget(): void;
}

/** For tables that are read at every turn and change by a person’s hand: accounts and rules, thousands at an agency. */
export function remembered<T extends object>({ query }: Connection, load: () => T[]): Remembered<T> {
  // https://www.sqlite.org/pragma.html#pragma_data_version: changes with what other connections commit.
  const version = query<{ data_version: number }>('PRAGMA data_version');
  let kept: { version: number | undefined; rows: readonly T[] } | undefined;
  return {
    all() {
      const now = version.get()?.data_version;
      if (!kept || kept.version !== now) kept = { version: now, rows: load() };
      return kept.rows.map((row) => ({ ...row }));
    },
    forget() {
      kept = undefined;
    },
  };
}
