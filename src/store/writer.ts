import type { Database, Statement } from 'better-sqlite3';
import { type Clock, SECOND } from '../core/clock.ts';
import { asStoreFailure, asSyncFailure, isBusy } from './errors.ts';
import type { Sync } from './log-sync.ts';

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

/** A transaction that is committed and not known to be on the disk. */
type Committed = Pick<Pending, 'reject'> & { told(): void };

export interface WriterOptions {
  clock: Clock;
  /** For messages. */
  path: string;
  /** Undefined where SQLite's own commits wait for the disk. */
  sync: Sync | undefined;
}

/**
 * Runs transactions one after the other. Those that are asked for within one turn of the event loop share a commit,
 * each inside its own savepoint. SQLite does not wait for the disk, which would hold up everything: the log is synced
 * beside the event loop, and only then is a transaction said to be done; what is committed meanwhile shares the next
 * sync. All that was committed before a sync is on the disk after it, in its order.
 */
export class Writer {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #sync: Sync | undefined;
  readonly #statements = new Map<string, Statement>();
  #pending: Pending[] = [];
  #committed: Committed[] = [];
  #draining: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  /** A sync has failed: the disk may lack what was committed before it. */
  #torn = false;

  constructor(db: Database, { clock, path, sync }: WriterOptions) {
    this.#db = db;
    this.#clock = clock;
    this.#path = path;
    this.#sync = sync;
    // Whoever syncs the log itself needs no commit that does (https://www.sqlite.org/pragma.html#pragma_synchronous).
    if (sync) db.pragma('synchronous = NORMAL');
  }

  /** `lazily`: is done once it is committed; the next sync brings it to the disk along with others. */
  write<T>(work: () => T, how?: 'lazily'): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lazy = how === 'lazily';
      this.#pending.push({ work, lazy, resolve: resolve as (value: unknown) => void, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits to be written. */
  async idle(): Promise<void> {
    while (this.#draining || this.#syncing) await (this.#draining ?? this.#syncing);
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
    for (const [index, { lazy, resolve, reject }] of group.entries()) {
      const outcome = outcomes[index];
      if (!outcome || 'error' in outcome) reject(asStoreFailure(outcome?.error, this.#path));
      else if (lazy) resolve(outcome.value);
      else this.#committed.push({ told: () => resolve(outcome.value), reject });
    }
    if (this.#committed.length > 0) this.#syncing ??= this.#syncAll();
  }

  async #syncAll(): Promise<void> {
    while (this.#committed.length > 0) {
      const batch = this.#committed;
      this.#committed = [];
      try {
        if (this.#torn) this.#fold();
        await this.#sync?.sync();
        for (const { told } of batch) told();
      } catch (error) {
        this.#torn = true;
        for (const { reject } of batch) reject(asSyncFailure(error, this.#path));
      }
    }
    this.#syncing = undefined;
  }

  #attempt(group: readonly Pending[]): Outcome[] {
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
   * Writes all that is in the log into the database itself, and syncs that: another sync of the log alone says nothing of
   * what the one that failed was to bring (https://www.usenix.org/conference/atc20/presentation/rebello).
   */
  #fold(): void {
    const [row] = this.#db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (row?.busy !== 0) throw new Error('others read the database');
    this.#torn = false;
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
