import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { backupDatabase, restoreDatabase, verifyBackup } from '../../src/store/backup.ts';
import { schemaNumber } from '../../src/store/schema.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { codeOf, T0, temporaryFolder } from './examples.ts';

const clock = new TestClock(T0);

async function openHome() {
  const path = join(temporaryFolder(), 'repost.db');
  const store = await openStore({ path, clock });
  await store.meta.set('who', 'before');
  return { path, store };
}

/** The code that a synchronous function fails with. */
function failure(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof Failure ? error.code : error;
  }
}

describe('a backup', () => {
  it('of a running database is whole, and of the moment it was asked for', async () => {
    const { path, store } = await openHome();
    const blob = 'x'.repeat(1_000_000);
    for (let n = 0; n < 20; n += 1) await store.meta.set(`blob ${n}`, blob);
    const to = join(dirname(path), 'backup.db');
    const backing = backupDatabase(path, to);
    let writes = 0;
    let done = false;
    const end = backing.finally(() => {
      done = true;
    });
    while (!done) {
      await store.meta.set('who', `during ${writes}`);
      writes += 1;
    }
    const backup = await end;
    expect(writes).toBeGreaterThan(2);
    expect(backup).toEqual({ path: to, bytes: statSync(to).size, schema: schemaNumber });
    await store.close();
    expect(readdirSync(dirname(to)).filter((name) => name.startsWith('backup'))).toEqual(['backup.db']);
    const copy = new Database(to, { readonly: true });
    expect(copy.prepare("SELECT count(*) FROM meta WHERE key LIKE 'blob %'").pluck().get()).toBe(20);
    expect(copy.prepare("SELECT value FROM meta WHERE key = 'who'").pluck().get()).toBe('before');
    copy.close();
    expect(statSync(to).mode & 0o777).toBe(0o600);
  });

  it('never overwrites a file, and needs a database and a folder', async () => {
    const { path, store } = await openHome();
    const to = join(dirname(path), 'backup.db');
    writeFileSync(to, 'something dear');
    expect(await codeOf(backupDatabase(path, to))).toBe('E_EXISTS');
    expect(readFileSync(to, 'utf8')).toBe('something dear');
    expect(await codeOf(backupDatabase(join(dirname(path), 'none.db'), `${to}2`))).toBe('E_NOT_FOUND');
    expect(await codeOf(backupDatabase(path, join(dirname(path), 'no', 'b.db')))).toBe('E_HOME');
    await store.close();
  });

  it('is told from a file that is damaged, foreign, newer, empty or missing', async () => {
    const { path, store } = await openHome();
    for (let n = 0; n < 50; n += 1) await store.meta.set(`k${n}`, 'x'.repeat(3000));
    await store.close();
    const to = join(dirname(path), 'backup.db');
    await backupDatabase(path, to);
    expect(verifyBackup(to)).toBe(schemaNumber);
    const whole = readFileSync(to);
    const changed = (change: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(whole);
      change(bytes);
      writeFileSync(to, bytes);
      return failure(() => verifyBackup(to));
    };
    expect(changed((bytes) => bytes.fill('x', whole.length - 20_480, whole.length - 4096))).toBe(
      'E_DB_CORRUPT',
    );
    expect(changed((bytes) => bytes.writeUInt32BE(7, 68))).toBe('E_DB_FOREIGN');
    expect(changed((bytes) => bytes.fill('x', 0, 16))).toBe('E_DB_FOREIGN');
    expect(changed((bytes) => bytes.writeUInt32BE(99, 60))).toBe('E_DB_NEWER');
    truncateSync(to, 0);
    expect(failure(() => verifyBackup(to))).toBe('E_DB_CORRUPT');
    expect(failure(() => verifyBackup(`${to}.none`))).toBe('E_DB_CORRUPT');
  });
});

describe('restoring', () => {
  it('puts the backup in the place of the database and keeps what was there', async () => {
    const { path, store } = await openHome();
    const to = join(dirname(path), 'backup.db');
    await backupDatabase(path, to);
    await store.meta.set('who', 'after');
    await store.close();
    const kept = restoreDatabase(to, path, T0);
    const restored = await openStore({ path, clock });
    expect(await restored.meta.get('who')).toBe('before');
    await restored.close();
    const old = await openStore({ path: kept ?? '', clock });
    expect(await old.meta.get('who')).toBe('after');
    await old.close();
    expect(existsSync(to)).toBe(true);
  });

  it('keeps the log of a database that was not closed with it', async () => {
    const { path, store } = await openHome();
    const to = join(dirname(path), 'backup.db');
    await backupDatabase(path, to);
    await store.meta.set('who', 'after');
    const left = ['', '-wal'].map((part) => readFileSync(`${path}${part}`));
    await store.close();
    ['', '-wal'].forEach((part, index) => {
      writeFileSync(`${path}${part}`, left[index] ?? '');
    });
    const kept = restoreDatabase(to, path, T0) ?? '';
    const stores = [await openStore({ path, clock }), await openStore({ path: kept, clock })];
    expect(await Promise.all(stores.map((one) => one.meta.get('who')))).toEqual(['before', 'after']);
    for (const one of stores) await one.close();
  });

  it('works where the database is lost, and changes nothing where the backup is no good', async () => {
    const { path, store } = await openHome();
    await store.close();
    const to = join(dirname(path), 'backup.db');
    await backupDatabase(path, to);
    const bad = join(dirname(path), 'bad.db');
    writeFileSync(bad, 'not a database');
    const before = readFileSync(path);
    expect(failure(() => restoreDatabase(bad, path, T0))).toBe('E_DB_FOREIGN');
    expect(readFileSync(path).equals(before)).toBe(true);
    truncateSync(path, 0);
    expect(await codeOf(openStore({ path, clock }))).toBe('E_DB_CORRUPT');
    restoreDatabase(to, path, T0);
    const restored = await openStore({ path, clock });
    expect(await restored.meta.get('who')).toBe('before');
    await restored.close();
  });
});
