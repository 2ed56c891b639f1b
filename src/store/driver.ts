import { createRequire } from 'node:module';
import Database from 'better-sqlite3';
import { BUSY_TIMEOUT_MS } from './writer.ts';

/** Opens a SQLite file that exists (or `:memory:`). Nothing is read or written yet. Throws SQLite's errors. */
export function openFile(
  path: string,
  options: { readOnly?: boolean; timeoutMs?: number } = {},
): Database.Database {
  const nativeBinding = findBinding();
  return new Database(path, {
    readonly: options.readOnly ?? false,
    fileMustExist: path !== ':memory:',
    timeout: options.timeoutMs ?? BUSY_TIMEOUT_MS,
    ...(nativeBinding === undefined ? {} : { nativeBinding }),
  });
}

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
