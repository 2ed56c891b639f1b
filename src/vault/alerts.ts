import type { ChannelSecrets } from '../core/alert.ts';
import type { Vault } from '../core/vault.ts';
import { readValue, vaultCorrupt } from './failures.ts';

const nameOf = (channel: string) => `alert/${channel}`;

/** Address, token, key and password of an alert channel, as one value. Throws E_VAULT_…. */
export async function saveChannelSecrets(
  vault: Vault,
  channel: string,
  secrets: ChannelSecrets,
): Promise<void> {
  await vault.write(nameOf(channel), JSON.stringify(secrets));
}

/** Nothing in it where the vault is open and has none. Throws E_VAULT_…. */
export async function readChannelSecrets(vault: Vault, channel: string): Promise<ChannelSecrets> {
  const text = await readValue(vault, nameOf(channel));
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as ChannelSecrets;
  } catch {
    throw vaultCorrupt(
      `What is kept as ${nameOf(channel)} can’t be read.`,
      'Remove the channel and add it again.',
    );
  }
}

export async function removeChannelSecrets(vault: Vault, channel: string): Promise<void> {
  await vault.remove(nameOf(channel));
}
