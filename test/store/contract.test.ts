import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { storeContract } from './contract.ts';
import { T0, temporaryFolder } from './examples.ts';

async function open(path: string) {
  const store = await openStore({ path, clock: new TestClock(T0) });
  onTestFinished(() => store.close());
  return store;
}

storeContract('SQLite in memory', () => open(':memory:'));
storeContract('SQLite in a file', () => open(join(temporaryFolder(), 'repost.db')));
