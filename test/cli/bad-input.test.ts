import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRepost } from '../e2e/run.ts';
import { type Bench, openBench } from './bench.ts';
import { openTerminal } from './terminal.ts';

interface JobLine {
  id: number;
  state: string;
  reason: string | null;
  error: { code: string; class: string; hint: string } | null;
  post: { url: string } | null;
}

const isRoot = process.getuid?.() === 0;
/** Debian's `nobody`: who may not read what root keeps to itself. */
const NOBODY = 65534;

describe('a rule', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
    await bench.signIn('tiktok', 'youtube');
  });
  afterAll(() => bench?.close());

  it('to an account that is not signed in: E_UNKNOWN_ACCOUNT, exit 4, and the login that helps', async () => {
    const args = ['rule', 'add', '--from', 'tiktok:@creator', '--to', 'x:@creator'];
    expect(await bench.terminal.failure(args)).toMatchObject({
      exit: 4,
      code: 'E_UNKNOWN_ACCOUNT',
      command: 'repost login x',
    });
    const { err } = await bench.terminal.run(args);
    expect(err).toContain('error: No account “x:@creator” is signed in.');
    expect(err).toContain('Signed in: tiktok:@creator, youtube:@creator.');
  });

  it.each([
    [['--to', 'tiktok:@creator'], 'E_RULE', 1],
    [['--to', 'youtube:@creator', '--option', 'youtube.colour=red'], 'E_RULE', 1],
    [['--to', 'youtube:@creator', '--option', 'youtube.privacy=secret'], 'E_RULE', 1],
    [['--to', 'youtube:@creator', '--media', 'cloud:somewhere'], 'E_USAGE', 2],
    [['--to', 'youtube:@creator', '--media', 'yt-dlp'], 'E_CONSENT', 2],
    [['--to', 'youtube:@creator', '--delay', 'a while'], 'E_USAGE', 2],
    [['--to', 'youtube:@creator', '--catch-up', 'some'], 'E_USAGE', 2],
    [['--to', 'youtube:@creator', '--name', 'two words'], 'E_USAGE', 2],
  ])('%j: %s', async (more, code, exit) => {
    const failed = await bench.terminal.failure(['rule', 'add', '--from', 'tiktok:@creator', ...more]);
    expect(failed).toMatchObject({ code, exit });
    expect(await bench.terminal.json(['rule', 'list'])).toEqual([]);
  });

  it('whose folder vanishes lets its jobs wait and says why; back again, they go out', async () => {
    const folder = join(bench.dir, 'vanishing');
    mkdirSync(folder);
    const to = ['--to', 'youtube:@creator', '--media', `folder:${folder}`];
    await bench.terminal.json(['rule', 'add', '--from', 'tiktok:@creator', ...to]);
    await bench.terminal.json(['sync']);
    rmSync(folder, { recursive: true });
    const id = await bench.publish('Where did my folder go?');
    expect(await bench.terminal.json(['sync'])).toMatchObject({ published: 0, waiting: 1, dead: 0 });
    const [job] = await bench.terminal.json<JobLine[]>(['jobs', 'list']);
    expect(job).toMatchObject({ state: 'waiting', reason: 'media', error: { code: 'E_MEDIA_FOLDER' } });
    expect((await bench.terminal.run(['status'])).out).toContain('wait for their file');

    mkdirSync(folder);
    execFileSync('cp', ['-p', join(bench.originals, `${id}.mp4`), folder]);
    await bench.terminal.json(['jobs', 'retry', String(job?.id)]);
    expect(await bench.terminal.json(['sync'])).toMatchObject({ published: 1, waiting: 0 });
  });

  it('whose video is a text file named .mp4 is never sent: E_MEDIA_INVALID', async () => {
    const id = await bench.publish('Not a video');
    rmSync(join(bench.originals, `${id}.mp4`));
    const folder = join(bench.dir, 'vanishing');
    const path = join(folder, `${id}.mp4`);
    writeFileSync(path, 'Dear diary, today I learned about magic bytes.\n'.repeat(500));
    execFileSync('touch', ['-d', '1 minute ago', path]);
    await bench.terminal.run(['sync']);
    const [job] = await bench.terminal.json<JobLine[]>(['jobs', 'list']);
    expect(job?.error).toMatchObject({ code: 'E_MEDIA_INVALID' });
    expect(job?.error?.hint).not.toBe('');
    expect(job?.post).toBeNull();
    expect(bench.sandbox.posts().filter((post) => post.platform === 'youtube')).toHaveLength(1);
    const { out } = await bench.terminal.run(['jobs', 'show', String(job?.id)]);
    expect(out).toContain('E_MEDIA_INVALID');
  });

  it('with a folder that is not there yet is taken, and it is said', async () => {
    const media = ['--media', `folder:${join(bench.dir, 'later')}`, '--name', 'later'];
    const { code, err } = await bench.terminal.run([
      ...['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', ...media],
    ]);
    expect(code).toBe(0);
    expect(err).toContain('later is not there yet');
  });
});

describe('a home that can’t be used', () => {
  const root = mkdtempSync(join(tmpdir(), 'repost-home-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const terminal = (home: string) => openTerminal({ env: { HOME: root, REPOST_HOME: home } });

  it('a file in its place: E_HOME names it', async () => {
    const path = join(root, 'file');
    writeFileSync(path, '');
    const failed = await terminal(path).failure(['status']);
    expect(failed).toMatchObject({ exit: 1, code: 'E_HOME', class: 'config', command: 'repost paths' });
    expect(failed.message).toContain(path);
  });

  it('a place where no folder can be made: E_HOME', async () => {
    expect(await terminal('/proc/nowhere').failure(['status'])).toMatchObject({ exit: 1, code: 'E_HOME' });
  });

  it.runIf(isRoot)('a folder of somebody else: E_HOME, and not an empty home', async () => {
    const home = join(root, 'private');
    expect((await terminal(home).run(['config', 'set', 'poll.interval', '5m'])).code).toBe(0);
    expect((await terminal(home).run(['status'])).code).toBe(0);
    chmodSync(root, 0o755);
    chmodSync(home, 0o700);
    const env = { PATH: process.env['PATH'], HOME: root, REPOST_HOME: home };
    const { code, stderr } = await runRepost(env, ['status', '--json'], { uid: NOBODY });
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'E_HOME', side: 'machine' } });
  });

  it.runIf(isRoot)('a database of somebody else: E_DB_READONLY', async () => {
    const home = join(root, 'readonly');
    expect((await terminal(home).run(['status'])).code).toBe(0);
    execFileSync('chmod', ['-R', 'a+rX', home]);
    const env = { PATH: process.env['PATH'], HOME: root, REPOST_HOME: home };
    const { code, stderr } = await runRepost(env, ['status', '--json'], { uid: NOBODY });
    expect({ code, error: JSON.parse(stderr).error.code }).toEqual({ code: 1, error: 'E_DB_READONLY' });
  });

  it('a config file that is no JSON: E_CONFIG names it', async () => {
    const home = join(root, 'config');
    mkdirSync(join(home, 'config'), { recursive: true });
    writeFileSync(join(home, 'config', 'config.json'), '{"poll.interval": ');
    const failed = await terminal(home).failure(['status']);
    expect(failed).toMatchObject({ exit: 1, code: 'E_CONFIG' });
    expect(failed.message).toContain('config.json');
  });

  it('another program’s database: E_DB_FOREIGN, and it is left as it is', async () => {
    const home = join(root, 'foreign');
    mkdirSync(join(home, 'data'), { recursive: true });
    const path = join(home, 'data', 'repost.db');
    writeFileSync(path, 'this is not SQLite at all, but somebody’s notes\n'.repeat(100));
    const failed = await terminal(home).failure(['status']);
    expect(failed.exit).toBe(1);
    expect(['E_DB_FOREIGN', 'E_DB_CORRUPT']).toContain(failed.code);
    expect(existsSync(path)).toBe(true);
  });
});

describe('a full disk', () => {
  const disk = mkdtempSync(join(tmpdir(), 'repost-disk-'));
  let mounted = false;
  beforeAll(() => {
    if (!isRoot) return;
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    mounted = true;
  });
  afterAll(() => {
    if (mounted) execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it.runIf(isRoot)(
    'is E_DISK_FULL, loses nothing, and the work goes on once there is room',
    async () => {
      const bench = await openBench({ REPOST_HOME: join(disk, 'home') });
      try {
        await bench.signIn('tiktok', 'youtube');
        const media = ['--media', `folder:${bench.originals}`];
        await bench.terminal.json([
          'rule',
          'add',
          '--from',
          'tiktok:@creator',
          '--to',
          'youtube:@creator',
          ...media,
        ]);
        await bench.terminal.json(['sync']);
        await bench.publish('No room left');
        const ballast = join(disk, 'ballast');
        fill(ballast);
        const full = await bench.terminal.run(['sync', '--json']);
        const said = `${full.out}${full.err}`;
        expect(said).toContain('E_DISK_FULL');
        if (full.code !== 0) expect(full.code).toBe(5);
        expect(
          bench.sandbox.posts().filter((post) => post.platform === 'youtube').length,
        ).toBeLessThanOrEqual(1);

        rmSync(ballast);
        await bench.terminal.run(['jobs', 'retry', '1']);
        await bench.terminal.run(['sync']);
        expect(bench.sandbox.posts().filter((post) => post.platform === 'youtube')).toHaveLength(1);
        const [job] = await bench.terminal.json<JobLine[]>(['jobs', 'list']);
        expect(job).toMatchObject({ state: 'published', error: null });
      } finally {
        await bench.close();
      }
    },
    120_000,
  );
});

/** Writes until not a byte more fits. */
function fill(path: string): void {
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=4096'], { stdio: 'ignore' });
  } catch {
    // Full: as wanted.
  }
}
