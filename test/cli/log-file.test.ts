import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startHeart } from '../../src/cli/heartbeat.ts';
import { openLogFile } from '../../src/cli/log-file.ts';
import { MINUTE, TestClock } from '../../src/core/clock.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'repost-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('a log turns itself over, keeps so many, and is its owner’s alone', () => {
  const path = join(dir, 'logs', 'daemon.log');
  const log = openLogFile(path, () => ({ maxBytes: 30, keep: 2 }));
  for (let n = 1; n <= 9; n += 1) log.write(`line number ${n}`);
  log.close();
  expect(readFileSync(path, 'utf8')).toBe('line number 9\n');
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('line number 7\nline number 8\n');
  expect(readFileSync(`${path}.2`, 'utf8')).toBe('line number 5\nline number 6\n');
  expect(existsSync(`${path}.3`)).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('the watchdog is fed only where the loop turned and the database answered', async () => {
  const clock = new TestClock();
  const now = { turns: 0, turning: true, answering: true, beats: 0 };
  const stop = startHeart({
    clock,
    watchdogMs: 2 * MINUTE,
    turns: () => now.turns,
    wake: () => {
      if (now.turning) now.turns += 1;
    },
    database: async () => {
      if (!now.answering) throw new Error('no answer');
    },
    beat: async () => {
      now.beats += 1;
    },
  });
  const pass = async () => {
    await new Promise(setImmediate);
    clock.advance(MINUTE);
    for (let n = 0; n < 5; n += 1) await new Promise(setImmediate);
    return now.beats;
  };
  expect([await pass(), await pass()]).toEqual([1, 2]);
  now.answering = false;
  expect(await pass()).toBe(2);
  now.answering = true;
  expect(await pass()).toBe(3);
  now.turning = false;
  await pass();
  const before = now.beats;
  expect([await pass(), await pass()]).toEqual([before, before]);
  stop();
});
