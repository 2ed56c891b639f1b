import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openPostgresStore } from '../../src/store/postgres/open.ts';
import type { SecretTable, Store } from '../../src/store/types.ts';
import { databaseVault } from '../../src/vault/database.ts';
import { openVault } from '../../src/vault/open.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { vaultContract } from './contract.ts';

const PASSPHRASE = 'correct horse battery';

function tableOf({ secrets }: Store): SecretTable {
  if (!secrets) throw new Error('A store on a server has a table for secrets.');
  return secrets;
}

describeWithPostgres('the vault of the database', (postgres) => {
  const open = (address: string) => openPostgresStore({ address, env: {}, connections: 3 });
  const vaultOf = (store: Store, host: string, passphrase = PASSPHRASE) =>
    databaseVault({
      env: { REPOST_VAULT_PASSPHRASE: passphrase },
      clock: systemClock,
      shared: { table: tableOf(store), host },
    });
  const openHere = async (address: string) => {
    const store = await open(address);
    onTestFinished(() => store.close());
    return store;
  };

  vaultContract(
    'database',
    async () => {
      const store = await open(postgres.address());
      return { vault: vaultOf(store, 'a'), close: () => store.close() };
    },
    { runs: 10 },
  );

  describe('hosts', () => {
    it('make it at once and end with one key, and have a passphrase each', async () => {
      const store = await openHere(postgres.address());
      const [a, b] = [vaultOf(store, 'a'), vaultOf(store, 'b')];
      await Promise.all([a.write('grant/x/1', 'of a'), b.write('grant/x/2', 'of b')]);
      expect(await a.read('grant/x/2')).toEqual({ state: 'found', value: 'of b' });
      expect(await b.read('grant/x/1')).toEqual({ state: 'found', value: 'of a' });
      expect(await tableOf(store).keys()).toHaveLength(1);

      expect(await vaultOf(store, 'c', 'another').read('grant/x/1')).toMatchObject({ state: 'locked' });
      await a.setKey('c', { passphrase: 'another' });
      expect(await vaultOf(store, 'c', 'another').read('grant/x/1')).toMatchObject({ value: 'of a' });
      await a.setKey('c', { passphrase: 'a third' });
      expect(await vaultOf(store, 'c', 'another').read('grant/x/1')).toMatchObject({ state: 'locked' });
      expect(await vaultOf(store, 'c', 'a third').read('grant/x/1')).toMatchObject({ value: 'of a' });
      expect(await tableOf(store).removeKey('c')).toBe(true);
      expect(await vaultOf(store, 'c', 'a third').read('grant/x/1')).toMatchObject({ state: 'locked' });
      const [last] = await tableOf(store).keys();
      expect(await tableOf(store).removeKey(last?.name ?? '')).toBe(false);
    });
  });

  it('shows nothing in all that the database has', async () => {
    const address = postgres.address('dumped');
    const store = await openHere(address);
    await vaultOf(store, 'a').write('grant/x/1', 'a very secret token');
    const rows = postgres.sql(
      "SELECT query_to_xml('SELECT * FROM dumped.vault_entries', true, false, '') || query_to_xml('SELECT * FROM dumped.vault_keys', true, false, '')::text",
    );
    expect(rows).toContain('grant/x/1');
    expect(rows).not.toContain('very secret');
    expect(rows).not.toContain('correct horse');
    const stolen = vaultOf(store, 'thief', 'guessed');
    expect(await stolen.read('grant/x/1')).toMatchObject({ state: 'locked' });
  });

  it('is taken where the store is shared and none is named, and nowhere else', async () => {
    const store = await openHere(postgres.address());
    const base = { env: {}, path: '/nowhere', clock: systemClock };
    const shared = { table: tableOf(store), host: 'a' };
    expect((await openVault({ ...base, shared })).kind).toBe('database');
    await expect(openVault({ ...base, kind: 'database' })).rejects.toMatchObject({ code: 'E_CONFIG' });
    // Never in plain text: without a passphrase nothing is written.
    await expect((await openVault({ ...base, shared })).write('a', 'b')).rejects.toMatchObject({
      code: 'E_VAULT_PASSPHRASE',
    });
  });
});
