import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { openPostgresStore } from '../../src/store/postgres/open.ts';
import type { SecretTable, Store } from '../../src/store/types.ts';
import { databaseVault } from '../../src/vault/database.ts';
import { openVault } from '../../src/vault/open.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { vaultContract } from './contract.ts';

const PASSPHRASE = 'correct horse battery';

/** What a host has as systemd’s credential: a key needs no stretching, which a passphrase costs each time. */
const KEY = Buffer.alloc(32, 'host');
const credentials = mkdtempSync(join(tmpdir(), 'repost-vault-key-'));
writeFileSync(join(credentials, 'vault-key'), KEY);
afterAll(() => rmSync(credentials, { recursive: true }));

function tableOf({ secrets }: Store): SecretTable {
  if (!secrets) throw new Error('A store on a server has a table for secrets.');
  return secrets;
}

describeWithPostgres('the vault of the database', (postgres) => {
  const open = (address: string) => openPostgresStore({ address, env: {}, connections: 3 });
  const vaultOf = (store: Store, host: string, passphrase?: string) =>
    databaseVault({
      env: passphrase ? { REPOST_VAULT_PASSPHRASE: passphrase } : { CREDENTIALS_DIRECTORY: credentials },
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

  it('gets another data key while hosts use it: who has the same passphrase goes on, others are named and out', async () => {
    const store = await openHere(postgres.address());
    const [a, b] = [vaultOf(store, 'a'), vaultOf(store, 'b')];
    await a.write('grant/x/1', 'one');
    expect(await b.read('grant/x/1')).toMatchObject({ value: 'one' });
    await b.setKey('b', { key: KEY });
    await a.setKey('c', { passphrase: 'of c alone' });
    const c = vaultOf(store, 'c', 'of c alone');
    expect(await c.read('grant/x/1')).toMatchObject({ value: 'one' });
    const refused = a.rotate((names) => {
      throw new Error(names.join());
    });
    await expect(refused).rejects.toThrow(/^c$/u);
    expect(await c.read('grant/x/1')).toMatchObject({ value: 'one' });

    // Others write all the time: no entry is lost, none stays under the old key.
    let over = false;
    const writing = (async () => {
      let n = 0;
      for (; !over; n += 1) await b.write(`n/${n}`, `value ${n}`);
      return n;
    })();
    for (let round = 0; round < 3; round += 1) expect(await a.rotate(() => undefined)).toEqual(['a', 'b']);
    over = true;
    const written = await writing;
    expect(written).toBeGreaterThan(0);
    for (let n = 0; n < written; n += 1)
      expect(await a.read(`n/${n}`)).toEqual({ state: 'found', value: `value ${n}` });
    expect(await b.read('grant/x/1')).toMatchObject({ value: 'one' });
    expect(await vaultOf(store, 'c', 'of c alone').read('grant/x/1')).toMatchObject({ state: 'locked' });
    // What c kept of the old data key writes nothing, and reads nothing.
    expect(await c.read('grant/x/1')).toMatchObject({ state: 'locked' });
    await expect(c.write('grant/x/1', 'old')).rejects.toMatchObject({ code: 'E_VAULT_PASSPHRASE' });
  });

  it('says so where its keys were taken away or changed, and makes nothing anew over what is there', async () => {
    const address = postgres.address('changed');
    const store = await openHere(address);
    await vaultOf(store, 'a').write('grant/x/1', 'one');
    const [kept] = await tableOf(store).keys();
    postgres.sql(
      `UPDATE changed.vault_keys SET kdf = '{"name":"scrypt","N":1073741824,"r":8,"p":1,"salt":"AA"}'`,
    );
    expect(await vaultOf(store, 'a').read('grant/x/1')).toMatchObject({ state: 'corrupt' });
    postgres.sql('DELETE FROM changed.vault_keys');
    expect(await vaultOf(store, 'a').read('grant/x/1')).toMatchObject({ state: 'corrupt' });
    await expect(vaultOf(store, 'a').write('new', 'x')).rejects.toMatchObject({ code: 'E_VAULT_CORRUPT' });
    postgres.sql(
      `INSERT INTO changed.vault_keys VALUES ('a', '${kept?.dataKey}', '${kept?.kdf}', '${kept?.wrapped}', 0)`,
    );
    expect(await vaultOf(store, 'a').read('grant/x/1')).toMatchObject({ value: 'one' });
    postgres.sql("UPDATE changed.vault_entries SET name = 'grant/x/2'");
    expect(await vaultOf(store, 'a').read('grant/x/2')).toMatchObject({ state: 'corrupt' });
  });

  it('opens by a passphrase from a file or a command, by a credential, or by the one of them that fits', async () => {
    const store = await openHere(postgres.address());
    await vaultOf(store, 'a').write('grant/x/1', 'one');
    await vaultOf(store, 'a').setKey('b', { passphrase: PASSPHRASE });
    const file = join(credentials, 'passphrase');
    writeFileSync(file, `${PASSPHRASE}\n`);
    const foreign = mkdtempSync(join(tmpdir(), 'repost-vault-foreign-'));
    onTestFinished(() => rmSync(foreign, { recursive: true }));
    writeFileSync(join(foreign, 'vault-key'), Buffer.alloc(32, 'none of these'));
    const read = (env: Record<string, string>) =>
      databaseVault({ env, clock: systemClock, shared: { table: tableOf(store), host: 'b' } }).read(
        'grant/x/1',
      );
    for (const env of [
      { CREDENTIALS_DIRECTORY: credentials },
      { REPOST_VAULT_PASSPHRASE_COMMAND: `cat ${file}` },
      { REPOST_VAULT_PASSPHRASE_FILE: file, CREDENTIALS_DIRECTORY: foreign },
    ])
      expect(await read(env)).toMatchObject({ value: 'one' });
    for (const [env, said] of [
      [{ CREDENTIALS_DIRECTORY: foreign }, 'opens with a key file|Nothing says|does not open'],
      [{ REPOST_VAULT_PASSPHRASE_COMMAND: 'exit 3' }, 'ended with code 3'],
      [{ REPOST_VAULT_PASSPHRASE_FILE: join(foreign, 'none') }, 'which is not there'],
      [
        { REPOST_VAULT_PASSPHRASE: 'guessed' },
        'does not open the vault in the database, which opens for: a, b',
      ],
    ] as const)
      expect(await read(env)).toMatchObject({
        state: 'locked',
        detail: expect.stringMatching(
          new RegExp(`(${said}).* repost vault key set b --new-passphrase-file FILE`, 'u'),
        ),
      });
  });

  it('shows nothing in all that the database has', async () => {
    const address = postgres.address('dumped');
    const store = await openHere(address);
    await vaultOf(store, 'a', PASSPHRASE).write('grant/x/1', 'a very secret token');
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
