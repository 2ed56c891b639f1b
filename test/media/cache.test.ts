import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { derivedOrigin, openCache } from '../../src/media/cache.ts';
import { storageFailure } from '../../src/media/copy.ts';
import { probe } from '../../src/media/probe.ts';
import { buildMp4 } from './build-mp4.ts';
import { failureOf, freshFolder } from './fixtures.ts';
import { memoryRegister } from './register.ts';

const MB = 1_000_000;

function setUp(limitBytes = 100 * MB, inUse = new Set<string>()) {
  const root = freshFolder();
  const dir = join(root, 'cache');
  const register = memoryRegister(inUse);
  const clock = new TestClock();
  const options = { dir, limitBytes, register, clock };
  const original = (name: string, pictureBytes = 2000) => {
    const path = join(root, name);
    writeFileSync(path, buildMp4({ seed: name, pictureBytes }));
    return path;
  };
  return { root, dir, register, clock, options, original };
}

/** What stands in the cache folder besides the folder of workspaces, which must be empty. */
function contents(dir: string): string[] {
  expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
  return readdirSync(dir).filter((name) => name !== 'tmp');
}

const add = (path: string, origin = 'folder') => ({ path, origin, verify: (copy: string) => probe(copy) });

describe('the cache', () => {
  test('keeps a copy under its content’s name, for its owner’s eyes only', async () => {
    const { dir, options, original, register } = setUp();
    const cache = await openCache(options);
    const path = original('caption with spaces & $(evil).mp4');
    const file = await cache.add(add(path));
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    expect(file).toMatchObject({
      sha256,
      mimeType: 'video/mp4',
      path: join(dir, `${sha256}.mp4`),
      width: 576,
    });
    expect(file).not.toHaveProperty('origin');
    expect(readFileSync(file.path)).toEqual(readFileSync(path));
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
    expect(register.rows.get(sha256)?.path).toBe(`${sha256}.mp4`);
    expect(contents(dir)).toEqual([`${sha256}.mp4`]);
    expect(await cache.get(sha256)).toEqual(file);
  });

  test('the same content twice is one file', async () => {
    const { dir, options, original } = setUp();
    const cache = await openCache(options);
    const path = original('a.mp4');
    const [one, two] = await Promise.all([cache.add(add(path)), cache.add(add(path))]);
    expect(one).toEqual(two);
    expect(contents(dir)).toHaveLength(1);
  });

  test('a file in a workspace is moved, not copied', async () => {
    const { options, original } = setUp();
    const cache = await openCache(options);
    const inode = await cache.withWorkspace(async (workspace) => {
      const path = join(workspace, 'fetched.mp4');
      writeFileSync(path, readFileSync(original('a.mp4')), { mode: 0o644 });
      const file = await cache.add({ ...add(path, 'yt-dlp'), adopt: true });
      expect(readdirSync(workspace)).toEqual([]);
      expect(statSync(file.path).mode & 0o777).toBe(0o600);
      return statSync(file.path).nlink;
    });
    expect(inode).toBe(1);
  });

  test('what does not verify leaves nothing behind', async () => {
    const { dir, options, root, register } = setUp();
    const cache = await openCache(options);
    const path = join(root, 'text.mp4');
    writeFileSync(path, 'no video');
    expect((await failureOf(cache.add(add(path)))).code).toBe('E_MEDIA_INVALID');
    expect(contents(dir)).toEqual([]);
    expect(register.rows.size).toBe(0);
  });

  test('a source that is a link, gone, or still written is no file', async () => {
    const { root, options, original } = setUp();
    const cache = await openCache(options);
    const path = original('a.mp4');
    symlinkSync(path, join(root, 'link.mp4'));
    expect((await failureOf(cache.add(add(join(root, 'link.mp4'))))).message).toContain('symbolic link');
    const gone = await failureOf(cache.add(add(join(root, 'gone.mp4'))));
    expect(gone).toMatchObject({ code: 'E_MEDIA_FOLDER', kind: 'later', reason: 'media' });
  });

  test('a file that was cut or removed behind our back is not there', async () => {
    const { options, original } = setUp();
    const cache = await openCache(options);
    const file = await cache.add(add(original('a.mp4')));
    writeFileSync(file.path, 'short');
    expect(await cache.get(file.sha256)).toBeUndefined();
    const again = await cache.add(add(original('a.mp4')));
    expect(await cache.get(again.sha256)).toEqual(again);
  });

  test('evicts the least recently used, never what an unfinished job needs', async () => {
    const inUse = new Set<string>();
    const { dir, options, original, clock } = setUp(3.5 * MB, inUse);
    const cache = await openCache(options);
    const put = async (name: string) => {
      const file = await cache.add(add(original(`${name}.mp4`, MB)));
      clock.advance(HOUR);
      return file;
    };
    const [a, b, c] = [await put('a'), await put('b'), await put('c')];
    inUse.add(a.sha256);
    await cache.get(b.sha256);
    clock.advance(HOUR);
    const d = await put('d');
    const names = (...files: { sha256: string }[]) => files.map(({ sha256 }) => `${sha256}.mp4`).sort();
    expect(contents(dir).sort()).toEqual(names(a, b, d));
    expect(await cache.get(c.sha256)).toBeUndefined();
    const e = await put('e');
    expect(contents(dir).sort()).toEqual(names(a, d, e));
  });

  test('what was added a moment ago stays: its job is about to be told', async () => {
    const { dir, options, original, clock } = setUp(1.5 * MB);
    const cache = await openCache(options);
    await cache.add(add(original('a.mp4', MB)));
    await cache.add(add(original('b.mp4', MB)));
    expect(contents(dir)).toHaveLength(2);
    clock.advance(16 * MINUTE);
    expect(await cache.evict()).toBeGreaterThan(MB);
    expect(contents(dir)).toHaveLength(1);
  });

  test('a file made from another one is needed as long as that one is', async () => {
    const inUse = new Set<string>();
    const { options, original, clock } = setUp(MB, inUse);
    const cache = await openCache(options);
    const parent = await cache.add(add(original('a.mp4', MB)));
    inUse.add(parent.sha256);
    const made = await cache.add(add(original('b.mp4', MB), derivedOrigin(parent.sha256, 'remux')));
    expect(await cache.derived(parent.sha256, 'remux')).toEqual(made);
    expect(await cache.derived(parent.sha256, 'other')).toBeUndefined();
    clock.advance(HOUR);
    expect(await cache.evict()).toBe(0);
    inUse.clear();
    expect(await cache.evict()).toBeGreaterThan(MB);
  });

  test('sweeps at start what a crash left, and nothing else', async () => {
    const { dir, options, original, register, clock } = setUp();
    const cache = await openCache(options);
    const file = await cache.add(add(original('a.mp4')));
    const orphan = `${'0'.repeat(64)}.mp4`;
    writeFileSync(join(dir, orphan), 'renamed, then the register was restored from a backup');
    writeFileSync(join(dir, 'notes.txt'), 'not ours');
    // Process 2^22 - 1 does not live: the kernel's default limit ends below it.
    const dead = join(dir, 'tmp', '4194303-left-behind');
    const living = join(dir, 'tmp', `${process.ppid}-at-work`);
    for (const workspace of [dead, living]) {
      mkdirSync(workspace);
      writeFileSync(join(workspace, 'copy'), 'half');
    }
    const lost = {
      ...file,
      path: 'gone.mp4',
      sha256: 'f'.repeat(64),
      origin: 'folder',
      lastUsedAt: clock.now(),
    };
    await register.save(lost);
    clock.advance(2 * HOUR);
    await openCache(options);
    expect(readdirSync(dir).sort()).toEqual([`${file.sha256}.mp4`, 'notes.txt', 'tmp'].sort());
    expect(readdirSync(join(dir, 'tmp'))).toEqual([`${process.ppid}-at-work`]);
    expect([...register.rows.keys()]).toEqual([file.sha256]);
  });

  test('a crash between register and name: the file is obtained anew', async () => {
    const { options, original, register, clock } = setUp();
    const cache = await openCache(options);
    const path = original('a.mp4');
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    const facts = await probe(path);
    const row = { ...facts, sha256, path: `${sha256}.mp4`, mimeType: 'video/mp4', origin: 'folder' };
    await register.save({ ...row, lastUsedAt: clock.now() });
    expect(await cache.get(sha256)).toBeUndefined();
    expect((await cache.add(add(path))).sha256).toBe(sha256);
    expect(await cache.get(sha256)).toBeDefined();
  });

  test('a change while it is copied is noticed', async () => {
    const { options, root, original } = setUp();
    const cache = await openCache(options);
    const path = original('growing.mp4', 8 * MB);
    const work = failureOf(cache.add(add(path)));
    // The copy is there once the source was looked at; its eight chunks take many turns of the loop more.
    const copied = () =>
      readdirSync(join(root, 'cache', 'tmp')).some((name) =>
        existsSync(join(root, 'cache', 'tmp', name, 'copy')),
      );
    while (!copied()) await new Promise((resolve) => setImmediate(resolve));
    utimesSync(path, 1, 1);
    expect(await work).toMatchObject({ code: 'E_NO_MEDIA', kind: 'later', reason: 'media' });
  });
});

describe('a full disk', () => {
  test('is said as such, and waited for', async () => {
    const full = await open('/dev/full', 'w');
    const error = await full.write('x').catch((thrown: unknown) => thrown);
    await full.close();
    const failure = storageFailure(error, 1000);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({
      code: 'E_DISK_FULL',
      kind: 'later',
      reason: 'media',
      notBefore: 301_000,
    });
  });

  // A disk of its own needs a mount namespace; where the kernel forbids those, /dev/full above must do.
  test.skipIf(spawnSync('unshare', ['-rm', 'true']).status !== 0)('leaves no half copy behind', async () => {
    const { root, original } = setUp();
    const script = join(root, 'child.mjs');
    await build({
      stdin: {
        contents: `
          import { readdirSync } from 'node:fs';
          import { TestClock } from './src/core/clock.ts';
          import { openCache } from './src/media/cache.ts';
          import { memoryRegister } from './test/media/register.ts';
          const [dir, path] = process.argv.slice(2);
          const options = { dir, limitBytes: 1e9, register: memoryRegister(), clock: new TestClock() };
          const cache = await openCache(options);
          const error = await cache.add({ path, origin: 'folder', verify: async () => ({}) }).catch((e) => e);
          console.log(error.code, JSON.stringify([readdirSync(dir), readdirSync(dir + '/tmp')]));`,
        resolveDir: new URL('../..', import.meta.url).pathname,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: script,
    });
    const disk = join(root, 'disk');
    mkdirSync(disk);
    const inside = 'mount -t tmpfs -o size=3m none "$1" && exec "$2" "$3" "$1" "$4"';
    const args = [
      '-rm',
      'sh',
      '-c',
      inside,
      'sh',
      disk,
      process.execPath,
      script,
      original('big.mp4', 8 * MB),
    ];
    expect(execFileSync('unshare', args, { encoding: 'utf8' }).trim()).toBe('E_DISK_FULL [["tmp"],[]]');
  });
});
