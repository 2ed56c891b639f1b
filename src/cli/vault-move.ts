import type { Vault } from '../core/vault.ts';
import type { Store } from '../store/types.ts';
import { readValue, vaultUnreachable } from '../vault/failures.ts';
import type { HomeVaultKind } from '../vault/open.ts';
import { isCarried, notedNames } from './vault-names.ts';

/** A move whose secrets are all in the new vault, and maybe in the old one still. */
export interface UnfinishedMove {
  from: HomeVaultKind;
  to: HomeVaultKind;
  /** What the old vault may still have. */
  names: string[];
}

export interface VaultMove {
  meta: Store['meta'];
  /** Whose move it is: hosts that share a store have vaults of their own. */
  host: string;
  from: Vault;
  to: Vault;
  /** The home works with `to` already: what it has there is the newer, and stays. */
  toIsInUse: boolean;
  /** Makes `to` the home’s vault, durably. */
  change: () => Promise<void>;
}

export interface MovedSecrets {
  /** How many the new vault was given, or had been given by a move that was cut off. */
  moved: number;
  /** Stay in the old vault, because the new one has another of that name. */
  left: string[];
}

const keyOf = (host: string) => `vault.move/${host}`;
/** At a time: a file takes them in one writing. */
const AT_ONCE = 50;

export async function unfinishedMove(meta: Store['meta'], host: string): Promise<UnfinishedMove | undefined> {
  const text = await meta.get(keyOf(host));
  return text === undefined ? undefined : (JSON.parse(text) as UnfinishedMove);
}

/**
 * Takes all secrets that are noted from one vault to another. Nothing leaves the old one before the new one gave it back
 * and is the home’s vault: whenever it is cut off, all are where the home looks, and once more ends it. Throws E_VAULT_….
 */
export async function moveSecrets(move: VaultMove): Promise<MovedSecrets> {
  const { meta, host, from, to } = move;
  await to.probe();
  const before = await unfinishedMove(meta, host);
  const begun = before?.from === from.kind && before.to === to.kind ? before.names : [];
  const { copied, left } = await copyAll(move, new Set(move.toIsInUse ? begun : []));
  const names = [...new Set([...begun, ...copied.keys()])];
  await meta.set(keyOf(host), JSON.stringify({ from: from.kind, to: to.kind, names }));
  await move.change();
  const removeOne = async (name: string) => {
    await keepLate(move, name, copied.get(name));
    await from.remove(name);
  };
  for (let at = 0; at < names.length; at += AT_ONCE)
    await Promise.all(names.slice(at, at + AT_ONCE).map(removeOne));
  await meta.remove(keyOf(host));
  return { moved: names.filter(isCarried).length, left: left.filter(isCarried) };
}

async function copyAll(
  { meta, from, to, toIsInUse }: VaultMove,
  moved: ReadonlySet<string>,
): Promise<{ copied: Map<string, string>; left: string[] }> {
  const copied = new Map<string, string>();
  const left: string[] = [];
  for (const name of await notedNames(meta)) {
    // The new vault had it before: what the old one still has is the older.
    if (moved.has(name)) continue;
    const value = await readValue(from, name);
    if (value === undefined) continue;
    const there = await readValue(to, name);
    if (toIsInUse && there !== undefined && there !== value) {
      left.push(name);
      continue;
    }
    if (there !== value) await to.write(name, value);
    if ((await readValue(to, name)) !== value)
      throw vaultUnreachable(
        `${to.description} does not give back what was written.`,
        'Nothing was removed from the old vault. Look at the new one, or choose another.',
      );
    copied.set(name, value);
  }
  return { copied, left };
}

/** A process that began before the move may have renewed a sign-in in the old vault since it was copied. */
async function keepLate({ from, to }: VaultMove, name: string, copied: string | undefined): Promise<void> {
  if (copied === undefined) return;
  const now = await readValue(from, name);
  if (now !== undefined && now !== copied && (await readValue(to, name)) === copied)
    await to.write(name, now);
}
