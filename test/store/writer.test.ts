import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { logSync, type Sync } from '../../src/store/log-sync.ts';
import { openDatabase } from '../../src/store/open.ts';
import { createConnection } from '../../src/store/sqlite-connection.ts';
import { codeOf, T0, temporaryFolder } from './examples.ts';

const clock = new TestClock(T0);

async function openConnection(sync: Sync['sync'] = async () => undefined) {
  const path = join(temporaryFolder(), 'repost.db');
  const db = await openDatabase({ path, clock });
  db.exec('CREATE TABLE birds (name TEXT UNIQUE) STRICT');
  const connection = createConnection(db, { clock, path, sync: { sync, close: () => undefined } });
  const insert = connection.query('INSERT INTO birds VALUES (:name)');
  const names = connection.query<{ name: string }>('SELECT name FROM birds ORDER BY rowid');
  return {
    db,
    path,
    connection,
    insert,
    names: () =>
      connection.read(function* () {
        return (yield* names.all()).map((row) => row.name);
      }),
  };
}

describe('writing', () => {
  it('shares one commit among those who ask in one turn', async () => {
    const { db, connection, insert, names } = await openConnection();
    const other = new Database(db.name);
    const version = () => other.pragma('data_version', { simple: true }) as number;
    let seen = version();
    let commits = 0;
    const watch = () => {
      if (version() !== seen) commits += 1;
      seen = version();
    };
    const each = ['owl', 'hen', 'jay'].map((name) =>
      connection.write(() => insert.run({ name })).then(watch),
    );
    await Promise.all(each);
    expect(commits).toBe(1);
    expect(await names()).toEqual(['owl', 'hen', 'jay']);
    other.close();
    await connection.close();
  });

  it('undoes only the one that fails, whole', async () => {
    const { connection, insert, names } = await openConnection();
    const outcomes = await Promise.allSettled([
      connection.write(() => insert.run({ name: 'owl' })),
      connection.write(function* () {
        yield* insert.run({ name: 'hen' });
        yield* insert.run({ name: 'owl' });
      }),
      connection.write(() => insert.run({ name: 'jay' })),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await names()).toEqual(['owl', 'jay']);
    await expect(connection.write(() => insert.run({ name: 'jay' }))).rejects.toMatchObject({
      code: 'E_INTERNAL',
    });
    expect(await names()).toEqual(['owl', 'jay']);
    await connection.close();
  });

  it('shows nobody what is not committed', async () => {
    const { connection, insert, names } = await openConnection();
    const write = connection.write(() => insert.run({ name: 'owl' }));
    expect(await names()).toEqual([]);
    await write;
    expect(await names()).toEqual(['owl']);
    await connection.close();
  });

  it('is done when the disk has it, and what need not wait when it is committed', async () => {
    const syncs: (() => void)[] = [];
    const { connection, insert, names } = await openConnection(() => new Promise((done) => syncs.push(done)));
    const done: string[] = [];
    const write = (name: string) =>
      connection.write(() => insert.run({ name })).then(() => void done.push(name));
    await connection.writeLazily(() => insert.run({ name: 'owl' }));
    expect(syncs).toHaveLength(0);
    const hen = write('hen');
    await connection.writeLazily(() => insert.run({ name: 'jay' }));
    // Committed after the sync began, it may not be in it: the next one counts.
    const emu = write('emu');
    await connection.writeLazily(() => insert.run({ name: 'tit' }));
    expect(await names()).toEqual(['owl', 'hen', 'jay', 'emu', 'tit']);
    expect([done, syncs.length]).toEqual([[], 1]);
    syncs[0]?.();
    await hen;
    expect([done, syncs.length]).toEqual([['hen'], 2]);
    syncs[1]?.();
    await emu;
    expect(done).toEqual(['hen', 'emu']);
    await connection.close();
  });

  it('fails where the disk does, and goes on once all of it lies in the database itself', async () => {
    let broken = true;
    const { db, path, connection, insert, names } = await openConnection(async () => {
      if (broken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    });
    const write = (name: string) => connection.write(() => insert.run({ name }));
    expect(await codeOf(write('owl'))).toBe('E_HOME');
    expect(await names()).toEqual(['owl']);
    broken = false;
    await write('hen');
    expect(statSync(`${path}-wal`).size).toBe(0);
    expect(db.prepare('SELECT count(*) AS n FROM birds').get()).toEqual({ n: 2 });
    await connection.close();
  });

  it('reaches a real disk', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    const db = await openDatabase({ path, clock });
    const sync = logSync(path);
    const connection = createConnection(db, { clock, path, sync });
    await connection.write(() => connection.query('CREATE TABLE birds (name TEXT)').run());
    await sync.sync();
    await connection.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it('ends what is under way before it closes', async () => {
    const { path, connection, insert } = await openConnection();
    const write = connection.write(() => insert.run({ name: 'owl' }));
    await connection.close();
    await write;
    const db = new Database(path, { readonly: true });
    expect(db.prepare('SELECT name FROM birds').pluck().all()).toEqual(['owl']);
    db.close();
    expect(await codeOf(connection.write(() => insert.run({ name: 'hen' })))).toBe('E_INTERRUPTED');
  });

  it('keeps a reader’s rows of one moment', async () => {
    const { path, connection, names } = await openConnection();
    const other = new Database(path);
    const count = connection.query<{ n: number }>('SELECT count(*) AS n FROM birds');
    const [before, after] = await connection.read(function* () {
      const first = (yield* count.get())?.n;
      other.exec("INSERT INTO birds VALUES ('owl')");
      return [first, (yield* count.get())?.n];
    });
    expect([before, after]).toEqual([0, 0]);
    expect(await names()).toEqual(['owl']);
    other.close();
    await connection.close();
  });
});
