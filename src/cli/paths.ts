import { existsSync, mkdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../core/failure.ts';

/** Where repost keeps its things. */
export interface Paths {
  /** config.json */
  config: string;
  /** The database, the locks, the file vault. */
  data: string;
  /** Logs. */
  state: string;
  /** Videos on their way. */
  cache: string;
}

/** XDG on Linux, the platform's own folders on macOS; REPOST_HOME puts all four below itself. */
export function pathsOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): Paths {
  const home = env['REPOST_HOME'];
  if (home) {
    const root = resolve(home);
    return {
      config: join(root, 'config'),
      data: join(root, 'data'),
      state: join(root, 'state'),
      cache: join(root, 'cache'),
    };
  }
  const user = env['HOME'] || homedir();
  if (platform === 'darwin') {
    const library = join(user, 'Library');
    const support = join(library, 'Application Support', 'repost');
    return {
      config: support,
      data: support,
      state: join(library, 'Logs', 'repost'),
      cache: join(library, 'Caches', 'repost'),
    };
  }
  const xdg = (name: string, ...fallback: string[]) => join(env[name] || join(user, ...fallback), 'repost');
  return {
    config: xdg('XDG_CONFIG_HOME', '.config'),
    data: xdg('XDG_DATA_HOME', '.local', 'share'),
    state: xdg('XDG_STATE_HOME', '.local', 'state'),
    cache: xdg('XDG_CACHE_HOME', '.cache'),
  };
}

export const filesIn = (paths: Paths) => ({
  config: join(paths.config, 'config.json'),
  database: join(paths.data, 'repost.db'),
  daemonLock: join(paths.data, 'daemon.lock.db'),
  locks: join(paths.data, 'locks'),
  vault: join(paths.data, 'vault.json'),
  nudge: join(paths.data, 'nudge'),
  originals: join(paths.data, 'originals'),
  media: join(paths.cache, 'media'),
});

/** Makes a folder that only its owner can open, and what is above it. Throws E_HOME with the path. */
export function makeFolder(path: string): void {
  try {
    // Not `recursive`: where a file system refuses with ENOENT (/proc), Node 20 would try for ever.
    for (const folder of missingAbove(path)) makeOne(folder);
    if (statSync(path).isDirectory()) return;
  } catch (error) {
    throw new Failure('E_HOME', {
      message: `The folder ${path} can’t be made: ${error instanceof Error ? error.message : String(error)}.`,
      cause: error,
    });
  }
  throw new Failure('E_HOME', { message: `${path} is a file, and a folder is needed there.` });
}

function missingAbove(path: string): string[] {
  return existsSync(path) || dirname(path) === path ? [] : [...missingAbove(dirname(path)), path];
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
