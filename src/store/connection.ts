export type Value = string | number | null;
export type Values = Readonly<Record<string, Value>>;

/** What a transaction asks of a database that answers later. */
export interface Operation {
  sql: Sql;
  values: Values;
}

/**
 * Work inside a transaction, as a generator function writes it: `const row = yield* find.get({ id })`. One text
 * serves both stores: SQLite answers within the call, so that nothing is ever yielded; PostgreSQL is given each
 * operation and goes on when the answer is there.
 */
export type Work<T> = Iterable<Operation, T, unknown>;

/** What a change did. */
export interface Changes {
  /** Rows that were inserted, updated or deleted. */
  changes: number;
}

/**
 * A statement as SQLite knows it, which `postgres/dialect.ts` translates; or, where they really differ, one text each.
 * Every statement names its conflict's columns, and never a bare column of the row that was there; a
 * value’s type is known from its first use, so `x = :x OR :x IS NULL` in this order.
 */
export type Sql = string | { sqlite: string; postgres: string };

/** One SQL statement, prepared at its first use and kept as long as the connection. */
export interface Query<Row> {
  get(values?: Values): Work<Row | undefined>;
  all(values?: Values): Work<Row[]>;
  run(values?: Values): Work<Changes>;
}

/** A database connection as the table files see it. */
export interface Connection {
  /** The same text gives the same prepared statement. `Row` is what its columns are. */
  query<Row = never>(sql: Sql): Query<Row>;
  /** Runs `work` on one snapshot of the database. It may be begun again, so it must do nothing but SQL. */
  read<T>(work: () => Work<T>): Promise<T>;
  /**
   * Runs `work` as one transaction: all of it is on the disk when the promise resolves, or none of it is done.
   * `work` may be run again where somebody else held the database, so it must do nothing but SQL.
   * Works that name the same of `keys` are done one after the other, over all hosts, instead of getting in each
   * other's way and being run again: such work must touch nothing that others write without that key, but by
   * statements that are right by themselves.
   */
  write<T>(work: () => Work<T>, keys?: readonly string[]): Promise<T>;
  /**
   * Like `write`, but the disk is not waited for: with the power, what was written so since the last `write` may be lost,
   * the latest first. Nothing that a later `write` left on the disk ever lacks what was written before it. For what can be
   * found out or done again: that a job was taken, a repeatable step's result, when a source was last asked.
   */
  writeLazily<T>(work: () => Work<T>, keys?: readonly string[]): Promise<T>;
  /** Within `read` or `write`: a number that is another one once somebody else has changed this table. */
  stamp(table: 'accounts' | 'rules'): Work<number | undefined>;
  /** Within `read` or `write`: what time it is by the clock that all hosts share; on a single host its own, `own`. */
  now(own: number): Work<number>;
  /** On whose word a change is made that is asked for now. Ask before `write`: its work runs later. */
  actor(): string;
  /** Changes with every commit of any connection, in any process. */
  version(): Promise<number>;
  /** Ends what is under way, then closes. */
  close(): Promise<void>;
}
