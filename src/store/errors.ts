import Database from 'better-sqlite3';
import { Failure } from '../core/failure.ts';
import { FENCED, fenceFailure } from './place.ts';

/** SQLite's word for an error, or undefined where it is none of SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof Database.SqliteError ? error.code : undefined;
}

/** True where somebody else holds the database: the same thing may work in a moment. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  return code !== undefined && (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'));
}

/** PostgreSQL’s word for it. */
const UNIQUE_VIOLATION = '23505';

export function isDuplicate(error: unknown): boolean {
  const code = sqliteCode(error) ?? (error as { code?: unknown } | undefined)?.code;
  return (
    code === 'SQLITE_CONSTRAINT_UNIQUE' ||
    code === 'SQLITE_CONSTRAINT_PRIMARYKEY' ||
    code === UNIQUE_VIOLATION
  );
}

/** What went wrong when the log was synced: the system's error, of no SQLite. */
export function asSyncFailure(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Failure('E_DISK_FULL', { message: `There is no room left to write ${path}.`, cause: error });
  // The disk may recover: a job that meets this must not die of it.
  return new Failure('E_HOME', {
    kind: 'retry',
    message: `The disk reports an error for ${path} (${code ?? 'a failed sync'}).`,
    cause: error,
  });
}

/**
 * What went wrong with a database file, for people. Result codes: https://www.sqlite.org/rescode.html
 * Anything that is not SQLite's own error is handed through.
 */
export function asStoreFailure(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  const cause = error;
  if (error.message.startsWith(FENCED)) return fenceFailure(error.message, path);
  if (isBusy(error)) {
    return new Failure('E_DB_BUSY', { message: `Another program holds ${path}.`, cause });
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return new Failure('E_DB_CORRUPT', { message: `${path} is damaged: ${error.message}.`, cause });
  }
  if (code === 'SQLITE_NOTADB') {
    return new Failure('E_DB_FOREIGN', { message: `${path} is not a database.`, cause });
  }
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') {
    return new Failure('E_DISK_FULL', { message: `There is no room left to write ${path}.`, cause });
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return new Failure('E_DB_READONLY', { message: `${path} can’t be written.`, cause });
  }
  if (code.startsWith('SQLITE_CANTOPEN')) {
    return new Failure('E_HOME', { message: `${path} can’t be opened: ${error.message}.`, cause });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    // The disk may recover: a job that meets this must not die of it.
    return new Failure('E_HOME', {
      kind: 'retry',
      message: `The disk reports an error for ${path} (${code}).`,
      cause,
    });
  }
  return new Failure('E_INTERNAL', {
    kind: 'retry',
    message: `The database refused: ${error.message} (${code}).`,
    cause,
  });
}
