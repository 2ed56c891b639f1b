import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { openDatabase } from '../../src/store/open.ts';
import { applicationId, migrate, schemaNumber, schemaOf } from '../../src/store/schema.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { addAccount, codeOf, openLane, T0, temporaryFolder } from './examples.ts';
import { startChild } from './processes.ts';

const clock = new TestClock(T0);

/** A home whose store was used and closed. */
async function usedHome(jobs = 3): Promise<string> {
  const path = join(temporaryFolder(), 'repost.db');
  const store = await openStore({ path, clock });
  const lane = await openLane(store);
  for (let n = 0; n < jobs; n += 1) await lane.addJob();
  await store.close();
  return path;
}

const open = (path: string) => codeOf(openStore({ path, clock }).then((store) => store.close()));

describe('opening', () => {
  it('sets what durability and integrity hang on', async () => {
    const db = await openDatabase({ path: join(temporaryFolder(), 'repost.db'), clock });
    const settings = [
      'journal_mode',
      'synchronous',
      'foreign_keys',
      'busy_timeout',
      'application_id',
      'user_version',
    ];
    const found = settings.map((name) => db.pragma(name, { simple: true }));
    db.close();
    expect(found).toEqual(['wal', 2, 1, 50, applicationId, schemaNumber]);
  });

  it('makes files that only their owner can read, and leaves no log behind', async () => {
    const path = await usedHome();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(existsSync(`${path}.initialised`)).toBe(true);
  });

  it('finds again what was written', async () => {
    const path = await usedHome();
    const store = await openStore({ path, clock });
    expect((await store.jobs.counts()).waiting).toBe(3);
    await store.close();
    await store.close();
    expect(await codeOf(store.jobs.counts())).toBe('E_INTERRUPTED');
    expect(await codeOf(store.meta.set('a', 'b'))).toBe('E_INTERRUPTED');
  });

  it('never uses the id of a row that is gone', async () => {
    const path = await usedHome(0);
    const db = new Database(path);
    const values = "('x', 'r', '@a', 'a', 'me', 'ok', '[]', '{}', 0, 0)";
    const columns =
      '(platform, remote_id, handle, name, user, status, scopes, settings, created_at, updated_at)';
    const added = db.prepare(`INSERT INTO accounts ${columns} VALUES ${values}`).run().lastInsertRowid;
    db.prepare('DELETE FROM accounts WHERE id = ?').run(added);
    db.close();
    const store = await openStore({ path, clock });
    expect((await addAccount(store, '@new')).id).toBe(Number(added) + 1);
    await store.close();
  });

  it('reads without writing where asked to', async () => {
    const path = await usedHome();
    const store = await openStore({ path, clock, readOnly: true });
    expect(await store.jobs.list({})).toHaveLength(3);
    expect(await codeOf(store.meta.set('a', 'b'))).toBe('E_DB_READONLY');
    await store.close();
    const nowhere = join(temporaryFolder(), 'repost.db');
    expect(await codeOf(openStore({ path: nowhere, clock, readOnly: true }))).toBe('E_NOT_FOUND');
    expect(existsSync(nowhere)).toBe(false);
  });

  it('lets two open a new home at once', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ path, clock })));
    await stores[0]?.meta.set('who', 'first');
    expect(await stores[2]?.meta.get('who')).toBe('first');
    for (const store of stores) await store.close();
  });
});

describe('a file that can’t be used', () => {
  it('is refused where it is another program’s, and stays as it is', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'repost.db');
    const db = new Database(path);
    db.exec('CREATE TABLE birds (name TEXT)');
    db.close();
    const before = readFileSync(path);
    expect(await open(path)).toBe('E_DB_FOREIGN');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(existsSync(`${path}.initialised`)).toBe(false);
    writeFileSync(path, 'Dear diary, today I became a database. '.repeat(100));
    expect(await open(path)).toBe('E_DB_FOREIGN');
  });

  it('is refused where a newer repost wrote it, and stays as it is', async () => {
    const path = await usedHome();
    const db = new Database(path);
    db.pragma(`user_version = ${schemaNumber + 1}`);
    db.close();
    const before = readFileSync(path);
    expect(await open(path)).toBe('E_DB_NEWER');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused where it is empty or missing though there was a database', async () => {
    const path = await usedHome();
    truncateSync(path, 0);
    expect(await open(path)).toBe('E_DB_CORRUPT');
    expect(statSync(path).size).toBe(0);
    rmSync(path);
    expect(await open(path)).toBe('E_DB_CORRUPT');
    expect(existsSync(path)).toBe(false);
    const fresh = new Database(path);
    fresh.pragma('journal_mode = WAL');
    fresh.close();
    expect(await open(path)).toBe('E_DB_CORRUPT');
  });

  it('is taken for new where it is empty and nothing was there before', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    writeFileSync(path, '');
    expect(await open(path)).toBeUndefined();
  });

  it('is refused where its own row is gone', async () => {
    const path = await usedHome();
    const db = new Database(path);
    db.exec('DELETE FROM home');
    db.close();
    expect(await open(path)).toBe('E_DB_CORRUPT');
  });

  it('is refused where only its log is left', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    writeFileSync(`${path}-wal`, 'x'.repeat(5000));
    expect(await open(path)).toBe('E_DB_CORRUPT');
  });

  it('is refused as damaged where its head or its pages are overwritten or cut off', async () => {
    const head = await usedHome();
    overwrite(head, 0, 'Xqlite format 3');
    expect(await open(head)).toBe('E_DB_CORRUPT');
    const pages = await usedHome(50);
    overwrite(pages, 3 * 4096, 'x'.repeat(30 * 4096));
    expect(await open(pages)).toBe('E_DB_CORRUPT');
    const cut = await usedHome(50);
    truncateSync(cut, Math.floor(statSync(cut).size / 2 / 4096) * 4096);
    expect(await open(cut)).toBe('E_DB_CORRUPT');
  });

  it('is looked through at the start where it is small or was not closed cleanly', async () => {
    const small = await usedHome();
    await withDamage(small, 400_000);
    expect(await open(small)).toBe('E_DB_CORRUPT');
    expect(
      await codeOf(openStore({ path: small, clock, check: 'never' }).then((one) => one.close())),
    ).toBeUndefined();

    const large = await usedHome();
    await withDamage(large, 5_000_000);
    expect(await open(large)).toBeUndefined();
    const store = await openStore({ path: large, clock });
    await store.meta.set('who', 'me');
    const died = join(temporaryFolder(), 'repost.db');
    for (const part of ['', '-wal']) copyFileSync(`${large}${part}`, `${died}${part}`);
    expect(await open(died)).toBe('E_DB_CORRUPT');
    expect(await open(large)).toBeUndefined(); // its log is in use, not left over
    await store.close();
    const readOnly = openStore({ path: large, clock, readOnly: true, check: 'always' });
    expect(await codeOf(readOnly)).toBe('E_DB_CORRUPT');
  });

  it('is a folder that is missing', async () => {
    const folder = temporaryFolder();
    expect(await open(join(folder, 'missing', 'repost.db'))).toBe('E_HOME');
    writeFileSync(join(folder, 'file'), '');
    expect(await open(join(folder, 'file', 'repost.db'))).toBe('E_HOME');
  });

  it('says so where its file or folder is not ours to write or to see', async () => {
    const path = await usedHome();
    const folder = join(path, '..');
    const codes: unknown[] = [];
    for (const [folderMode, fileMode] of [
      [0o555, 0o444],
      [0o777, 0o444],
      [0o555, 0o666],
      [0o000, 0o666],
    ] as const) {
      chmodSync(path, fileMode);
      chmodSync(`${path}.initialised`, 0o666);
      chmodSync(folder, folderMode);
      // Root may write everything: then another user tries.
      const child = await startChild(['open', path], process.getuid?.() === 0 ? 65534 : undefined);
      codes.push(await child.line());
    }
    chmodSync(folder, 0o700);
    expect(codes).toEqual(['E_DB_READONLY', 'E_DB_READONLY', 'E_DB_READONLY', 'E_HOME']);
  });
});

describe('migrations', () => {
  const second = { number: 2, sql: 'CREATE TABLE more (id INTEGER) STRICT' };
  const first = { number: 1, sql: 'CREATE TABLE some (id INTEGER) STRICT' };

  it('run in order, once each', () => {
    const db = new Database(':memory:');
    migrate(db, [first]);
    expect(schemaOf(db)).toBe(1);
    migrate(db, [first, second]);
    migrate(db, [first, second]);
    expect(schemaOf(db)).toBe(2);
    expect(db.prepare('SELECT count(*) FROM more').pluck().get()).toBe(0);
  });

  it('leave nothing of one that fails half-way', () => {
    const db = new Database(':memory:');
    const broken = { number: 2, sql: `${second.sql}; INSERT INTO nowhere VALUES (1)` };
    expect(() => migrate(db, [first, broken])).toThrow('no such table');
    expect(schemaOf(db)).toBe(1);
    expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").pluck().get()).toBe(0);
  });
});

/** Fills the store with text, and overwrites a page in its midst that nothing reads by itself. */
async function withDamage(path: string, bytes: number): Promise<void> {
  const store = await openStore({ path, clock, check: 'never' });
  for (let n = 0; n < 100; n += 1) await store.meta.set(`text ${n}`, 'x'.repeat(bytes / 100));
  await store.close();
  overwrite(path, Math.floor(bytes / 2 / 4096) * 4096, '\xff'.repeat(2048));
}

function overwrite(path: string, at: number, text: string): void {
  const bytes = readFileSync(path);
  bytes.write(text, at);
  writeFileSync(path, bytes);
}
