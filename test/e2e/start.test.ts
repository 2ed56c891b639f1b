import { isAscii } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { entry, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const parts = JSON.parse(readFileSync(join(root, 'dist', 'parts.json'), 'utf8')) as Record<string, string[]>;

/** What the store stands on. */
const sqlite = ['better-sqlite3', 'bindings', 'file-uri-to-path'];

interface Loaded {
  parts: string[];
  builtins: string[];
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'repost-start-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function run(args: readonly string[], from = root, home = folder(), node: readonly string[] = []): string {
  return execFileSync(process.execPath, [...node, join(from, 'bin', 'repost'), ...args], {
    env: { PATH: process.env['PATH'], HOME: home, REPOST_HOME: join(home, 'home') },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A script for `node -r` that tells, into a file, what the program has loaded when it ends. */
function listener(home: string): { hook: string; heard: () => Loaded } {
  const hook = join(home, 'hook.cjs');
  const answer = join(home, 'loaded.json');
  writeFileSync(
    hook,
    `const before = new Set(process.moduleLoadList);
     process.on('exit', () => {
       const load = require.cache[${JSON.stringify(join(root, 'bin', 'load.js'))}];
       require('node:fs').writeFileSync(${JSON.stringify(answer)}, JSON.stringify({
         parts: load ? load.exports.loaded() : [],
         builtins: process.moduleLoadList.filter((name) => !before.has(name)),
       }));
     });`,
  );
  return { hook, heard: () => JSON.parse(readFileSync(answer, 'utf8')) as Loaded };
}

/** Parts of dist/, and modules of Node beyond those of an empty program. */
function loadedBy(args: readonly string[]): Loaded {
  const home = folder();
  const { hook, heard } = listener(home);
  run(args, root, home, ['-r', hook]);
  return heard();
}

/** The sources of what was loaded: rooms of src/, names of packages. */
function originsOf({ parts: loaded }: Loaded): Set<string> {
  return new Set(
    loaded
      .flatMap((part) => parts[part] ?? [])
      .map(
        (input) =>
          /^src\/(\w+)\//u.exec(input)?.[1] ??
          /node_modules\/((?:@[^/]+\/)?[^/]+)/u.exec(input)?.[1] ??
          input,
      ),
  );
}

it.each(['look.js', 'help.js'])(
  '%s, which the quickest starts read, is ASCII: other text takes twice the memory',
  (part) => {
    expect(isAscii(readFileSync(join(root, 'dist', part)))).toBe(true);
  },
);

describe('what a short command loads', () => {
  it('is nothing for --version', () => {
    expect(loadedBy(['--version']).parts).toEqual([]);
  });

  it.each([
    ['--help', []],
    ['rule add --help', []],
    ['status', sqlite],
    ['jobs list', sqlite],
    ['jobs list --json', sqlite],
  ])('%s: few packages, and no platforms', (line, allowed) => {
    const loaded = loadedBy(line.split(' '));
    const origins = originsOf(loaded);
    const light = new Set(['cli', 'core', 'store', 'web', 'net', 'engine', 'commander', ...allowed]);
    expect([...origins].filter((origin) => !light.has(origin))).toEqual([]);
    expect(origins).toContain('cli');
    expect(
      loaded.builtins.filter((name) => /NativeModule (http|https|tls|crypto|child_process|dns)$/u.test(name)),
    ).toEqual([]);
    const bytes = loaded.parts.reduce((sum, part) => sum + readFileSync(join(root, 'dist', part)).length, 0);
    expect(bytes).toBeLessThan(600_000);
  });
});

describe('what a command loads that asks a platform', () => {
  it('is one undici without HTTP/2, which also opens a proxy’s tunnels', async () => {
    const home = await openCliHome();
    onTestFinished(() => home.close());
    await home.signIn('tiktok');
    await home.signIn('youtube');
    await home.repost.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator']);
    const { hook, heard } = listener(home.dir);
    const command = [process.execPath, '-r', hook, entry];
    const asked = home.sandbox.requestCount();
    expect(await runRepost(home.env, ['sync'], { command })).toMatchObject({ code: 0 });
    expect(home.sandbox.requestCount()).toBeGreaterThan(asked);
    expect(originsOf(heard())).toContain('undici');
    expect(heard().builtins.filter((name) => /undici|http2/u.test(name))).toEqual([]);

    const tunnels: string[] = [];
    const proxy = createServer();
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => void proxy.close());
    const { REPOST_ORIGINS: _, ...direct } = home.env;
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    await runRepost({ ...direct, HTTPS_PROXY: address }, ['sync']);
    expect(tunnels).toContain('open.tiktokapis.com:443');
  });
});

describe('compiled code', () => {
  let copy: string;
  beforeEach(() => {
    copy = folder();
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  });
  const codeIn = (place: string) =>
    readdirSync(place, { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('main.js'));

  it('that is damaged or missing changes nothing but the time, and is made anew', () => {
    const topic = run(['help', 'states']);
    const place = join(copy, 'dist', 'code');
    const [name = ''] = codeIn(place);
    truncateSync(join(place, name), 100);
    expect(run(['help', 'states'], copy)).toBe(topic);
    expect(readFileSync(join(place, name)).length).toBeGreaterThan(1_000);
    rmSync(place, { recursive: true });
    expect(run(['help', 'states'], copy)).toBe(topic);
    expect(codeIn(place)).toHaveLength(1);
  });

  it('of another build is not taken, though its sources are as long', () => {
    const topic = run(['help', 'states'], copy);
    const dist = join(copy, 'dist');
    const said = 'can be, and ';
    for (const name of readdirSync(dist).filter((part) => part.endsWith('.js'))) {
      const text = readFileSync(join(dist, name), 'utf8');
      if (text.includes(said)) writeFileSync(join(dist, name), text.replaceAll(said, 'has been put'));
    }
    writeFileSync(join(dist, 'build'), 'another');
    expect(run(['help', 'states'], copy)).toBe(topic.replace(said, 'has been put'));
    expect(readdirSync(join(dist, 'code'))).toEqual(['another']);
  });

  it('is left alone where no build has a name: one is just being replaced', () => {
    rmSync(join(copy, 'dist', 'build'));
    rmSync(join(copy, 'dist', 'code'), { recursive: true });
    run(['help', 'states'], copy);
    expect(readdirSync(join(copy, 'dist'))).not.toContain('code');
  });

  it('goes to the user’s own caches where the program belongs to somebody else', () => {
    // Where nobody, not even root, may make a folder.
    rmSync(join(copy, 'dist', 'code'), { recursive: true, force: true });
    writeFileSync(join(copy, 'dist', 'code'), '');
    onTestFinished(() => rmSync(join(copy, 'dist', 'code')));
    const home = folder();
    run(['help', 'states'], copy, home);
    expect(codeIn(join(home, 'home', 'cache', 'code'))).toHaveLength(1);
  });
});
