import { randomBytes } from 'node:crypto';
import { SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Vault } from '../core/vault.ts';
import { type OpenKey, openKeys, opensKey, PLACE, type SharedKey, wrapKey } from './database-keys.ts';
import { readOutcome, vaultCorrupt, vaultPassphrase, vaultUnreachable } from './failures.ts';
import { createFile, decryptEntry, encryptEntry, type Opener } from './file-format.ts';
import { findOpener, type PassphraseSources } from './passphrase.ts';
import { proveCanary } from './probe.ts';
import { takeTurns } from './turns.ts';

interface SealedEntry {
  sealed: string;
  dataKey: string;
}

/** Where the encrypted entries and keys lie (see `SecretTable` of the store), and which host this is. */
export interface SharedSecrets {
  table: {
    keys(): Promise<SharedKey[]>;
    putKey(key: SharedKey): Promise<boolean>;
    rekey(
      before: readonly SharedKey[],
      after: readonly SharedKey[],
      reseal: (name: string, sealed: string) => string,
    ): Promise<boolean>;
    get(name: string): Promise<SealedEntry | undefined>;
    put(name: string, entry: SealedEntry): Promise<boolean>;
    remove(name: string): Promise<void>;
  };
  host: string;
}

export interface DatabaseVault extends Vault {
  /** Lets whoever has this passphrase or key open the vault, under that name; in the place of the one it had. Throws E_VAULT_…. */
  setKey(name: string, opener: Opener): Promise<SharedKey>;
  /**
   * A new data key, all entries encrypted anew. It stays open for this host and those that have the same passphrase or
   * key; `others` is told who would be shut out, and ends it by throwing. Gives who is in. Throws E_VAULT_….
   */
  rotate(others: (names: readonly string[]) => void): Promise<string[]>;
}

/** A passphrase that was wrong is not tried again for so long: a thousand accounts may ask for their tokens meanwhile. */
const WRONG_MS = 30 * SECOND;

/**
 * Secrets in a database that several hosts share. A random data key encrypts the entries (AES-256-GCM, the name bound to
 * each); the key of each host, which only that host has, encrypts the data key. So the database by itself opens nothing.
 * The data key is kept for the life of the process, or until the vault has another one.
 */
export function databaseVault(options: PassphraseSources & { shared: SharedSecrets }): DatabaseVault {
  const { clock } = options;
  const { table, host } = options.shared;
  const inTurn = takeTurns();
  let opened: OpenKey | undefined;
  let wrong: { failure: Failure; keys: string; at: number } | undefined;

  /** The data key in use: `stale` is one that is so no more. Undefined where there is none yet; `isNew` makes it then. */
  const key = async (isNew: boolean, stale?: string): Promise<OpenKey | undefined> => {
    if (opened && opened.id !== stale) return opened;
    return inTurn(async () => {
      if (!opened || opened.id === stale) opened = await openKey(isNew);
      return opened;
    });
  };

  async function openKey(isNew: boolean): Promise<OpenKey | undefined> {
    const keys = await asked(table.keys());
    if (keys.length > 0) return unlock(keys);
    if (!isNew) return undefined;
    const opener = await findOpener(options, { vault: PLACE, isNew: true }, undefined);
    const { file, dataKey } = await createFile(opener);
    const made = { id: file.id, dataKey, opener };
    if (await asked(table.putKey(await wrapKey(host, made, opener, clock.now())))) return made;
    // Another host was faster: with its data key, then.
    const theirs = await asked(table.keys());
    if (theirs.length > 0) return unlock(theirs);
    throw vaultCorrupt(
      `${PLACE.replace('the', 'The')} has entries, and no key that opens them.`,
      'Put the database back from a backup.',
    );
  }

  async function unlock(keys: readonly SharedKey[]): Promise<OpenKey> {
    const now = JSON.stringify(keys);
    if (wrong?.keys === now && Math.abs(clock.now() - wrong.at) < WRONG_MS) throw wrong.failure;
    try {
      return await openKeys(keys, host, options);
    } catch (error) {
      // A person may answer better the next time.
      if (error instanceof Failure && !options.prompt) wrong = { failure: error, keys: now, at: clock.now() };
      throw error;
    }
  }

  async function keyToWrite(stale?: string): Promise<OpenKey> {
    const found = await key(true, stale);
    if (found) return found;
    throw vaultCorrupt(`There is no key of ${PLACE}.`);
  }

  async function write(name: string, value: string): Promise<void> {
    for (let stale: string | undefined; ; ) {
      const { id, dataKey } = await keyToWrite(stale);
      if (await asked(table.put(name, { sealed: encryptEntry(dataKey, name, value), dataKey: id }))) return;
      stale = id;
    }
  }

  async function readEntry(name: string): Promise<string | undefined> {
    const entry = await asked(table.get(name));
    if (!entry) return undefined;
    let found = await key(false);
    // Somebody gave the vault another data key: it is opened anew, with what this host has.
    if (found && found.id !== entry.dataKey) found = await key(false, found.id);
    const value = found && decryptEntry(found.dataKey, name, entry.sealed);
    if (value !== undefined) return value;
    throw vaultCorrupt(`The entry ${name} of ${PLACE} is damaged.`);
  }

  const vault: DatabaseVault = {
    kind: 'database',
    description: PLACE,
    probe: () => proveCanary(vault),
    async read(name) {
      try {
        const value = await readEntry(name);
        return value === undefined ? { state: 'absent' } : { state: 'found', value };
      } catch (error) {
        return readOutcome(error);
      }
    },
    write,
    remove: (name) => asked(table.remove(name)),
    async setKey(name, opener) {
      if ('passphrase' in opener && opener.passphrase === '')
        throw vaultPassphrase('The new passphrase is empty.', 'Choose one that others can’t guess.');
      const made = await wrapKey(name, await current(), opener, clock.now());
      if (await asked(table.putKey(made))) return made;
      throw changedMeanwhile();
    },
    async rotate(others) {
      const before = await current();
      const keys = await asked(table.keys());
      const after = { id: randomBytes(12).toString('hex'), dataKey: randomBytes(32) };
      const stay: SharedKey[] = [];
      for (const one of keys)
        if (await opensKey(one, before.opener))
          stay.push(await wrapKey(one.name, after, before.opener, clock.now()));
      const names = stay.map(({ name }) => name);
      others(keys.flatMap(({ name }) => (names.includes(name) ? [] : [name])));
      const reseal = (name: string, sealed: string) => {
        const value = decryptEntry(before.dataKey, name, sealed);
        if (value === undefined) throw vaultCorrupt(`The entry ${name} of ${PLACE} is damaged.`);
        return encryptEntry(after.dataKey, name, value);
      };
      if (!(await asked(table.rekey(keys, stay, reseal)))) throw changedMeanwhile();
      opened = { ...after, opener: before.opener };
      return names;
    },
  };

  /** The data key that the vault has now, whatever this process had before. */
  async function current(): Promise<OpenKey> {
    const found = await keyToWrite();
    const [one] = await asked(table.keys());
    return one && one.dataKey !== found.id ? keyToWrite(found.id) : found;
  }

  return vault;
}

const changedMeanwhile = () =>
  vaultUnreachable(`The keys of ${PLACE} were changed meanwhile.`, 'Run the command again.');

/** A database that does not answer says nothing of whether somebody is signed in. */
async function asked<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Failure) || error.code.startsWith('E_VAULT')) throw error;
    throw vaultUnreachable(`${PLACE.replace('the', 'The')} can’t be used: ${error.message}`, error.hint);
  }
}
