import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { Failure } from '../core/failure.ts';
import { BUSY_TIMEOUT_MS } from './writer.ts';

/**
 * Opens a SQLite file that exists (or `:memory:`, or the bytes of one, in memory). Nothing is read or written yet. Throws
 * SQLite's errors, and E_ADDON where its compiled part can't be loaded.
 */
export function openFile(
  path: string | Buffer,
  options: { readOnly?: boolean; timeoutMs?: number } = {},
): Database.Database {
  const nativeBinding = findBinding();
  try {
    return new Database(path, {
      readonly: options.readOnly ?? false,
      fileMustExist: path !== ':memory:' && typeof path === 'string',
      timeout: options.timeoutMs ?? BUSY_TIMEOUT_MS,
      ...(nativeBinding === undefined ? {} : { nativeBinding }),
    });
  } catch (error) {
    throw addOnFailure(error) ?? error;
  }
}

/** Throws E_ADDON where SQLite can't work here, for those who would find out only after much else. */
export function requireAddOn(): void {
  openFile(':memory:').close();
}

/**
 * Installed with --ignore-scripts nothing compiles the add-on, and a later Node does not load the one of an earlier:
 * https://nodejs.org/api/errors.html#err_dlopen_failed
 */
function addOnFailure(error: unknown): Failure | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = message.startsWith('Could not locate the bindings file');
  if (!isMissing && code !== 'ERR_DLOPEN_FAILED') return undefined;
  return new Failure('E_ADDON', {
    message: isMissing
      ? 'The compiled part of SQLite is missing: the packages were installed without their install scripts.'
      : `The compiled part of SQLite does not load in this Node (${process.version}).`,
    command: `npm rebuild better-sqlite3 --ignore-scripts=false --prefix ${shellWord(packagesFolder())}`,
    cause: error,
  });
}

/** The folder whose node_modules has better-sqlite3: npm builds it there, whether all was installed globally or not. */
function packagesFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('better-sqlite3/package.json');
  return dirname(dirname(dirname(manifest)));
}

const shellWord = (text: string) =>
  /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

let binding: { path: string | undefined } | undefined;

/** Where the compiled part is; naming it spares the search of several folders at every start. */
function findBinding(): string | undefined {
  binding ??= { path: resolveBinding() };
  return binding.path;
}

function resolveBinding(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve('better-sqlite3/build/Release/better_sqlite3.node');
  } catch {
    return undefined; // built elsewhere: the package then searches itself
  }
}
