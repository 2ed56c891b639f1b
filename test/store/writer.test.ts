import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/store/open.ts';
import { createConnection } from '../../src/store/sqlite-connection.ts';
import { codeOf, T0, temporaryFolder } from './examples.ts';

const clock = new TestClock(T0);

async function openConnection() {
  const path = join(temporaryFolder(), 'repost.db');
  const db = await openDatabase({ path, clock });
  db.exec('CREATE TABLE birds (name TEXT UNIQUE) STRICT');
  const connection = createConnection(db, clock, path);
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

  it('waits for the disk, but for a commit of nothing but what need not', async () => {
    const { db, connection, insert, names } = await openConnection();
    const [NORMAL, FULL] = [1, 2];
    const waited = () => db.pragma('synchronous', { simple: true }) as number;
    await connection.writeLazily(() => insert.run({ name: 'owl' }));
    expect(waited()).toBe(NORMAL);
    await connection.write(() => insert.run({ name: 'hen' }));
    expect(waited()).toBe(FULL);
    await connection.writeLazily(() => insert.run({ name: 'jay' }));
    expect(waited()).toBe(NORMAL);
    await Promise.all([
      connection.writeLazily(() => insert.run({ name: 'tit' })),
      connection.write(() => insert.run({ name: 'emu' })),
    ]);
    expect(waited()).toBe(FULL);
    expect(await names()).toEqual(['owl', 'hen', 'jay', 'tit', 'emu']);
    await connection.close();
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
