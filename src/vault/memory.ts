import type { Vault } from '../core/vault.ts';
import { proveCanary } from './probe.ts';

/** Secrets for the life of this process only: for the demo and for tests. */
export function memoryVault(): Vault {
  const entries = new Map<string, string>();
  const vault: Vault = {
    kind: 'memory',
    description: 'the memory of this process',
    probe: () => proveCanary(vault),
    async read(name) {
      const value = entries.get(name);
      return value === undefined ? { state: 'absent' } : { state: 'found', value };
    },
    async write(name, value) {
      entries.set(name, value);
    },
    async remove(name) {
      entries.delete(name);
    },
  };
  return vault;
}
