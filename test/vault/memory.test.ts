import { memoryVault } from '../../src/vault/memory.ts';
import { vaultContract } from './contract.ts';

vaultContract('memory', async () => ({ vault: memoryVault() }));
