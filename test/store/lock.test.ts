import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock, TestClock } from '../../src/core/clock.ts';
import { acquireLock, tryLock, withLock } from '../../src/store/lock.ts';
import { codeOf, temporaryFolder } from './examples.ts';
import { startChild } from './processes.ts';

const lockFile = () => join(temporaryFolder(), 'daemon.lock.db');

describe('a lock', () => {
  it('is held by one, and free again once given back', async () => {
    const path = lockFile();
    const lock = await acquireLock(path);
    expect(await tryLock(path)).toBeUndefined();
    expect(await codeOf(acquireLock(path))).toBe('E_DAEMON_RUNNING');
    lock.release();
    lock.release();
    const again = await tryLock(path);
    expect(again).toBeDefined();
    again?.release();
  });

  it('outlives the collection of garbage, and is free at once when its process is killed', async () => {
    const path = lockFile();
    const child = await startChild(['lock', path]);
    expect(await child.line()).toBe('held');
    expect(await tryLock(path)).toBeUndefined();
    expect(await child.line()).toBe('collected');
    expect(await tryLock(path)).toBeUndefined();
    await child.kill();
    const lock = await tryLock(path);
    expect(lock).toBeDefined();
    lock?.release();
  });

  it('stays with a process that stands still', async () => {
    const path = lockFile();
    const child = await startChild(['lock', path]);
    expect(await child.line()).toBe('held');
    child.process.kill('SIGSTOP');
    expect(await tryLock(path)).toBeUndefined();
  });

  it('is not taken from another process by this one', async () => {
    const path = lockFile();
    const lock = await acquireLock(path);
    const child = await startChild(['lock', path]);
    expect(await child.line()).toBe('taken');
    lock.release();
  });

  it('needs a folder', async () => {
    expect(await codeOf(tryLock(join(temporaryFolder(), 'missing', 'x.db')))).toBe('E_HOME');
  });
});

describe('work under a lock', () => {
  it('is done by one at a time, in several processes and within one', async () => {
    const folder = temporaryFolder();
    const [path, file] = [join(folder, 'token.lock.db'), join(folder, 'count')];
    writeFileSync(file, '0');
    const children = await Promise.all([1, 2, 3].map(() => startChild(['count', path, file])));
    const own = [1, 2, 3].map(() =>
      withLock(path, systemClock, async () => {
        const before = Number(readFileSync(file, 'utf8'));
        await systemClock.sleep(5);
        writeFileSync(file, String(before + 1));
      }),
    );
    await Promise.all(own);
    expect(await Promise.all(children.map((child) => child.line()))).toEqual([
      'counted',
      'counted',
      'counted',
    ]);
    expect(readFileSync(file, 'utf8')).toBe('6');
  });

  it('within one process needs no time to pass', async () => {
    const path = lockFile();
    const clock = new TestClock();
    const order: number[] = [];
    await Promise.all([1, 2, 3].map((n) => withLock(path, clock, async () => void order.push(n))));
    expect(order).toEqual([1, 2, 3]);
  });

  it('gives the lock back when it fails', async () => {
    const path = lockFile();
    const clock = new TestClock();
    await expect(withLock(path, clock, () => Promise.reject(new Error('refused')))).rejects.toThrow(
      'refused',
    );
    expect(await withLock(path, clock, async () => 'done')).toBe('done');
  });

  it('gives up on a process that never gives it back', async () => {
    const path = lockFile();
    const child = await startChild(['lock', path]);
    expect(await child.line()).toBe('held');
    const clock = new TestClock();
    const waiting = codeOf(withLock(path, clock, async () => 'done'));
    let waits = 0;
    for (; waits < 5_000; waits += 1) {
      await new Promise(setImmediate);
      const wakeAt = clock.nextWakeAt();
      if (wakeAt !== undefined) clock.advance(wakeAt - clock.now());
      else if (waits > 0 && clock.now() >= new TestClock().now() + 120_000) break;
    }
    expect(await waiting).toBe('E_DB_BUSY');
  });
});
