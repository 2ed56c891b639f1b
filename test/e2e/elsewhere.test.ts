import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { approve } from '../../src/sandbox/person.ts';
import { describeWith, hasTool } from '../tools.ts';
import { type CliHome, entry, openCliHome } from './home.ts';
import { type Ended, runRepost } from './run.ts';

/** The machine of somebody else: Node, and nothing that this one has besides. */
let bare: string;
beforeAll(() => {
  bare = mkdtempSync(join(tmpdir(), 'repost-bare-'));
  symlinkSync(process.execPath, join(bare, 'node'));
});
afterAll(() => rmSync(bare, { recursive: true, force: true }));

describe('a machine that has Node and nothing else', () => {
  let home: CliHome;
  let env: NodeJS.ProcessEnv;
  const run = (...args: readonly string[]): Promise<Ended> => runRepost(env, args);

  beforeEach(async () => {
    home = await openCliHome({ env: { PATH: bare } });
    env = home.env;
    onTestFinished(() => home.close());
  });

  it('hears from the doctor what is missing, what for, and what to install', async () => {
    const { code, stdout } = await run('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/WARN {2}ffmpeg is not installed\n.*install the package ffmpeg/u);
    expect(stdout).toMatch(/WARN {2}yt-dlp is not installed\n.*--media yt-dlp.*install the package yt-dlp/u);
  });

  it('signs in without a browser: the address is shown', async () => {
    await home.repost.run(
      ['app', 'add', 'youtube', '--client-id', 'sandbox-youtube-id', '--client-secret-stdin'],
      'sandbox-youtube-secret\n',
    );
    // Not --no-browser: nobody has to know that there is none.
    const login = home.repost.start(['login', 'youtube', '--account', '@creator', '--json']);
    const { authorizeUrl } = JSON.parse(await login.nextLine()) as { authorizeUrl: string };
    await approve(authorizeUrl, { account: '@creator' });
    await login.succeeded();
    expect((await run('accounts', 'list')).stdout).toContain('youtube:@creator');
  });

  it('is told where secrets could lie, in lines to paste, and those work', async () => {
    const { REPOST_VAULT: _, CREDENTIALS_DIRECTORY: __, ...none } = env;
    const keys = ['app', 'add', 'youtube', '--client-id', 'id-of-mine', '--client-secret-stdin'];
    const refused = await runRepost(none, keys, { stdin: 'secret-of-mine\n' });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('E_VAULT_NONE');
    const lines = [...refused.stderr.matchAll(/^ *export (\w+)="?([^"\n]+)"?$/gmu)];
    expect(lines.map(([, name]) => name)).toEqual(['REPOST_VAULT', 'REPOST_VAULT_PASSPHRASE_FILE']);
    const chosen = Object.fromEntries(
      lines.map(([, name, value]) => [name, value?.replace('$HOME', home.dir)]),
    ) as Record<string, string>;
    const file = chosen['REPOST_VAULT_PASSPHRASE_FILE'] ?? '';
    mkdirSync(join(home.dir, '.config'), { recursive: true });
    writeFileSync(file, 'a passphrase of mine', { mode: 0o600 });
    expect(await runRepost({ ...none, ...chosen }, keys, { stdin: 'secret-of-mine\n' })).toMatchObject({
      code: 0,
    });
  });

  it('says how the daemon can be kept running where no service manager is known', async () => {
    const { code, stderr } = await run('service', 'install');
    expect(code).toBe(1);
    expect(stderr).toMatch(/E_SERVICE/u);
    expect(stderr).toContain('$ repost daemon');
  });

  const addRule = async (to: string, ...more: string[]) => {
    await home.signIn('tiktok');
    await home.signIn(to);
    const ends = ['--from', 'tiktok:@creator', '--to', `${to}:@creator`];
    await home.repost.run(['rule', 'add', '--name', 'all', ...ends, ...more]);
    // What is there before a rule’s first look is not published.
    await home.repost.run(['sync']);
  };
  const postsOn = (platform: string) => home.sandbox.posts().filter((post) => post.platform === platform);

  it('posts a file that fits as it is', async () => {
    await addRule('youtube', '--media', `folder:${home.originals}`);
    await home.publish('Sunrise over the harbour');
    expect(await run('sync')).toMatchObject({ code: 0 });
    expect(postsOn('youtube')).toHaveLength(1);
  });

  describeWith({ ffmpeg: 'ffmpeg' }, 'where ffmpeg gets installed', () => {
    it('keeps a file that doesn’t fit, says what to install, and posts it then, once', async () => {
      await addRule('x', '--media', `folder:${home.originals}`, '--fit', 'transcode');
      await home.publish('Waves at night', 'waves.mp4');
      await run('sync');
      const { stdout } = await run('jobs', 'show', '1');
      expect(stdout).toMatch(/E_TOOL_MISSING.*apt install ffmpeg.*goes on by itself/su);
      expect(postsOn('x')).toEqual([]);
      env = { ...env, PATH: process.env['PATH'] };
      await run('jobs', 'retry', '1');
      expect(await run('sync')).toMatchObject({ code: 0 });
      expect(postsOn('x')).toHaveLength(1);
    });
  });

  it('names yt-dlp where a rule needs it, and loses nothing', async () => {
    await addRule('youtube', '--media', 'yt-dlp', '--accept-yt-dlp');
    await home.publish('Sunrise over the harbour');
    expect(await run('sync')).toMatchObject({ code: 0, stdout: '0 published, 1 waiting.\n' });
    const { stdout } = await run('jobs', 'show', '1');
    expect(stdout).toMatch(/waiting: media.*E_TOOL_MISSING.*apt install yt-dlp.*goes on by itself/su);
  });
});

describe('a Node that is too old', () => {
  // The package test runs real ones; this is the version that bin/repost looks at, in a Node of ours.
  it.each(['14.21.3', '18.20.8', '20.17.0'])(
    '%s is told what is needed, and where to get it',
    async (version) => {
      const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });
      require(${JSON.stringify(entry)})`;
      const { code, stdout, stderr } = await runRepost({ PATH: bare }, ['-e', pretend], {
        command: ['node'],
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('error: repost needs Node 20.18.1 or newer');
      expect(stderr).toContain('https://nodejs.org');
    },
  );
});

const isRoot = process.getuid?.() === 0;
const able =
  (isRoot && hasTool('unshare') && hasTool('mount')) || process.env['REPOST_TEST_REQUIRE'] === 'all';
const skipped = able ? '' : ' (skipped: wants root, to mount folders read-only)';
describe.runIf(able)(`a machine whose programs nobody may change${skipped}`, () => {
  it('runs them as ever', async () => {
    const home = await openCliHome();
    onTestFinished(() => home.close());
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const script =
      'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount --bind /usr /usr && mount -o remount,ro,bind /usr && exec "$@"';
    const command = ['unshare', '-m', 'sh', '-c', script, root, process.execPath, entry];
    for (const args of [['version'], ['status'], ['doctor'], ['rule', 'list'], ['sync']]) {
      const ended = await runRepost(home.env, args, { command });
      expect(ended).toMatchObject({ code: 0 });
      expect(ended.stderr).not.toMatch(/warn|error|EROFS/iu);
    }
  });
});
