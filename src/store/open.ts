import type { Database } from 'better-sqlite3';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { openFile } from './driver.ts';
import { asStoreFailure, isBusy, sqliteCode } from './errors.ts';
import { createFile, type Found, inspect, markInitialised, refuseMissing, refuseReadOnly } from './files.ts';
import { PLACE_KEY, refuseMoved } from './place.ts';
import { applicationId, migrate, schemaNumber, schemaOf } from './schema.ts';
import { retryBusy } from './writer.ts';

export interface OpenOptions {
  /** The database's file, in a folder that exists; or `:memory:`. */
  path: string;
  clock: Clock;
  readOnly?: boolean;
  /** Who changes things, for the audit log, where `withActor` names nobody: `cli:anna`. Asked at a change. */
  actor?: () => string;
  /**
   * When to look for damage (quick_check, about 6 ms for each MB). `auto`, the default: where the file is small
   * or was not closed cleanly; never for `readOnly`.
   */
  check?: 'auto' | 'always' | 'never';
}

/** Up to this size (about 10,000 jobs) a check takes some 25 ms: then it is done at every start. */
const SMALL_BYTES = 4 * 1024 * 1024;
/** The log of changes is cut back to this size after it was folded into the database. */
const LOG_BYTES = 16 * 1024 * 1024;
/** Memory for pages, in KiB: little, because a daemon that waits should be small. */
const CACHE_KIB = 2048;

/**
 * Opens the database, makes it where the home is new, and brings its schema up to date.
 * Throws Failure: E_HOME (no folder), E_DB_READONLY, E_DB_CORRUPT, E_DB_FOREIGN, E_DB_NEWER, E_DB_BUSY,
 * E_DISK_FULL, E_STORE_MOVED; and E_NOT_FOUND where there is nothing to read yet.
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { path, clock, readOnly = false } = options;
  if (path === ':memory:') return openMemory();
  const found = inspect(path);
  refuseMissing(path, found);
  const isNew = !found.bytes;
  if (readOnly && isNew) throw notYet(path);
  if (!found.exists) createFile(path);
  if (!readOnly) refuseReadOnly(path);

  let db = openFile(path, { readOnly });
  try {
    await retryBusy(clock, () => identify(db, path, found.initialised));
    let checked = !wantsCheck(options, found);
    if (!checked && options.check !== 'always' && !isSmall(found)) {
      // A log is no bad sign while somebody works with it; and whoever that is has looked before.
      db.close();
      checked = isInUse(path);
      db = openFile(path, { readOnly });
    }
    if (readOnly && schemaOf(db) < schemaNumber) {
      // Left by an older repost: whoever only reads brings it up to date first.
      (await openDatabase({ path, clock, check: 'never' })).close();
    }
    await retryBusy(clock, () => configure(db, readOnly));
    if (!checked) check(db, path);
    if (!readOnly) await retryBusy(clock, () => migrate(db));
    refuseHeadless(db, path);
    if (!readOnly && !found.initialised) markInitialised(path);
    return db;
  } catch (error) {
    db.close();
    throw asOpenFailure(error, path, found.initialised);
  }
}

/** An empty store's bytes: its schema takes ten times as long to make as to copy. */
let empty: Buffer | undefined;

function openMemory(): Database {
  if (!empty) {
    const first = openFile(':memory:');
    migrate(first);
    empty = first.serialize();
    first.close();
  }
  const db = openFile(empty);
  db.pragma('foreign_keys = ON');
  return db;
}

/** Is it ours, and of an age we can read? Reads only, so that a foreign file stays as it is. */
function identify(db: Database, path: string, initialised: boolean): void {
  const owner = db.pragma('application_id', { simple: true });
  if (owner === applicationId) {
    const schema = schemaOf(db);
    if (schema <= schemaNumber) {
      const select = db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
      refuseMoved(select.get(PLACE_KEY), path);
      return;
    }
    throw new Failure('E_DB_NEWER', {
      message: `${path} has schema ${schema}; this repost knows schemas up to ${schemaNumber}.`,
    });
  }
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  if (owner !== 0 || tables > 0) {
    throw new Failure('E_DB_FOREIGN', { message: `${path} belongs to another program.` });
  }
  if (initialised) throw new Failure('E_DB_CORRUPT', { message: `${path} has lost everything it held.` });
}

function configure(db: Database, readOnly: boolean): void {
  // Never NORMAL: in WAL mode that loses the last commits with the power, an intent to publish among them.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  db.pragma(`cache_size = -${CACHE_KIB}`);
  if (readOnly) return;
  db.pragma('journal_mode = WAL');
  db.pragma(`journal_size_limit = ${LOG_BYTES}`);
}

function wantsCheck(options: OpenOptions, found: Found): boolean {
  if (!found.bytes) return false;
  const mode = options.check ?? 'auto';
  if (mode !== 'auto') return mode === 'always';
  return !options.readOnly && (isSmall(found) || found.logBytes > 0);
}

function isSmall(found: Found): boolean {
  return (found.bytes ?? 0) < SMALL_BYTES;
}

/** True where somebody else has the database open: everybody who does holds a shared lock on it. */
function isInUse(path: string): boolean {
  const db = openFile(path, { timeoutMs: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
  }
}

/** Looks for damage. Throws E_DB_CORRUPT with the first finding. */
export function check(db: Database, path: string, pragma: 'quick_check' | 'integrity_check' = 'quick_check') {
  // What the constraints demand was checked when it was written; asking again would triple the time.
  db.pragma('ignore_check_constraints = ON');
  const finding = db.pragma(`${pragma}(1)`, { simple: true });
  db.pragma('ignore_check_constraints = OFF');
  if (finding !== 'ok') {
    throw new Failure('E_DB_CORRUPT', { message: `${path} is damaged: ${String(finding)}.` });
  }
}

function refuseHeadless(db: Database, path: string): void {
  const row = db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get('home');
  if (row && db.prepare('SELECT 1 FROM home').get()) return;
  throw new Failure('E_DB_CORRUPT', { message: `${path} lacks the row that every repost database has.` });
}

function asOpenFailure(error: unknown, path: string, initialised: boolean): unknown {
  if (sqliteCode(error) === 'SQLITE_NOTADB' && initialised) {
    return new Failure('E_DB_CORRUPT', {
      message: `${path} no longer reads as a database.`,
      cause: error,
    });
  }
  return asStoreFailure(error, path);
}

function notYet(path: string): Failure {
  return new Failure('E_NOT_FOUND', {
    message: `There is no database at ${path} yet.`,
    hint: 'Set repost up first.',
    command: 'repost init',
  });
}
