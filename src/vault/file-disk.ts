import { randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { vaultUnreachable, vaultUnsafe } from './failures.ts';
import { parseFile, type VaultFile } from './file-format.ts';
import { codeOf } from './lock.ts';

export interface FileMemory {
  /** Undefined where there is no file yet. Throws E_VAULT_UNSAFE, E_VAULT_CORRUPT, E_VAULT_UNREACHABLE. */
  load(path: string): Promise<VaultFile | undefined>;
  /** After a writing: what the file of this inode holds. */
  keep(path: string, inode: bigint, file: VaultFile): Promise<void>;
}

/** The file as it was read or written last, as long as it is the same: of thousands of entries the reading takes longest. */
export function memoryOfFile(): FileMemory {
  let last: { stamp: string; file: VaultFile } | undefined;
  return {
    async load(path) {
      // Before each request somebody asks for a token: mostly the file is still the same, and need not be opened.
      const now = last && (await stat(path, { bigint: true }).catch(() => undefined));
      if (last && now && isOwnersAlone(now) && last.stamp === stampOf(path, now)) return last.file;
      const handle = await open(path, 'r').catch((error: unknown) =>
        codeOf(error) === 'ENOENT' ? undefined : refuse(error),
      );
      if (!handle) return undefined;
      try {
        const stats = await handle.stat({ bigint: true });
        if (!isOwnersAlone(stats)) throw vaultUnsafe(path);
        const stamp = stampOf(path, stats);
        if (last?.stamp !== stamp) last = { stamp, file: parseFile(await handle.readFile('utf8'), path) };
        return last.file;
      } catch (error) {
        return refuse(error);
      } finally {
        await handle.close();
      }
    },
    async keep(path, inode, file) {
      const stats = await stat(path, { bigint: true });
      if (stats.ino === inode) last = { stamp: stampOf(path, stats), file };
    },
  };
}

const isOwnersAlone = ({ mode }: BigIntStats) => process.platform === 'win32' || (mode & 0o077n) === 0n;

/** Whoever changes the file replaces it (another inode) or adds to it (another size); the times are for those who do neither. */
function stampOf(path: string, { dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [path, dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/**
 * Old or new, also after a power cut: new file beside, forced to disk, renamed over, the folder forced to disk.
 * Gives the new file's inode; undefined where the lock was lost on the way: then nothing was changed.
 */
export async function replaceFile(
  path: string,
  text: string,
  stillMine: () => Promise<boolean>,
): Promise<bigint | undefined> {
  let inode: bigint;
  const folder = dirname(path);
  const stem = `${basename(path)}.new-`;
  // Under the lock nobody else is writing: what lies here was left by a crash.
  for (const name of await readdir(folder)) if (name.startsWith(stem)) await rm(join(folder, name));
  const fresh = join(folder, `${stem}${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(fresh, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
      inode = (await handle.stat({ bigint: true })).ino;
    } finally {
      await handle.close();
    }
    if (!(await stillMine())) {
      await rm(fresh);
      return undefined;
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  // Windows can't open a folder to force it.
  if (process.platform === 'win32') return inode;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return inode;
}

/**
 * Adds lines to the file and forces them to the disk; what could be written only in part is taken back. Gives the
 * file's inode; undefined where the lock was lost before: then nothing was changed.
 */
export async function appendLines(
  path: string,
  text: string,
  stillMine: () => Promise<boolean>,
): Promise<bigint | undefined> {
  const handle = await open(path, 'a');
  try {
    const { ino, size } = await handle.stat({ bigint: true });
    if (!(await stillMine())) return undefined;
    try {
      await handle.appendFile(text);
      await handle.sync();
    } catch (error) {
      await handle.truncate(Number(size)).catch(() => undefined);
      throw error;
    }
    return ino;
  } finally {
    await handle.close();
  }
}

/** A file system's error as a Failure. */
export function refuse(error: unknown): never {
  if (error instanceof Failure) throw error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new Failure('E_DISK_FULL', { message: 'The disk is full: the vault’s file can’t be written.' });
  throw vaultUnreachable(
    `The vault’s file can’t be used (${code ?? 'unknown reason'}).`,
    'Give repost a folder it may read and write; see: repost paths',
  );
}
