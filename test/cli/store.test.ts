import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../store/examples.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { openTerminal } from './terminal.ts';

describeWithPostgres('repost store', (postgres) => {
  it('moves a home to a server and back, and points it to where everything is', async () => {
    const home = temporaryFolder();
    const passphrase = join(home, 'passphrase');
    writeFileSync(passphrase, 'correct horse');
    const env = { HOME: home, REPOST_HOME: home, REPOST_VAULT_PASSPHRASE_FILE: passphrase };
    const { run } = openTerminal({ env, columns: 80 });
    const json = async (...args: string[]) => {
      const { code, out, err } = await run([...args, '--json']);
      return code === 0 ? JSON.parse(out) : { code, ...JSON.parse(err).error };
    };
    const address = postgres.address('moved');
    await json('users', 'add', 'anna', '--role', 'viewer');
    await json('source', 'add', temporaryFolder());
    expect(await json('store')).toMatchObject({ kind: 'sqlite', movedTo: null, hosts: [] });
    expect(await json('store', 'migrate', '--to', address, '--dry-run')).toMatchObject({
      plan: 'move',
      dryRun: true,
    });
    expect(await json('store')).toMatchObject({ kind: 'sqlite', movedTo: null });

    expect(await json('store', 'migrate', '--to', address)).toMatchObject({
      plan: 'move',
      from: { kind: 'sqlite' },
      to: { kind: 'postgres' },
    });
    expect(await json('store')).toMatchObject({ kind: 'postgres' });
    expect(await json('users', 'list')).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'anna' })]),
    );

    // Its secrets: in the database, each host with a key of its own, and back into a file before the store goes back.
    expect(await json('vault')).toMatchObject({ kind: 'database', secrets: 0 });
    expect(await json('vault', 'key', 'set', 'b', '--new-passphrase-file', passphrase)).toMatchObject({
      change: 'added',
    });
    expect((await json('vault')).keys).toHaveLength(2);
    expect(await json('vault', 'key', 'remove', 'b')).toMatchObject({ change: 'removed' });
    expect(await json('store', 'migrate', '--to', 'sqlite')).toMatchObject({ code: 'E_CONFIG' });
    expect(await json('vault', 'move', 'file')).toMatchObject({ from: 'database', to: 'file' });

    // A host that still looks into the old place is told, and brought there by the same command.
    const config = join(home, 'config', 'config.json');
    expect(JSON.parse(readFileSync(config, 'utf8'))).toMatchObject({ store: address });
    await json('config', 'unset', 'store');
    expect(await json('users', 'list')).toMatchObject({
      code: 'E_STORE_MOVED',
      message: expect.stringContaining(address),
    });
    expect(await json('store', 'migrate', '--to', address)).toMatchObject({ plan: 'done' });

    expect(await json('store', 'migrate', '--to', 'sqlite')).toMatchObject({
      plan: 'move',
      to: { kind: 'sqlite' },
    });
    expect(await json('source', 'list')).toHaveLength(1);
    expect(await json('store', 'migrate', '--to', 'sqlite')).toMatchObject({ code: 'E_EXISTS' });
  });
});
