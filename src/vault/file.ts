import { mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Vault } from '../core/vault.ts';
import { readOutcome, vaultCorrupt, vaultPassphrase } from './failures.ts';
import { appendLines, memoryOfFile, refuse, replaceFile } from './file-disk.ts';
import type { Opener, VaultFile } from './file-format.ts';
import {
  createFile,
  decryptEntry,
  encryptEntry,
  formatFile,
  formatLine,
  unwrap,
  wrap,
} from './file-format.ts';
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

/** Fewer lines than this are no reason to write the file whole. */
const FEW_LINES = 64;

interface Change {
  name: string;
  /** Undefined: the entry is taken out. */
  value: string | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

export interface FileVaultOptions extends PassphraseSources {
  path: string;
}

/**
 * Secrets in one encrypted file: AES-256-GCM for each entry, names readable, readable and writable for its
 * owner only. An entry that is set is a line behind the others; the file is replaced as a whole where an entry is taken
 * out (nothing of it stays) and once there are more lines than entries. A crash leaves the old or the new state. Other
 * processes write it too, so every call looks whether the file is still the one that was read last; the derived key is
 * kept for the life of the process. Changes that come while one is being written are written together: a thousand
 * accounts may renew their tokens in the same minute, and each writing waits for the disk.
 */
export function fileVault(options: FileVaultOptions): FileVault {
  const inTurn = takeTurns();
  const keys = keyRing(options);

  const { load, keep } = memoryOfFile();
  let waiting: Change[] = [];

  const change = (name: string, value: string | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ name, value, resolve, reject });
      void inTurn(changeAll);
    });

  /** All that waits, in one writing. */
  async function changeAll(): Promise<void> {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    try {
      await changeFile((file, dataKey) => amend(file, dataKey, batch));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** Changes the file under the lock. The key is derived before, since a person may have to be asked for it. */
  async function changeFile(edit: (file: VaultFile, dataKey: Buffer) => Edited): Promise<void> {
    await mkdir(dirname(options.path), { recursive: true, mode: 0o700 }).catch(refuse);
    const path = await realpath(options.path).catch(() => options.path);
    for (;;) {
      const seen = await load(path);
      const { file: made, dataKey } = seen
        ? { file: seen, dataKey: await keys.of(seen) }
        : await keys.create();
      const done = await withFileLock(`${path}.lock`, options.clock, async (stillMine) => {
        const found = await load(path);
        const file = found ?? made;
        // Another process made the file in between: its key is another one. Once more, with that.
        if (file.id !== made.id) return false;
        const edited = edit(file, dataKey);
        const inode =
          found && edited.lines !== undefined
            ? await appendLines(path, edited.lines, stillMine)
            : await replaceFile(path, formatFile(edited.file), stillMine);
        const lines = found && edited.lines !== undefined ? edited.file.lines : 0;
        if (inode !== undefined) await keep(path, inode, { ...edited.file, lines });
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
    write: (name, value) => change(name, value),
    async remove(name) {
      const known = await inTurn(async () => (await load(options.path))?.entries.has(name));
      if (!known) return;
      await change(name, undefined);
    },
    changePassphrase: (next) =>
      inTurn(async () => {
        if ('passphrase' in next && next.passphrase === '')
          throw vaultPassphrase('The new passphrase is empty.', 'Choose one that others can’t guess.');
        const file = await load(options.path);
        if (!file) throw vaultPassphrase(`There is no vault’s file ${options.path} yet.`);
        const rewrapped = await wrap(file, await keys.of(file), next);
        await changeFile(({ entries }) => ({ file: { ...rewrapped, entries } }));
      }),
  };
  return vault;
}

/** A changed file, and what says the same behind the old one where that is enough. */
interface Edited {
  file: VaultFile;
  lines?: string;
}

function amend(file: VaultFile, dataKey: Buffer, batch: readonly Change[]): Edited {
  const entries = new Map(file.entries);
  let text = '';
  let lines = file.lines;
  for (const { name, value } of batch) {
    if (value === undefined) {
      entries.delete(name);
      lines = Number.POSITIVE_INFINITY;
      continue;
    }
    const sealed = encryptEntry(dataKey, name, value);
    entries.set(name, sealed);
    text += formatLine(name, sealed);
    lines += 1;
  }
  if (lines > Math.max(FEW_LINES, entries.size)) return { file: { ...file, entries } };
  return { file: { ...file, entries, lines }, lines: text };
}

/** Data keys by the id of their file: derived once a process, whatever passphrase the file gets later. */
function keyRing(options: FileVaultOptions) {
  const known = new Map<string, Buffer>();
  const vault = `the vault’s file ${options.path}`;
  return {
    async of(file: VaultFile): Promise<Buffer> {
      const cached = known.get(file.id);
      if (cached) return cached;
      const wanted = file.kdf.name === 'scrypt' ? 'passphrase' : 'key';
      const opener = await findOpener(options, { vault, isNew: false }, wanted);
      const dataKey = await unwrap(file, opener);
      if (!dataKey) throw vaultPassphrase(`The ${wanted} does not open the vault’s file ${options.path}.`);
      known.set(file.id, dataKey);
      return dataKey;
    },
    async create(): Promise<{ file: VaultFile; dataKey: Buffer }> {
      const opener = await findOpener(options, { vault, isNew: true }, undefined);
      const made = await createFile(opener);
      known.set(made.file.id, made.dataKey);
      return made;
    },
  };
}
