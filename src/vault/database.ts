import { Failure } from '../core/failure.ts';
import type { Vault } from '../core/vault.ts';
import { readOutcome, vaultCorrupt, vaultPassphrase, vaultUnreachable } from './failures.ts';
import {
  createFile,
  decryptEntry,
  encryptEntry,
  type Opener,
  unwrap,
  type VaultFile,
  wrap,
} from './file-format.ts';
import { findOpener, type PassphraseSources } from './passphrase.ts';
import { proveCanary } from './probe.ts';

/** The data key as one host's key opens it. */
export interface SharedKey {
  name: string;
  dataKey: string;
  kdf: string;
  wrapped: string;
  createdAt: number;
}

/** Where the encrypted entries and keys lie (see `SecretTable` of the store), and which host this is. */
export interface SharedSecrets {
  table: {
    keys(): Promise<SharedKey[]>;
    putKey(key: SharedKey): Promise<boolean>;
    removeKey(name: string): Promise<boolean>;
    get(name: string): Promise<string | undefined>;
    put(name: string, sealed: string): Promise<void>;
    remove(name: string): Promise<void>;
  };
  host: string;
}

export interface DatabaseVault extends Vault {
  /** Lets whoever has this passphrase or key open the vault, under that name; in the place of the one it had. Throws E_VAULT_…. */
  setKey(name: string, opener: Opener): Promise<void>;
}

const PLACE = 'in the database';

/**
 * Secrets in a database that several hosts share. A random data key encrypts the entries (AES-256-GCM, the name bound to
 * each); the key of each host, which only that host has, encrypts the data key. So the database by itself opens nothing.
 * The data key is kept for the life of the process.
 */
export function databaseVault(options: PassphraseSources & { shared: SharedSecrets }): DatabaseVault {
  const { table, host } = options.shared;
  let opened: Promise<{ id: string; dataKey: Buffer }> | undefined;

  /** The data key; made where `isNew` says that there may be none yet. */
  const key = (isNew: boolean): Promise<{ id: string; dataKey: Buffer } | undefined> => {
    if (opened) return opened;
    const opening = openKey(isNew);
    opened = opening.then((found) => found ?? Promise.reject(new Error('There is no key yet.')));
    opened.catch(() => {
      opened = undefined;
    });
    return opening;
  };

  async function openKey(isNew: boolean): Promise<{ id: string; dataKey: Buffer } | undefined> {
    const keys = await asked(table.keys());
    if (keys.length > 0) return unlock(keys);
    if (!isNew) return undefined;
    const opener = await findOpener(options, { path: PLACE, isNew: true }, undefined);
    const { file, dataKey } = await createFile(opener);
    // Another host was faster: with its data key, then.
    if (!(await asked(table.putKey(rowOf(host, file, options.clock.now())))))
      return unlock(await asked(table.keys()));
    return { id: file.id, dataKey };
  }

  async function unlock(keys: readonly SharedKey[]): Promise<{ id: string; dataKey: Buffer }> {
    // This host’s own first: each try costs a third of a second.
    const sorted = [...keys].sort((a, b) => Number(b.name === host) - Number(a.name === host));
    const files = sorted.map(fileOf);
    const wanted = files.every(({ kdf }) => kdf.name === 'scrypt')
      ? 'passphrase'
      : files.every(({ kdf }) => kdf.name !== 'scrypt')
        ? 'key'
        : undefined;
    const opener = await findOpener(options, { path: PLACE, isNew: false }, wanted);
    for (const file of files) {
      if ((file.kdf.name === 'scrypt') !== 'passphrase' in opener) continue;
      const dataKey = await unwrap(file, opener);
      if (dataKey) return { id: file.id, dataKey };
    }
    throw vaultPassphrase(
      `What this host has does not open the vault ${PLACE}, which opens for: ${keys.map(({ name }) => name).join(', ')}.`,
      'Give the right passphrase, or let this host in from one that is: repost vault key set NAME.',
    );
  }

  async function keyToWrite(): Promise<{ id: string; dataKey: Buffer }> {
    const found = await key(true);
    if (found) return found;
    throw vaultCorrupt(`The vault ${PLACE} has no key.`);
  }

  const vault: DatabaseVault = {
    kind: 'database',
    description: 'the vault of the database',
    probe: () => proveCanary(vault),
    async read(name) {
      try {
        const sealed = await asked(table.get(name));
        if (sealed === undefined) return { state: 'absent' };
        const found = await key(false);
        const value = found && decryptEntry(found.dataKey, name, sealed);
        if (value === undefined) throw vaultCorrupt(`The entry ${name} of the vault ${PLACE} is damaged.`);
        return { state: 'found', value };
      } catch (error) {
        return readOutcome(error);
      }
    },
    async write(name, value) {
      await asked(table.put(name, encryptEntry((await keyToWrite()).dataKey, name, value)));
    },
    remove: (name) => asked(table.remove(name)),
    async setKey(name, opener) {
      if ('passphrase' in opener && opener.passphrase === '')
        throw vaultPassphrase('The new passphrase is empty.', 'Choose one that others can’t guess.');
      const { id, dataKey } = await keyToWrite();
      const file = await wrap({ id, entries: new Map(), lines: 0 }, dataKey, opener);
      if (!(await asked(table.putKey(rowOf(name, file, options.clock.now())))))
        throw vaultCorrupt(`The vault ${PLACE} was made anew meanwhile.`, 'Run this again.');
    },
  };
  return vault;
}

const rowOf = (name: string, { id, kdf, wrapped }: VaultFile, createdAt: number): SharedKey => ({
  name,
  dataKey: id,
  kdf: JSON.stringify(kdf),
  wrapped,
  createdAt,
});

const fileOf = ({ dataKey, kdf, wrapped }: SharedKey): VaultFile => ({
  id: dataKey,
  kdf: JSON.parse(kdf) as VaultFile['kdf'],
  wrapped,
  entries: new Map(),
  lines: 0,
});

/** A database that does not answer says nothing of whether somebody is signed in. */
async function asked<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failure && error.code.startsWith('E_VAULT')) throw error;
    throw vaultUnreachable(
      `The vault ${PLACE} can’t be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
