import type { Vault } from '../core/vault.ts';
import { readValue } from './failures.ts';

const NAME = 'host/s3';

/** The secret access key of the user's bucket. Throws E_VAULT_…. */
export async function saveHostSecret(vault: Vault, secret: string): Promise<void> {
  await vault.write(NAME, secret);
}

/** Undefined where the vault is open and has none. Throws E_VAULT_…. */
export function readHostSecret(vault: Vault): Promise<string | undefined> {
  return readValue(vault, NAME);
}

export async function removeHostSecret(vault: Vault): Promise<void> {
  await vault.remove(NAME);
}
