import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import type { Vault } from '../core/vault.ts';
import { readOutcome, vaultCorrupt, vaultPassphrase, vaultUnreachable, vaultUnsafe } from './failures.ts';
import type { Opener, VaultFile } from './file-format.ts';
import {
  createFile,
  decryptEntry,
  encryptEntry,
  formatFile,
  parseFile,
  unwrap,
  wrap,
} from './file-format.ts';
import { codeOf, withFileLock } from './lock.ts';
import type { PassphraseSources } from './passphrase.ts';
import { findOpener } from './passphrase.ts';
import { proveCanary } from './probe.ts';
import { takeTurns } from './turns.ts';

export interface FileVault extends Vault {
  /**
   * Puts the vault under another passphrase or key; entries and running processes stay as they are. The old
   * one is needed as for any call. Throws E_VAULT_….
   */
  changePassphrase(next: Opener): Promise<void>;
}

export interface FileVaultOptions extends PassphraseSources {
  path: string;
}

/**
 * Secrets in one encrypted file: AES-256-GCM for each entry, names readable, readable and writable for its
 * owner only, replaced as a whole so that a crash leaves the old or the new one. Every call reads the file
 * anew, because other processes write it too; the derived key is kept for the life of the process.
 */
export function fileVault(options: FileVaultOptions): FileVault {
  const inTurn = takeTurns();
  const keys = keyRing(options);

  /** Changes the file under the lock. The key is derived before, since a person may have to be asked for it. */
  const change = async (edit: (file: VaultFile, dataKey: Buffer) => VaultFile): Promise<void> => {
    await mkdir(dirname(options.path), { recursive: true, mode: 0o700 }).catch(refuse);
    const path = await realpath(options.path).catch(() => options.path);
    for (;;) {
      const seen = await load(path);
      const { file: made, dataKey } = seen
        ? { file: seen, dataKey: await keys.of(seen) }
        : await keys.create();
      const done = await withFileLock(`${path}.lock`, options.clock, async (stillMine) => {
        const file = (await load(path)) ?? made;
        // Another process made the file in between: its key is another one. Once more, with that.
        if (file.id !== made.id) return false;
        return await replace(path, formatFile(edit(file, dataKey)), stillMine);
      }).catch(refuse);
      if (done) return;
    }
  };

  const vault: FileVault = {
    kind: 'file',
    description: options.path,
    probe: () => proveCanary(vault),
    read: (name) =>
      inTurn(async () => {
        try {
          const file = await load(options.path);
          const sealed = file?.entries.get(name);
          if (!file || sealed === undefined) return { state: 'absent' };
          const value = decryptEntry(await keys.of(file), name, sealed);
          if (value === undefined)
            throw vaultCorrupt(`The entry ${name} in the vault’s file ${options.path} is damaged.`);
          return { state: 'found', value };
        } catch (error) {
          return readOutcome(error);
        }
      }),
    write: (name, value) =>
      inTurn(() =>
        change((file, dataKey) => ({
          ...file,
          entries: new Map(file.entries).set(name, encryptEntry(dataKey, name, value)),
        })),
      ),
    remove: (name) =>
      inTurn(async () => {
        if (!(await load(options.path))?.entries.has(name)) return;
        await change((file) => {
          const entries = new Map(file.entries);
          entries.delete(name);
          return { ...file, entries };
        });
      }),
    changePassphrase: (next) =>
      inTurn(async () => {
        if ('passphrase' in next && next.passphrase === '')
          throw vaultPassphrase('The new passphrase is empty.', 'Choose one that others can’t guess.');
        const file = await load(options.path);
        if (!file) throw vaultPassphrase(`There is no vault’s file ${options.path} yet.`);
        const rewrapped = await wrap(file, await keys.of(file), next);
        await change(({ entries }) => ({ ...rewrapped, entries }));
      }),
  };
  return vault;
}

/** Data keys by the id of their file: derived once a process, whatever passphrase the file gets later. */
function keyRing(options: FileVaultOptions) {
  const known = new Map<string, Buffer>();
  return {
    async of(file: VaultFile): Promise<Buffer> {
      const cached = known.get(file.id);
      if (cached) return cached;
      const wanted = file.kdf.name === 'scrypt' ? 'passphrase' : 'key';
      const opener = await findOpener(options, { path: options.path, isNew: false }, wanted);
      const dataKey = await unwrap(file, opener);
      if (!dataKey) throw vaultPassphrase(`The ${wanted} does not open the vault’s file ${options.path}.`);
      known.set(file.id, dataKey);
      return dataKey;
    },
    async create(): Promise<{ file: VaultFile; dataKey: Buffer }> {
      const opener = await findOpener(options, { path: options.path, isNew: true }, undefined);
      const made = await createFile(opener);
      known.set(made.file.id, made.dataKey);
      return made;
    },
  };
}

/** Undefined where there is no file yet. Throws E_VAULT_UNSAFE, E_VAULT_CORRUPT, E_VAULT_UNREACHABLE. */
async function load(path: string): Promise<VaultFile | undefined> {
  const handle = await open(path, 'r').catch((error: unknown) =>
    codeOf(error) === 'ENOENT' ? undefined : refuse(error),
  );
  if (!handle) return undefined;
  try {
    const { mode } = await handle.stat();
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw vaultUnsafe(path);
    return parseFile(await handle.readFile('utf8'), path);
  } catch (error) {
    return refuse(error);
  } finally {
    await handle.close();
  }
}

/**
 * Old or new, also after a power cut: new file beside, forced to disk, renamed over, the folder forced to disk.
 * False where the lock was lost on the way; then nothing was changed.
 */
async function replace(path: string, text: string, stillMine: () => Promise<boolean>): Promise<boolean> {
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
    } finally {
      await handle.close();
    }
    if (!(await stillMine())) {
      await rm(fresh);
      return false;
    }
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  // Windows can't open a folder to force it.
  if (process.platform === 'win32') return true;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  return true;
}

/** A file system's error as a Failure. */
function refuse(error: unknown): never {
  if (error instanceof Failure) throw error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new Failure('E_DISK_FULL', { message: 'The disk is full: the vault’s file can’t be written.' });
  throw vaultUnreachable(
    `The vault’s file can’t be used (${code ?? 'unknown reason'}).`,
    'Give repost a folder it may read and write; see: repost paths',
  );
}
