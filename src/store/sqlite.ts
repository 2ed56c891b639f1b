import type { Database } from 'better-sqlite3';
import type { Clock } from '../core/clock.ts';
import { openFile } from './driver.ts';
import { logSync, type Sync } from './log-sync.ts';
import { type OpenOptions, openDatabase } from './open.ts';
import { storeOver } from './parts.ts';
import { createConnection } from './sqlite-connection.ts';
import type { Store } from './types.ts';

/**
 * Opens the store in a SQLite file, made where the home is new, or in memory. See `openDatabase` for what it
 * throws. Its functions throw Failure: E_DB_BUSY after ten seconds of somebody else's lock, E_DISK_FULL,
 * E_DB_CORRUPT, E_DB_READONLY; E_INTERRUPTED after `close`; and what `Store` names.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  return storeOn(await openDatabase(options), options.clock, options.path, options.actor);
}

/** The store on a database that `openDatabase` gave. `path` is where it lies. */
export function storeOn(
  db: Database,
  clock: Clock,
  path: string,
  actor?: () => string,
  sync: Sync | undefined = hasLog(db) ? logSync(path) : undefined,
): Store {
  return storeOver(createConnection(db, { clock, path, sync }, actor));
}

/** False in memory, and on file systems that can't share memory: then SQLite syncs what it commits. */
const hasLog = (db: Database) => db.pragma('journal_mode', { simple: true }) === 'wal';

/** The version of SQLite that the database is kept with. */
export function sqliteVersion(): string {
  const db = openFile(':memory:');
  try {
    return db.prepare('SELECT sqlite_version()').pluck().get() as string;
  } finally {
    db.close();
  }
}
