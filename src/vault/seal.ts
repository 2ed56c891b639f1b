import { randomBytes } from 'node:crypto';
import type { Vault } from '../core/vault.ts';
import { readValue, vaultCorrupt } from './failures.ts';
import { decrypt, encrypt } from './file-format.ts';

const KEY_NAME = 'journal-key';
const MARK = 'sealed:';

export interface JournalSeal {
  /** `context` is what the text belongs to (job and step); it opens only there. The result starts with `sealed:`. */
  seal(text: string, context: string): string;
  /** Throws E_VAULT_CORRUPT where the text was sealed with another key or for another context. */
  unseal(text: string, context: string): string;
}

/**
 * Encrypts what the journal must remember but nobody may read in the database (upload sessions' addresses).
 * The key is made at the first call and lives in the vault. `lock` works across processes, so that two first
 * calls agree on one key. Throws E_VAULT_….
 */
export async function journalSeal(
  vault: Vault,
  lock: <T>(name: string, work: () => Promise<T>) => Promise<T> = (_, work) => work(),
): Promise<JournalSeal> {
  const kept = await readValue(vault, KEY_NAME);
  const key = Buffer.from(kept ?? (await lock(KEY_NAME, () => makeKey(vault))), 'base64url');
  if (key.length !== 32)
    throw vaultCorrupt('The journal’s key in the vault is damaged.', 'Restore the vault from a backup.');
  return {
    seal: (text, context) => MARK + encrypt(key, Buffer.from(text), context),
    unseal(text, context) {
      const plain = text.startsWith(MARK) ? decrypt(key, text.slice(MARK.length), context) : undefined;
      if (plain === undefined)
        throw vaultCorrupt(
          'A sealed part of the journal can’t be opened with the key in the vault.',
          'Use the vault that this home was working with, or restore both from one backup.',
        );
      return plain.toString('utf8');
    },
  };
}

/** What stands in the vault in the end counts: another process may have been quicker. */
async function makeKey(vault: Vault): Promise<string> {
  const made = randomBytes(32).toString('base64url');
  if ((await readValue(vault, KEY_NAME)) === undefined) await vault.write(KEY_NAME, made);
  const kept = await readValue(vault, KEY_NAME);
  if (kept === undefined) throw vaultCorrupt('The vault did not keep the journal’s key.');
  return kept;
}
