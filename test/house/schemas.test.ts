import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { schemaNumber } from '../../src/store/schema.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { temporaryFolder } from '../store/examples.ts';
import { databaseOf, dumpOf } from '../store/old-schemas.ts';

const folder = join(import.meta.dirname, '../store/schemas');
const fileOf = (number: number) => join(folder, `${String(number).padStart(4, '0')}.sql`);
const numbers = Array.from({ length: schemaNumber }, (_, index) => index + 1);

// `npm run schemas` writes the dump of a new schema; one that is there stays as it is.
if (process.env['REPOST_WRITE_SCHEMAS']) {
  mkdirSync(folder, { recursive: true });
  for (const number of numbers)
    if (number === schemaNumber || !existsSync(fileOf(number)))
      writeFileSync(fileOf(number), dumpOf(databaseOf(number)));
}

describe('the database of every schema so far', () => {
  it.each(numbers)('%i is what its migrations make: none was changed after the fact', (number) => {
    expect(existsSync(fileOf(number)), 'a new schema? npm run schemas').toBe(true);
    expect(dumpOf(databaseOf(number)), 'a new schema? npm run schemas').toBe(
      readFileSync(fileOf(number), 'utf8'),
    );
  });

  it.each(numbers)('%i opens, migrates, and has kept everything', async (number) => {
    const path = join(temporaryFolder(), 'repost.db');
    const old = new Database(path);
    old.exec(readFileSync(fileOf(number), 'utf8'));
    old.close();
    const clock = new TestClock(Date.UTC(2026, 10, 23));
    const store = await openStore({ path, clock, check: 'always' });
    expect((await store.accounts.list()).map((one) => one.account)).toEqual([
      'tiktok:@creator',
      'youtube:@creator',
    ]);
    expect(await store.jobs.counts()).toMatchObject({ published: 1, waiting: 1, unknown: 1 });
    expect((await store.jobs.posts({})).map((job) => job.post?.id)).toEqual(['abc']);
    expect((await store.videos.list({})).map((video) => video.remoteId).sort()).toEqual([
      '3',
      '7575000000000000123',
      '9007199254740993',
    ]);
    expect((await store.rules.list()).map((rule) => rule.name)).toEqual(['everywhere']);
    expect(await store.journal.load(3)).toMatchObject([{ name: 'publish', state: 'intent' }]);
    // It is worked on as before.
    expect(await store.jobs.claim(2, clock.now())).toMatchObject({ id: 2, attempt: 2 });
    expect(await store.jobs.resolve(3, 'not-published', clock.now())).toMatchObject({ state: 'waiting' });
    await store.close();
    const db = new Database(path, { readonly: true });
    expect(db.pragma('user_version', { simple: true })).toBe(schemaNumber);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    db.close();
  });
});
