import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import type { Database } from 'better-sqlite3';
import { Failure } from '../core/failure.ts';
import { openFile } from './driver.ts';
import { asStoreFailure } from './errors.ts';
import { createFile, inspect, markInitialised, refuseReadOnly, syncFolder } from './files.ts';
import { check } from './open.ts';
import { applicationId, schemaNumber, schemaOf } from './schema.ts';

/** Pages copied between two turns of the event loop: 4 MB. */
const PAGES_AT_ONCE = 1_000;

export interface Backup {
  path: string;
  bytes: number;
  schema: number;
}

/**
 * Copies a database, running or not, to a new file: whole, checked and on the disk before it gets its name.
 * It is the state at the moment of the call, however much is written meanwhile.
 * Throws E_EXISTS, E_HOME, E_DB_READONLY, E_DISK_FULL, E_DB_CORRUPT, E_NOT_FOUND.
 */
export async function backupDatabase(from: string, to: string): Promise<Backup> {
  if (!inspect(from).bytes) {
    throw new Failure('E_NOT_FOUND', { message: `There is no database at ${from} to back up.` });
  }
  if (existsSync(to)) {
    throw new Failure('E_EXISTS', { message: `${to} exists already.`, hint: 'Name a file that does not.' });
  }
  inspect(to);
  const partial = `${to}.partial`;
  rmSync(partial, { force: true });
  createFile(partial);
  try {
    await copy(from, partial);
    const schema = verifyBackup(partial);
    settle(partial, to);
    return { path: to, bytes: statSync(to).size, schema };
  } catch (error) {
    for (const rest of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${rest}`, { force: true });
    throw asStoreFailure(error, to);
  }
}

async function copy(from: string, to: string): Promise<void> {
  const source = openFile(from, { readOnly: true });
  try {
    // An open read transaction pins the state: without it each commit of others would start the copy over.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await source.backup(to, { progress: () => PAGES_AT_ONCE });
  } finally {
    source.close();
  }
  // One file, without the log beside it that the original's mode would make.
  const target = openFile(to);
  target.pragma('journal_mode = DELETE');
  target.close();
}

/** Reads every page of a backup and gives its schema number. Throws E_DB_CORRUPT, E_DB_FOREIGN, E_DB_NEWER. */
export function verifyBackup(path: string): number {
  if (!inspect(path).bytes) {
    throw new Failure('E_DB_CORRUPT', {
      message: `${path} is missing or empty.`,
      hint: 'Use another backup.',
    });
  }
  let db: Database | undefined;
  try {
    db = openFile(path, { readOnly: true });
    if (db.pragma('application_id', { simple: true }) !== applicationId) {
      throw new Failure('E_DB_FOREIGN', { message: `${path} is no backup made by repost.` });
    }
    const schema = schemaOf(db);
    if (schema > schemaNumber) {
      throw new Failure('E_DB_NEWER', { message: `${path} was made by a newer repost (schema ${schema}).` });
    }
    check(db, path, 'integrity_check');
    return schema;
  } catch (error) {
    throw asStoreFailure(error, path);
  } finally {
    db?.close();
  }
}

export interface BackupFacts {
  schema: number;
  /** Epoch ms; null in backups that do not say. */
  madeAt: number | null;
  accounts: number;
  rules: number;
  videos: number;
  posts: number;
}

/** Reads every page of a backup and says what is in it, whatever its age. Throws as `verifyBackup` does. */
export function describeBackup(path: string): BackupFacts {
  const schema = verifyBackup(path);
  const db = openFile(path, { readOnly: true });
  try {
    const count = (table: 'accounts' | 'rules' | 'videos' | 'posts') =>
      db.prepare<[], number>(counting[table]).pluck().get() ?? 0;
    const madeAt = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'backup.at'").pluck().get();
    return {
      schema,
      madeAt: madeAt === undefined ? null : Number(madeAt),
      accounts: count('accounts'),
      rules: count('rules'),
      videos: count('videos'),
      posts: count('posts'),
    };
  } catch (error) {
    throw asStoreFailure(error, path);
  } finally {
    db.close();
  }
}

const counting = {
  accounts: 'SELECT count(*) FROM accounts WHERE removed_at IS NULL',
  rules: 'SELECT count(*) FROM rules WHERE removed_at IS NULL',
  videos: 'SELECT count(*) FROM videos',
  posts: 'SELECT count(*) FROM posts',
} as const;

/**
 * Puts a backup in the place of the database, which nobody may have open: hold the daemon's lock. What was
 * there before stays beside it under the name that is given back, or null where nothing was.
 * Throws as `verifyBackup` does, and E_DB_READONLY, E_DISK_FULL, E_EXISTS.
 */
export function restoreDatabase(from: string, path: string, now: number): string | null {
  verifyBackup(from);
  inspect(path);
  const partial = `${path}.restoring`;
  copyFileSync(from, partial);
  refuseReadOnly(partial);
  verifyBackup(partial);
  const kept = existsSync(path) ? `${path}.before-${new Date(now).toISOString().replaceAll(':', '')}` : null;
  if (kept !== null && existsSync(kept))
    throw new Failure('E_EXISTS', { message: `${kept} exists already.` });
  // The old log belongs to the old file: beside the new one it would be folded into it.
  for (const part of ['', '-wal', '-shm']) {
    if (!existsSync(`${path}${part}`)) continue;
    if (kept === null || part === '-shm') rmSync(`${path}${part}`);
    else renameSync(`${path}${part}`, `${kept}${part}`);
  }
  settle(partial, path);
  markInitialised(path);
  return kept;
}

/** Makes a finished file durable, then gives it its name. */
function settle(partial: string, path: string): void {
  const file = openSync(partial, 'r+');
  fsyncSync(file);
  closeSync(file);
  renameSync(partial, path);
  syncFolder(path);
}
