import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock, TestClock } from '../../src/core/clock.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { codeOf, T0, temporaryFolder } from './examples.ts';
import { startChild } from './processes.ts';

const clock = new TestClock(T0);

/** How many of `number 1`, `number 2` … are there; fails where one is missing between others. */
async function countNumbers(path: string): Promise<number> {
  const store = await openStore({ path, clock, check: 'always' });
  let found = 0;
  while ((await store.meta.get(`number ${found + 1}`)) !== undefined) found += 1;
  for (const beyond of [2, 3, 10]) expect(await store.meta.get(`number ${found + beyond}`)).toBeUndefined();
  await store.close();
  return found;
}

describe('a process that is killed', () => {
  it('has lost nothing that it was told is written', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    for (let round = 0; round < 3; round += 1) {
      const child = await startChild(['write', path]);
      let said = 0;
      while (said < 50 + 37 * round) said = Number(await child.line());
      await child.kill();
      for (let line = await child.line(); line !== undefined; line = await child.line()) said = Number(line);
      expect(await countNumbers(path)).toBeGreaterThanOrEqual(said);
    }
  });
});

describe('power that fails', () => {
  it('leaves the first so many commits, wherever the log ends or breaks', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'repost.db');
    await (await openStore({ path, clock })).close();
    const store = await openStore({ path, clock });
    for (let n = 1; n <= 60; n += 1) await store.meta.set(`number ${n}`, 'x'.repeat(n * 7));
    for (const part of ['', '-wal']) copyFileSync(`${path}${part}`, join(folder, `copy.db${part}`));
    await store.close();
    const log = readFileSync(join(folder, 'copy.db-wal'));
    let shortened = 0;
    const cut = fc.record({ at: fc.nat(log.length), garbage: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(cut, async ({ at, garbage }) => {
        const here = join(folder, 'cut.db');
        copyFileSync(join(folder, 'copy.db'), here);
        const rest = Buffer.alloc(garbage ? log.length - at : 0, 0xa5);
        writeFileSync(`${here}-wal`, Buffer.concat([log.subarray(0, at), rest]));
        const found = await countNumbers(here);
        expect(found).toBeLessThanOrEqual(60);
        if (found < 60) shortened += 1;
        // A frame is 4,120 bytes, a commit here at most three of them.
        expect(found).toBeGreaterThanOrEqual(Math.floor((at - 32) / 4120 / 3) - 2);
      }),
      { numRuns: 150 },
    );
    expect(shortened).toBeGreaterThan(50);
  });

  it('is not the cause where the database itself was cut short: that is damage', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    const store = await openStore({ path, clock });
    await store.meta.set('number 1', 'x');
    const size = statSync(`${path}-wal`).size;
    expect(size).toBeGreaterThan(0);
    await store.close();
    truncateSync(path, statSync(path).size - 4096);
    expect(await codeOf(openStore({ path, clock }))).toBe('E_DB_CORRUPT');
  });
});

describe('a database that another process holds', () => {
  it('is waited for, with the event loop running', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    const store = await openStore({ path, clock: systemClock });
    const child = await startChild(['hold', path]);
    expect(await child.line()).toBe('held');
    let turns = 0;
    const ticking = setInterval(() => {
      turns += 1;
      if (turns === 5) child.process.stdin?.write('go\n');
    }, 20);
    const writes = Promise.all([store.meta.set('a', '1'), store.meta.set('b', '2')]);
    expect(await store.meta.get('a')).toBeUndefined();
    await writes;
    clearInterval(ticking);
    expect(turns).toBeGreaterThanOrEqual(5);
    expect(await store.meta.get('b')).toBe('2');
    await store.close();
  });

  it('is given up after ten seconds, and can be written again later', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    const testClock = new TestClock(T0);
    const store = await openStore({ path, clock: testClock });
    const child = await startChild(['hold', path]);
    expect(await child.line()).toBe('held');
    const write = codeOf(store.meta.set('a', '1'));
    let done = false;
    void write.then(() => {
      done = true;
    });
    while (!done) {
      await new Promise(setImmediate);
      const wakeAt = testClock.nextWakeAt();
      if (wakeAt !== undefined) testClock.advance(wakeAt - testClock.now());
    }
    expect(await write).toBe('E_DB_BUSY');
    expect(testClock.now() - T0).toBeGreaterThanOrEqual(10_000);
    child.process.stdin?.write('go\n');
    expect(await child.line()).toBe('released');
    await store.meta.set('a', '2');
    expect(await store.meta.get('a')).toBe('2');
    await store.close();
  });

  it('shows its changes to the others', async () => {
    const path = join(temporaryFolder(), 'repost.db');
    const store = await openStore({ path, clock });
    await store.meta.set('who', 'parent');
    const before = await store.version();
    const child = await startChild(['open', path]);
    expect(await child.line()).toBe('opened parent');
    expect(await child.line()).toBeUndefined();
    expect(await store.version()).not.toBe(before);
    expect(await store.meta.get('who')).toBe('child');
    await store.close();
  });
});
