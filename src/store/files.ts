import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../core/failure.ts';

/**
 * The files around a database. A database file itself is only ever asked for its size: closing a plain file
 * handle on it would drop the locks that SQLite holds in this process
 * (https://www.sqlite.org/howtocorrupt.html section 2.2).
 */
export interface Found {
  /** True once a database was made here, whatever is left of it. */
  initialised: boolean;
  exists: boolean;
  bytes: number | undefined;
  /** Bytes of its log: more than none means that somebody has it open or that it was not closed cleanly. */
  logBytes: number;
}

/** Stays beside the database for good, and says that an empty or missing file there is a loss, not a beginning. */
function markerOf(path: string): string {
  return `${path}.initialised`;
}

/** What is there. Throws E_HOME where the folder is missing or closed to us. */
export function inspect(path: string): Found {
  const folder = dirname(path);
  try {
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    accessSync(folder, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw new Failure('E_HOME', {
      message: `The folder ${folder} can’t be used: ${said(error)}.`,
      cause: error,
    });
  }
  // The marker first: it is written last, so what it promises must be there by now.
  const initialised = existsSync(markerOf(path));
  const bytes = sizeOf(path);
  return { initialised, exists: bytes !== undefined, bytes, logBytes: sizeOf(`${path}-wal`) ?? 0 };
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** Refuses to begin anew where a database was. */
export function refuseMissing(path: string, found: Found): void {
  if (found.bytes) return;
  const what = found.exists ? 'is empty' : 'is missing';
  if (found.initialised) {
    throw new Failure('E_DB_CORRUPT', { message: `${path} ${what}, though it held a database before.` });
  }
  if (found.logBytes > 0) {
    throw new Failure('E_DB_CORRUPT', { message: `${path} ${what}, though its log ${path}-wal is there.` });
  }
}

/** Makes the empty file, for its owner's eyes only; SQLite gives its side files the same rights. */
export function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw unwritable(path, error);
  }
}

/** SQLite opens an unwritable file for reading without a word: so ask first. */
export function refuseReadOnly(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Writes the marker, durably. */
export function markInitialised(path: string): void {
  try {
    const file = openSync(markerOf(path), 'w', 0o600);
    writeSync(file, 'A repost database was made here. While this file stays, a missing one is reported.\n');
    fsyncSync(file);
    closeSync(file);
    syncFolder(path);
  } catch (error) {
    throw unwritable(markerOf(path), error);
  }
}

/** Makes the names in a file's folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function unwritable(path: string, error: unknown): Failure {
  if (codeOf(error) === 'ENOSPC') {
    return new Failure('E_DISK_FULL', { message: `There is no room left to write ${path}.`, cause: error });
  }
  return new Failure('E_DB_READONLY', { message: `${path} can’t be written: ${said(error)}.`, cause: error });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
