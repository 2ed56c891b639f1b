import { mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Vault } from '../core/vault.ts';
import { readOutcome, vaultCorrupt, vaultPassphrase } from './failures.ts';
import { memoryOfFile, refuse, replaceFile } from './file-disk.ts';
import type { Opener, VaultFile } from './file-format.ts';
import { createFile, decryptEntry, encryptEntry, formatFile, unwrap, wrap } from './file-format.ts';
import { withFileLock } from './lock.ts';
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

/** Changes the entries of a file that is about to be written. */
type Edit = (entries: Map<string, string>, dataKey: Buffer) => void;

interface Change {
  edit: Edit;
  resolve(): void;
  reject(error: unknown): void;
}

export interface FileVaultOptions extends PassphraseSources {
  path: string;
}

/**
 * Secrets in one encrypted file: AES-256-GCM for each entry, names readable, readable and writable for its
 * owner only, replaced as a whole so that a crash leaves the old or the new one. Other processes write it too, so
 * every call looks whether the file is still the one that was read last; the derived key is kept for the life of
 * the process. Changes that come while one is being written are written together: a thousand accounts may renew
 * their tokens in the same minute, and each writing is the whole file and two waits for the disk.
 */
export function fileVault(options: FileVaultOptions): FileVault {
  const inTurn = takeTurns();
  const keys = keyRing(options);

  const { load, keep } = memoryOfFile();
  let waiting: Change[] = [];

  const change = (edit: Edit): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ edit, resolve, reject });
      void inTurn(changeAll);
    });

  /** All that waits, in one writing. */
  async function changeAll(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      await changeFile((file, dataKey) => {
        const entries = new Map(file.entries);
        for (const { edit } of batch) edit(entries, dataKey);
        return { ...file, entries };
      });
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** Changes the file under the lock. The key is derived before, since a person may have to be asked for it. */
  async function changeFile(edit: (file: VaultFile, dataKey: Buffer) => VaultFile): Promise<void> {
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
        const edited = edit(file, dataKey);
        const inode = await replaceFile(path, formatFile(edited), stillMine);
        if (inode !== undefined) await keep(path, inode, edited);
        return inode !== undefined;
      }).catch(refuse);
      if (done) return;
    }
  }

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
      change((entries, dataKey) => {
        entries.set(name, encryptEntry(dataKey, name, value));
      }),
    async remove(name) {
      const known = await inTurn(async () => (await load(options.path))?.entries.has(name));
      if (!known) return;
      await change((entries) => {
        entries.delete(name);
      });
    },
    changePassphrase: (next) =>
      inTurn(async () => {
        if ('passphrase' in next && next.passphrase === '')
          throw vaultPassphrase('The new passphrase is empty.', 'Choose one that others can’t guess.');
        const file = await load(options.path);
        if (!file) throw vaultPassphrase(`There is no vault’s file ${options.path} yet.`);
        const rewrapped = await wrap(file, await keys.of(file), next);
        await changeFile(({ entries }) => ({ ...rewrapped, entries }));
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
