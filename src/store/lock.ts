import { existsSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import { type Clock, MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { openFile } from './driver.ts';
import { asStoreFailure, isBusy } from './errors.ts';
import { createFile, inspect, refuseReadOnly } from './files.ts';

/** A lock that one process holds. The kernel takes it back when the process ends, however it ends. */
export interface Lock {
  readonly path: string;
  /** Gives it back; a second call does nothing. */
  release(): void;
}

/** Waiters look again this often: the holder is another process, which can't wake us. */
const PAUSE_MS = 100;
/** Longer than any token refresh may take. */
const PATIENCE_MS = 2 * MINUTE;

/**
 * The open handles. A handle that nothing refers to is closed by the garbage collector, and with it the lock
 * would be gone: so they are held where nothing is collected, whatever becomes of the `Lock`.
 */
const held = lastingValue('repost.locks', () => new Set<Database>());
/** For each path, the end of the line of those in this process who want it. */
const lines = lastingValue('repost.lock-lines', () => new Map<string, Promise<void>>());

function lastingValue<T>(name: string, make: () => T): T {
  const global = globalThis as unknown as Record<symbol, T | undefined>;
  const key = Symbol.for(name);
  global[key] ??= make();
  return global[key];
}

/**
 * Takes the lock, or gives undefined where somebody holds it. The file is a SQLite database of its own, locked
 * by a transaction that is never ended. Throws E_HOME, E_DB_READONLY, E_DISK_FULL.
 */
export async function tryLock(path: string): Promise<Lock | undefined> {
  inspect(path);
  if (!existsSync(path)) createFile(path);
  refuseReadOnly(path);
  const db = openFile(path, { timeoutMs: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw asStoreFailure(error, path);
  }
  held.add(db);
  return {
    path,
    release() {
      held.delete(db);
      db.close();
    },
  };
}

/** Takes the lock that makes a process the one that works on this home. Throws E_DAEMON_RUNNING where it is held. */
export async function acquireLock(path: string): Promise<Lock> {
  const lock = await tryLock(path);
  if (lock) return lock;
  throw new Failure('E_DAEMON_RUNNING', { message: `Another repost holds ${path}.` });
}

/**
 * Waits for the lock, does the work, gives it back: for example so that one process alone refreshes a token.
 * Within a process waiters stand in line; never call it again for the same path from inside `work`.
 * Throws E_DB_BUSY where another process holds it for more than two minutes.
 */
export async function withLock<T>(path: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const before = lines.get(path);
  let done = () => {};
  const turn = new Promise<void>((resolve) => {
    done = resolve;
  });
  lines.set(path, turn);
  try {
    await before;
    const lock = await waitFor(path, clock);
    try {
      return await work();
    } finally {
      lock.release();
    }
  } finally {
    if (lines.get(path) === turn) lines.delete(path);
    done();
  }
}

async function waitFor(path: string, clock: Clock): Promise<Lock> {
  for (const deadline = clock.now() + PATIENCE_MS; ; await clock.sleep(PAUSE_MS)) {
    const lock = await tryLock(path);
    if (lock) return lock;
    if (clock.now() >= deadline) {
      throw new Failure('E_DB_BUSY', { message: `Another process has held ${path} for two minutes.` });
    }
  }
}
