import { randomBytes } from 'node:crypto';
import type { Vault } from '../core/vault.ts';
import { readValue, vaultLocked, vaultUnreachable } from './failures.ts';

/**
 * Writes, reads back and removes a canary. The name is random, so that two processes don't take each other's
 * canary for a fault; the value has quotes, a line's end and a letter outside ASCII, which a careless store
 * would mangle. Throws E_VAULT_LOCKED where what was written can't be read, E_VAULT_… otherwise.
 */
export async function proveCanary(vault: Omit<Vault, 'kind' | 'probe'>): Promise<void> {
  const name = `canary/${randomBytes(6).toString('hex')}`;
  const value = `canary "ä" ${randomBytes(6).toString('hex')}\n`;
  await vault.write(name, value);
  const back = await readValue(vault, name);
  await vault.remove(name);
  if (back === undefined)
    throw vaultLocked(`${vault.description} takes secrets but doesn’t give them back, as a locked one does.`);
  if (back !== value)
    throw vaultUnreachable(
      `${vault.description} gives back something else than was written.`,
      'Choose another vault with REPOST_VAULT.',
    );
}
