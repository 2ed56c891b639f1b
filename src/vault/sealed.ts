import { vaultCorrupt, vaultPassphrase } from './failures.ts';
import { createFile, decryptEntry, encryptEntry, formatFile, parseFile, unwrap } from './file-format.ts';

/** Secrets by name. */
export type Secrets = ReadonlyMap<string, string>;

/** The shortest passphrase for a file that may travel. */
const SHORTEST = 8;

/**
 * Secrets as one sealed text for a backup: the form of the file vault, a passphrase through scrypt, each entry
 * AES-256-GCM. Names stay readable. Throws E_VAULT_PASSPHRASE.
 */
export async function sealSecrets(secrets: Secrets, passphrase: string): Promise<string> {
  if ([...passphrase].length < SHORTEST)
    throw vaultPassphrase(
      `The passphrase has fewer than ${SHORTEST} characters.`,
      'A backup lies where others may try: choose a long one.',
    );
  const { file, dataKey } = await createFile({ passphrase });
  const entries = new Map(
    [...secrets].map(([name, value]) => [name, encryptEntry(dataKey, name, value)] as const),
  );
  return formatFile({ ...file, entries });
}

/** Throws E_VAULT_PASSPHRASE, E_VAULT_CORRUPT. `path` is for messages. */
export async function openSealed(text: string, passphrase: string, path: string): Promise<Secrets> {
  const file = parseFile(text, path);
  const dataKey = await unwrap(file, { passphrase });
  if (!dataKey) throw vaultPassphrase(`The passphrase does not open ${path}.`);
  return new Map(
    [...file.entries].map(([name, sealed]) => {
      const value = decryptEntry(dataKey, name, sealed);
      if (value === undefined) throw vaultCorrupt(`The entry ${name} in ${path} is damaged.`);
      return [name, value] as const;
    }),
  );
}
