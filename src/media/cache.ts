import { randomUUID } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE } from '../core/clock.ts';
import type { MediaFacts, MediaFile } from '../core/media.ts';
import { copyHashed, hashFile, settleFile, storageFailure } from './copy.ts';

/** A cached file as its register keeps it: the part of the store that the media room knows. */
export interface CachedMedia extends MediaFacts {
  sha256: string;
  /** Name within the cache folder. */
  path: string;
  mimeType: string;
  origin: string;
  lastUsedAt: number;
}

export interface MediaRegister {
  save(media: CachedMedia): Promise<void>;
  get(sha256: string): Promise<CachedMedia | undefined>;
  touch(sha256: string, now: number): Promise<void>;
  /** Least recently used first. */
  list(): Promise<CachedMedia[]>;
  /** True where a job that has not ended wants it. */
  inUse(sha256: string): Promise<boolean>;
  remove(sha256: string): Promise<void>;
}

export interface CacheOptions {
  dir: string;
  /** What all files together may take; only files that an unfinished job needs stay beyond it. */
  limitBytes: number;
  register: MediaRegister;
  clock: Clock;
}

interface Addition {
  path: string;
  /** True for a file in a workspace of this cache: moved, not copied. */
  adopt?: boolean;
  /** Of an adopted file, where it was taken while the bytes came in: it is not read again for it. */
  sha256?: string;
  /** For people: `folder`, `yt-dlp`; for files made from another one see `derivedOrigin`. */
  origin: string;
  /** Looks at the cache's own copy before it counts; throws where it is no good. */
  verify(path: string): Promise<MediaFacts>;
}

/** Files by their content: one name, one content, for ever. */
export interface MediaCache {
  readonly dir: string;
  add(addition: Addition): Promise<MediaFile>;
  /** Undefined where it is not (or no longer, or not wholly) there. */
  get(sha256: string): Promise<MediaFile | undefined>;
  /** The file that was made from another one by this recipe. */
  derived(sha256: string, recipe: string): Promise<MediaFile | undefined>;
  /** Lends a fresh private folder on the cache's disk; it is gone afterwards, whatever happens. */
  withWorkspace<T>(work: (dir: string) => Promise<T>): Promise<T>;
  /** Removes the least recently used until the limit is kept. Gives the bytes freed. */
  evict(): Promise<number>;
}

/**
 * A file that was just added belongs to a job only a moment later; until then it must not be evicted by the
 * addition of another lane or process.
 */
const FRESH_MS = 15 * MINUTE;

const TEMPORARY = 'tmp';

/** Workspaces of this process; those of a dead one are swept. */
const ownWorkspaces = new Set<string>();

const mimeTypes: Readonly<Record<MediaFacts['container'], string>> = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  mkv: 'video/x-matroska',
  other: 'application/octet-stream',
};

/** The origin under which a file made from another one is registered. */
export function derivedOrigin(sha256: string, recipe: string): string {
  return `made:${sha256}:${recipe}`;
}

/**
 * Opens the cache: makes its folder (0700), and sweeps what a crash left behind. A file is registered before
 * it takes its name and loses its name before it is struck off: at any instant a named file is registered.
 */
export async function openCache(options: CacheOptions): Promise<MediaCache> {
  const { dir, register, clock } = options;
  try {
    await mkdir(join(dir, TEMPORARY), { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
    await sweep(options);
  } catch (error) {
    throw storageFailure(error, clock.now());
  }

  const open = async (row: CachedMedia | undefined): Promise<MediaFile | undefined> => {
    if (row === undefined) return undefined;
    const stat = await lstat(join(dir, row.path)).catch(() => undefined);
    if (stat === undefined || !stat.isFile() || stat.size !== row.bytes) return undefined;
    await register.touch(row.sha256, clock.now());
    return mediaFile(dir, row);
  };

  const withWorkspace = async <T>(work: (workspace: string) => Promise<T>): Promise<T> => {
    const name = `${process.pid}-${randomUUID()}`;
    const workspace = join(dir, TEMPORARY, name);
    ownWorkspaces.add(name);
    try {
      await mkdir(workspace, { mode: 0o700 });
      return await work(workspace);
    } catch (error) {
      throw storageFailure(error, clock.now());
    } finally {
      await rm(workspace, { recursive: true, force: true });
      ownWorkspaces.delete(name);
    }
  };

  const add = (addition: Addition): Promise<MediaFile> =>
    withWorkspace(async (workspace) => {
      const draft = addition.adopt === true ? addition.path : join(workspace, 'copy');
      const sha256 = await settled(addition, draft, clock);
      const facts = await addition.verify(draft);
      const row: CachedMedia = {
        ...facts,
        sha256,
        path: `${sha256}.${facts.container === 'other' ? 'bin' : facts.container}`,
        mimeType: mimeTypes[facts.container],
        origin: addition.origin,
        lastUsedAt: clock.now(),
      };
      await chmod(draft, 0o600);
      await register.save(row);
      await rename(draft, join(dir, row.path));
      await evict(options, row.sha256);
      return mediaFile(dir, row);
    });

  return {
    dir,
    add,
    withWorkspace,
    get: async (sha256) => open(await register.get(sha256)),
    derived: async (sha256, recipe) => {
      const origin = derivedOrigin(sha256, recipe);
      return open((await register.list()).find((row) => row.origin === origin));
    },
    evict: () => evict(options),
  };
}

/** The SHA-256 of the cache's own copy, whose bytes are on the disk then. */
async function settled({ path, adopt, sha256 }: Addition, draft: string, clock: Clock): Promise<string> {
  if (adopt !== true) return copyHashed(path, draft, clock);
  if (sha256 === undefined) return hashFile(draft, true);
  await settleFile(draft);
  return sha256;
}

function mediaFile(dir: string, row: CachedMedia): MediaFile {
  const { origin: _origin, lastUsedAt: _lastUsedAt, ...file } = row;
  return { ...file, path: join(dir, row.path) };
}

async function evict({ dir, limitBytes, register, clock }: CacheOptions, keep?: string): Promise<number> {
  const rows = await register.list();
  let total = rows.reduce((sum, row) => sum + row.bytes, 0);
  let freed = 0;
  for (const row of rows) {
    if (total <= limitBytes) break;
    if (row.sha256 === keep || row.lastUsedAt > clock.now() - FRESH_MS) continue;
    if (await needed(row, register)) continue;
    await rm(join(dir, row.path), { force: true });
    await register.remove(row.sha256);
    total -= row.bytes;
    freed += row.bytes;
  }
  return freed;
}

/** A file made from another one is needed as long as that one is: jobs know the original only. */
async function needed(row: CachedMedia, register: MediaRegister): Promise<boolean> {
  if (await register.inUse(row.sha256)) return true;
  const parent = /^made:([0-9a-f]{64}):/.exec(row.origin)?.[1];
  return parent !== undefined && (await register.inUse(parent));
}

/** Removes workspaces of dead processes, files that nobody registered, and entries whose file is gone. */
async function sweep({ dir, register, clock }: CacheOptions): Promise<void> {
  for (const name of await readdir(join(dir, TEMPORARY))) {
    if (ownWorkspaces.has(name) || isAlive(Number.parseInt(name, 10))) continue;
    await rm(join(dir, TEMPORARY, name), { recursive: true, force: true });
  }
  // Files first, then the register: what another process adds in between is in the second list at least.
  const files = (await readdir(dir)).filter((name) => name !== TEMPORARY);
  const rows = await register.list();
  const registered = new Set(rows.map((row) => row.path));
  for (const name of files)
    if (!registered.has(name) && isCacheName(name)) await rm(join(dir, name), { force: true });
  const present = new Set(files);
  for (const row of rows)
    if (!present.has(row.path) && row.lastUsedAt < clock.now() - HOUR) await register.remove(row.sha256);
}

/** The folder could be a wrong one: only what looks like ours is ever removed. */
function isCacheName(name: string): boolean {
  return /^[0-9a-f]{64}\.(mp4|mov|webm|mkv|bin)$/.test(name);
}

function isAlive(pid: number): boolean {
  if (pid === process.pid || !Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
