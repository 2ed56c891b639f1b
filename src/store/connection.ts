import type { Database, RunResult, Statement } from 'better-sqlite3';
import { currentActor } from '../core/actor.ts';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { ENGINE } from './audit.ts';
import { asStoreFailure } from './errors.ts';
import { retryBusy, Writer } from './writer.ts';

export type Value = string | number | null;
export type Values = Readonly<Record<string, Value>>;

/** One SQL statement, prepared at its first use and kept as long as the connection. */
interface Query<Row> {
  get(values?: Values): Row | undefined;
  all(values?: Values): Row[];
  run(values?: Values): RunResult;
}

/** A database connection as the table files see it. */
export interface Connection {
  /** The same text gives the same prepared statement. `Row` is what its columns are. */
  query<Row = never>(sql: string): Query<Row>;
  /** Runs `work` on one snapshot of the database. */
  read<T>(work: () => T): Promise<T>;
  /**
   * Runs `work` as one transaction: all of it is on the disk when the promise resolves, or none of it is done.
   * `work` may be run again where somebody else held the database, so it must do nothing but SQL.
   */
  write<T>(work: () => T): Promise<T>;
  /** On whose word a change is made that is asked for now. Ask before `write`: its work runs later. */
  actor(): string;
  /** Changes with every commit of any connection, in any process. */
  version(): Promise<number>;
  /** Ends what is under way, then closes. */
  close(): Promise<void>;
}

/** Wraps an opened database. `path` is for messages. */
export function createConnection(db: Database, clock: Clock, path: string, actor = ENGINE): Connection {
  const queries = new Map<string, Query<unknown>>();
  const writer = new Writer(db, clock, path);
  let begin: Statement | undefined;
  let end: Statement | undefined;
  let closing: Promise<void> | undefined;

  function query<Row>(sql: string): Query<Row> {
    const known = queries.get(sql);
    if (known) return known as Query<Row>;
    let statement: Statement<[Values], Row> | undefined;
    const prepared = () => {
      statement ??= db.prepare<[Values], Row>(sql);
      return statement;
    };
    const made: Query<Row> = {
      get: (values = {}) => prepared().get(values),
      all: (values = {}) => prepared().all(values),
      run: (values = {}) => prepared().run(values),
    };
    queries.set(sql, made as Query<unknown>);
    return made;
  }

  function snapshot<T>(work: () => T): T {
    begin ??= db.prepare('BEGIN');
    end ??= db.prepare('COMMIT');
    begin.run();
    try {
      return work();
    } finally {
      if (db.inTransaction) end.run();
    }
  }

  async function read<T>(work: () => T): Promise<T> {
    refuseClosed();
    try {
      return await retryBusy(clock, () => snapshot(work));
    } catch (error) {
      throw asStoreFailure(error, path);
    }
  }

  function refuseClosed(): void {
    if (closing) throw new Failure('E_INTERRUPTED', { message: 'The database is closed already.' });
  }

  return {
    query,
    read,
    actor: () => currentActor() ?? actor,
    async write(work) {
      refuseClosed();
      return writer.write(work);
    },
    version: () =>
      read(() => {
        const others = query<{ data_version: number }>('PRAGMA data_version').get()?.data_version ?? 0;
        const own = query<{ changes: number }>('SELECT total_changes() AS changes').get()?.changes ?? 0;
        return others + own;
      }),
    close() {
      closing ??= writer.idle().then(() => void db.close());
      return closing;
    },
  };
}
