import type { Database, Statement } from 'better-sqlite3';
import { currentActor } from '../core/actor.ts';
import { Failure } from '../core/failure.ts';
import { ENGINE } from './audit.ts';
import type { Connection, Query, Sql, Values, Work } from './connection.ts';
import { asStoreFailure } from './errors.ts';
import { keepHeap } from './heap.ts';
import { retryBusy, Writer, type WriterOptions } from './writer.ts';

/** Wraps an opened database. */
export function createConnection(db: Database, options: WriterOptions, actor = () => ENGINE): Connection {
  const { clock, path, sync } = options;
  keepHeap();
  const queries = new Map<string, Query<unknown>>();
  const writer = new Writer(db, options);
  let begin: Statement | undefined;
  let end: Statement | undefined;
  let closing: Promise<void> | undefined;

  function query<Row>(statementText: Sql): Query<Row> {
    const sql = typeof statementText === 'string' ? statementText : statementText.sqlite;
    const known = queries.get(sql);
    if (known) return known as Query<Row>;
    let statement: Statement<[Values], Row> | undefined;
    const prepared = () => {
      statement ??= db.prepare<[Values], Row>(sql);
      return statement;
    };
    const made: Query<Row> = {
      get: (values = {}) => new Question(() => prepared().get(values)),
      all: (values = {}) => new Question(() => prepared().all(values)),
      run: (values = {}) => new Question(() => prepared().run(values)),
    };
    queries.set(sql, made as Query<unknown>);
    return made;
  }

  function snapshot<T>(work: () => Work<T>): T {
    begin ??= db.prepare('BEGIN');
    end ??= db.prepare('COMMIT');
    begin.run();
    try {
      return finish(work());
    } finally {
      if (db.inTransaction) end.run();
    }
  }

  async function read<T>(work: () => Work<T>): Promise<T> {
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

  // https://www.sqlite.org/pragma.html#pragma_data_version: changes with what other connections commit.
  const others = query<{ data_version: number }>('PRAGMA data_version');
  const own = query<{ changes: number }>('SELECT total_changes() AS changes');
  function* stamp() {
    return (yield* others.get())?.data_version;
  }

  return {
    query,
    read,
    actor: () => currentActor() ?? actor(),
    async write(work) {
      refuseClosed();
      return writer.write(() => finish(work()));
    },
    async writeLazily(work) {
      refuseClosed();
      return writer.write(() => finish(work()), 'lazily');
    },
    now: (own) => new Question(() => own),
    stamp,
    version: () =>
      read(function* () {
        return ((yield* stamp()) ?? 0) + ((yield* own.get())?.changes ?? 0);
      }),
    close() {
      closing ??= writer.idle().then(() => {
        sync?.close();
        db.close();
      });
      return closing;
    },
  };
}

/** A question that SQLite answers as soon as `yield*` asks it: its iteration ends with its first step. */
class Question<T> implements Iterable<never, T, unknown>, Iterator<never, T, unknown> {
  readonly #ask: () => T;
  constructor(ask: () => T) {
    this.#ask = ask;
  }
  [Symbol.iterator](): this {
    return this;
  }
  next(): IteratorReturnResult<T> {
    return { done: true, value: this.#ask() };
  }
}

/** Runs work to its end, all in one go. */
function finish<T>(work: Work<T>): T {
  const step = work[Symbol.iterator]().next();
  if (step.done !== true) throw new Error('SQLite has answered already.');
  return step.value;
}
