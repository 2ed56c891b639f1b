import { execFileSync } from 'node:child_process';
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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

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

/** Parts of dist/, and modules of Node beyond those of an empty program. */
function loadedBy(args: readonly string[]): Loaded {
  const home = folder();
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
  run(args, root, home, ['-r', hook]);
  return JSON.parse(readFileSync(answer, 'utf8')) as Loaded;
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
    const help = run(['--help']);
    const place = join(copy, 'dist', 'code');
    const [name = ''] = codeIn(place);
    truncateSync(join(place, name), 100);
    expect(run(['--help'], copy)).toBe(help);
    expect(readFileSync(join(place, name)).length).toBeGreaterThan(1_000);
    rmSync(place, { recursive: true });
    expect(run(['--help'], copy)).toBe(help);
    expect(codeIn(place)).toHaveLength(1);
  });

  it('of another build is not taken, though its sources are as long', () => {
    const help = run(['--help'], copy);
    const dist = join(copy, 'dist');
    const said = 'Republishes';
    for (const name of readdirSync(dist).filter((part) => part.endsWith('.js'))) {
      const text = readFileSync(join(dist, name), 'utf8');
      if (text.includes(said)) writeFileSync(join(dist, name), text.replaceAll(said, 'Rebroadcast'));
    }
    writeFileSync(join(dist, 'build'), 'another');
    expect(run(['--help'], copy)).toBe(help.replace(said, 'Rebroadcast'));
    expect(readdirSync(join(dist, 'code'))).toEqual(['another']);
  });

  it('is left alone where no build has a name: one is just being replaced', () => {
    rmSync(join(copy, 'dist', 'build'));
    rmSync(join(copy, 'dist', 'code'), { recursive: true });
    run(['--help'], copy);
    expect(readdirSync(join(copy, 'dist'))).not.toContain('code');
  });

  it('goes to the user’s own caches where the program belongs to somebody else', () => {
    // Where nobody, not even root, may make a folder.
    rmSync(join(copy, 'dist', 'code'), { recursive: true, force: true });
    writeFileSync(join(copy, 'dist', 'code'), '');
    onTestFinished(() => rmSync(join(copy, 'dist', 'code')));
    const home = folder();
    run(['--help'], copy, home);
    expect(codeIn(join(home, 'home', 'cache', 'code'))).toHaveLength(1);
  });
});
