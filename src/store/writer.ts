import type { Database, Statement } from 'better-sqlite3';
import { type Clock, SECOND } from '../core/clock.ts';
import { asStoreFailure, isBusy } from './errors.ts';

/** How long SQLite itself waits for a lock. While it does, the event loop stands still: so not long. */
export const BUSY_TIMEOUT_MS = 50;
/** How long we try again, with the event loop running, before we say E_DB_BUSY. */
const BUSY_PATIENCE_MS = 10 * SECOND;
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;
/** Most transactions that share one commit: bounds how long the event loop is held. */
const GROUP_SIZE = 256;

/** Runs `work`, again with growing pauses while another process holds the database; at last throws SQLite's error. */
export async function retryBusy<T>(clock: Clock, work: () => T): Promise<T> {
  const deadline = clock.now() + BUSY_PATIENCE_MS;
  for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || clock.now() >= deadline) throw error;
    }
    await clock.sleep(pause);
  }
}

interface Pending {
  work: () => unknown;
  lazy: boolean;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

type Outcome = { value: unknown } | { error: unknown };

/**
 * Runs transactions one after the other. Those that are asked for within one turn of the event loop share a
 * commit, each inside its own savepoint: a commit that waits for the disk costs far more than the work in it.
 */
export class Writer {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #statements = new Map<string, Statement>();
  #pending: Pending[] = [];
  #syncs = true;
  #draining: Promise<void> | undefined;

  constructor(db: Database, clock: Clock, path: string) {
    this.#db = db;
    this.#clock = clock;
    this.#path = path;
  }

  /** `lazily`: a commit of nothing else does not wait for the disk; the next that does brings it along. */
  write<T>(work: () => T, how?: 'lazily'): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lazy = how === 'lazily';
      this.#pending.push({ work, lazy, resolve: resolve as (value: unknown) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    while (this.#draining) await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) {
      await new Promise(setImmediate);
      await this.#commit(this.#pending.splice(0, GROUP_SIZE));
    }
    this.#draining = undefined;
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      outcomes = await retryBusy(this.#clock, () => this.#attempt(group));
    } catch (error) {
      if (group.length > 1 && !isBusy(error)) {
        // The transaction as a whole was lost (a full disk does that): each alone shows which can be done.
        for (const one of group) await this.#commit([one]);
        return;
      }
      outcomes = group.map(() => ({ error }));
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index];
      if (outcome && 'value' in outcome) resolve(outcome.value);
      else reject(asStoreFailure(outcome?.error, this.#path));
    }
  }

  #attempt(group: readonly Pending[]): Outcome[] {
    this.#setSyncs(!group.every(({ lazy }) => lazy));
    this.#run('BEGIN IMMEDIATE');
    try {
      const outcomes =
        group.length === 1
          ? group.map(({ work }) => ({ value: work() }))
          : group.map(({ work }) => this.#inSavepoint(work));
      this.#run('COMMIT');
      return outcomes;
    } catch (error) {
      if (this.#db.inTransaction) this.#run('ROLLBACK');
      throw error;
    }
  }

  /**
   * Whether commits wait for the disk. In WAL mode one that does syncs the whole log, so also what went before
   * (https://www.sqlite.org/pragma.html#pragma_synchronous).
   */
  #setSyncs(syncs: boolean): void {
    if (syncs === this.#syncs) return;
    this.#db.pragma(`synchronous = ${syncs ? 'FULL' : 'NORMAL'}`);
    this.#syncs = syncs;
  }

  #inSavepoint(work: () => unknown): Outcome {
    this.#run('SAVEPOINT one');
    try {
      const value = work();
      this.#run('RELEASE one');
      return { value };
    } catch (error) {
      if (!this.#db.inTransaction) throw error;
      this.#run('ROLLBACK TO one');
      this.#run('RELEASE one');
      return { error };
    }
  }

  #run(sql: string): void {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    statement.run();
  }
}
