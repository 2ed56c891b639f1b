import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../store/examples.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { openTerminal } from './terminal.ts';

describeWithPostgres('repost store', (postgres) => {
  it('moves a home to a server and back, and points it to where everything is', async () => {
    const home = temporaryFolder();
    const { run } = openTerminal({ env: { HOME: home, REPOST_HOME: home }, columns: 80 });
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
