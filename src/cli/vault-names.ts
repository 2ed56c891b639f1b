import type { Vault } from '../core/vault.ts';
import type { Store } from '../store/types.ts';

/** Which vault keeps this home’s secrets, as its store remembers it. */
export const VAULT_KEY = 'vault.kind';

/** Names are no secrets, and not every keychain can list what it holds: so the home knows what it put there. */
const PREFIX = 'vault.name/';

/** Which run of this home on this machine it is: a copy of it elsewhere would be wrong. */
const OF_THIS_MACHINE = 'home-generation/';

/** The same vault; the names of what is written are noted in the home. */
export function notingNames(vault: Vault, meta: Store['meta']): Vault {
  const noted = new Set<string>();
  return {
    kind: vault.kind,
    description: vault.description,
    probe: () => vault.probe(),
    read: (name) => vault.read(name),
    async write(name, value) {
      // First the name: one without a value is passed over, a value without a name would be lost.
      if (!noted.has(name)) await meta.set(`${PREFIX}${name}`, '');
      noted.add(name);
      await vault.write(name, value);
    },
    async remove(name) {
      await vault.remove(name);
      noted.delete(name);
      await meta.remove(`${PREFIX}${name}`);
    },
  };
}

/** Names of all that was noted: of a store that hosts share, by any of them. */
export async function notedNames(meta: Store['meta']): Promise<string[]> {
  return (await meta.keys(PREFIX)).map((key) => key.slice(PREFIX.length));
}

/** Names of all that this home keeps in its vault and another machine needs. */
export async function namesInVault(meta: Store['meta']): Promise<string[]> {
  return (await notedNames(meta)).filter(isCarried);
}

export const isCarried = (name: string): boolean => !name.startsWith(OF_THIS_MACHINE);
