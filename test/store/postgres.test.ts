import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressOf } from '../../src/store/postgres/address.ts';
import { openPostgresStore } from '../../src/store/postgres/open.ts';
import { type Migration, migrate, migrations } from '../../src/store/postgres/schema.ts';
import type { Store } from '../../src/store/types.ts';
import { addAccount, codeOf, openLane, T0, temporaryFolder } from './examples.ts';
import { describeWithPostgres } from './postgres-server.ts';

async function open(
  address: string,
  change: Partial<Parameters<typeof openPostgresStore>[0]> = {},
): Promise<Store> {
  const store = await openPostgresStore({ address, env: {}, connections: 3, serverTime: false, ...change });
  onTestFinished(() => store.close());
  return store;
}

/** A way to the server that can be cut: right before or right after the server has done what it was asked. */
async function openWay(socket: string) {
  const cuts: { when: 'before' | 'after'; text: string }[] = [];
  const pairs = new Set<Socket>();
  const way = createServer((client) => {
    const server = dial(socket);
    let cutting = false;
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const one of [client, server]) {
      pairs.add(one);
      one.on('error', end).on('close', end);
    }
    client.on('data', (bytes) => {
      const cut = cuts.find(({ text }) => bytes.includes(text));
      if (cut) cuts.splice(cuts.indexOf(cut), 1);
      if (cut?.when === 'before') return end();
      cutting ||= cut !== undefined;
      server.write(bytes);
    });
    server.on('data', (bytes) => (cutting ? end() : client.write(bytes)));
  });
  await new Promise<void>((resolve) => way.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    way.close();
    for (const one of pairs) one.destroy();
  });
  return { port: (way.address() as AddressInfo).port, cuts };
}

describeWithPostgres('a PostgreSQL server that', (server) => {
  const viaWay = async () => {
    const address = server.address();
    const folder = /host=([^&]+)/u.exec(address)?.[1] ?? '';
    const way = await openWay(`${folder}/.s.PGSQL.5432`);
    const store = await open(
      address
        .replace(`postgres:///postgres?host=${folder}`, `postgres://127.0.0.1:${way.port}/postgres?`)
        .replace('?&', '?'),
    );
    return { store, way, schema: /schema=(\w+)/u.exec(address)?.[1] };
  };

  it('is cut off before it was told to commit has done nothing: it is done again, once', async () => {
    const { store, way } = await viaWay();
    const id = await (await openLane(store)).addJob();
    way.cuts.push({ when: 'before', text: 'COMMIT' });
    await store.journal.intend(id, 'publish', T0);
    expect(await store.journal.load(id)).toMatchObject([{ name: 'publish', sends: 1 }]);
  });

  it('is cut off while it answers that it has committed is asked: nothing is done twice', async () => {
    const { store, way } = await viaWay();
    const id = await (await openLane(store)).addJob();
    way.cuts.push({ when: 'after', text: 'COMMIT' });
    await store.journal.intend(id, 'publish', T0);
    expect(await store.journal.load(id)).toMatchObject([{ name: 'publish', sends: 1 }]);
  });

  it('restarts, in good order or not, is waited for, and has forgotten nothing', async () => {
    const address = server.address();
    const store = await open(address);
    for (const how of ['fast', 'immediate'] as const) {
      await store.meta.set(`before ${how}`, 'there');
      server.stop(how);
      const write = store.meta.set(`during ${how}`, 'there');
      server.start();
      await write;
    }
    expect(await store.meta.keys('')).toEqual([
      'before fast',
      'before immediate',
      'during fast',
      'during immediate',
    ]);
  });

  it('is not there is said to be out of reach, and nothing else', async () => {
    expect(await codeOf(open('postgres://127.0.0.1:1/postgres'))).toBe('E_DB_UNREACHABLE');
  });

  it('lets nobody in without the password is told it by a file, and shows it nowhere', async () => {
    const { way } = await viaWay();
    server.sql("CREATE ROLE guarded LOGIN PASSWORD 'right'; GRANT ALL ON DATABASE postgres TO guarded");
    const hba = server.sql('SHOW hba_file');
    const before = readFileSync(hba, 'utf8');
    writeFileSync(hba, `local all guarded scram-sha-256\n${before}`);
    server.sql('SELECT pg_reload_conf()');
    const file = join(temporaryFolder(), 'password');
    const address = `postgres://guarded@127.0.0.1:${way.port}/postgres?schema=guarded`;
    const env = { REPOST_STORE_PASSWORD_FILE: file };
    writeFileSync(file, 'wrong-secret\n');
    const refused = await open(address, { env }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'E_DB_ACCESS' });
    expect(String(refused)).not.toContain('wrong-secret');
    writeFileSync(file, 'right\n');
    expect(await (await open(address, { env })).meta.keys('')).toEqual([]);
  });

  it('holds what is not ours, or what is newer, is left as it is', async () => {
    server.sql('CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.home (x int)');
    expect(await codeOf(open(server.address('foreign_one')))).toBe('E_DB_FOREIGN');
    await open(server.address('newer'));
    // A newer repost that we still fit to is worked with: hosts are updated one after the other.
    server.sql('UPDATE newer.home SET schema = schema + 1');
    await (await open(server.address('newer'))).meta.set('a', 'b');
    server.sql('UPDATE newer.home SET compatible = schema');
    expect(await codeOf(open(server.address('newer')))).toBe('E_DB_NEWER');
    expect(await codeOf(open(server.address('nothing'), { readOnly: true }))).toBe('E_NOT_FOUND');
  });

  it('is changed by a newer repost while an older one works: that one goes on, or writes nothing more', async () => {
    const number = migrations.length + 1;
    const upgrade = async (change: Partial<Migration>) => {
      const client = new pg.Client({
        ...addressOf(server.address('rolling')).config,
        options: '-c search_path=rolling',
      });
      await client.connect();
      const sql = 'ALTER TABLE jobs ADD COLUMN wish text';
      await migrate(client, 'rolling', { steps: [...migrations, { number, sql, ...change }] }).finally(() =>
        client.end(),
      );
    };
    const older = await open(server.address('rolling'));
    const lane = await openLane(older);
    // It only adds: hosts are updated one after the other.
    await upgrade({});
    const id = await lane.addJob();
    await older.journal.intend(id, 'publish', T0);
    server.sql(`UPDATE rolling.home SET schema = ${number - 1}; ALTER TABLE rolling.jobs DROP COLUMN wish`);
    // It fails half-way: nothing is changed, and who works goes on.
    await expect(
      upgrade({ sql: 'ALTER TABLE jobs ADD COLUMN wish text; SELECT 1/0', breaks: true }),
    ).rejects.toThrow(/zero/u);
    await older.journal.mayArrive(id, 'publish', T0 + 1);
    // What is under way meanwhile is done before it or not at all.
    const writes = Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => older.meta.set(`n${n}`, 'x').then(() => `n${n}`)),
    );
    await upgrade({ breaks: true });
    const said = await writes;
    const done = said.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const one of said)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'E_DB_NEWER' });
    expect(await codeOf(older.journal.done(id, 'publish', 'commit', '"p1"', T0 + 2))).toBe('E_DB_NEWER');
    expect(await codeOf(lane.addJob())).toBe('E_DB_NEWER');
    expect((await older.meta.keys('n')).sort()).toEqual(done.sort());
    expect(await older.journal.load(id)).toMatchObject([{ state: 'intent', latestAt: T0 + 1 }]);
  });

  it('has lost the receipt of a connection gives it another, and is asked by that', async () => {
    const { store, way, schema } = await viaWay();
    const id = await (await openLane(store)).addJob();
    server.sql(`DELETE FROM ${schema}.receipts`);
    way.cuts.push({ when: 'after', text: 'COMMIT' });
    await store.journal.intend(id, 'publish', T0);
    expect(await store.journal.load(id)).toMatchObject([{ name: 'publish', sends: 1 }]);
  });

  it('many open at once is made ready by one of them', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(server.address('at_once'))));
    await Promise.all(stores.map((store, n) => store.meta.set(String(n), 'x')));
    expect(await stores[0]?.meta.keys('')).toEqual(['0', '1', '2', '3']);
  });

  it('several hosts use shows each what the others changed', async () => {
    const [ours, theirs] = [await open(server.address('shared')), await open(server.address('shared'))];
    await addAccount(ours, '@one');
    expect(await ours.accounts.list()).toHaveLength(1);
    const version = await ours.version();
    expect(await ours.version()).toBe(version);
    const two = await addAccount(theirs, '@two', 'x');
    expect(await ours.version()).not.toBe(version);
    expect((await ours.accounts.list()).map(({ handle }) => handle)).toEqual(['@one', '@two']);
    await theirs.accounts.update(two.id, { handle: '@due' }, T0);
    expect((await ours.accounts.list()).map(({ handle }) => handle)).toEqual(['@one', '@due']);
  });

  it('keeps its audit log unchanged', async () => {
    await open(server.address('audited'));
    server.sql(
      `INSERT INTO audited.audit (at, action, actor, job_id, detail) VALUES (1, 'marked', 'me', 1, '{}')`,
    );
    expect(() => server.sql("UPDATE audited.audit SET actor = 'nobody'")).toThrow('never changed');
    expect(() => server.sql('DELETE FROM audited.audit')).toThrow('never changed');
  });
});

describe('the address of a store', () => {
  it.each([
    'postgres://user:secret@host/db',
    'postgres://user@host/db?password=secret',
    'mysql://user@host/db',
    'postgres://host',
    'postgres://host/db?schema=Secret-1',
    'postgres://host/db?sslmode=prefer',
  ])('%s is refused, and not repeated', async (address) => {
    const failure = await openPostgresStore({ address, env: {} }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'E_CONFIG' });
    expect(String(failure)).not.toContain('secret');
  });
});
