import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeVersion, npmProgram } from './node-versions.ts';
import { addOnOf, installBare, installed, packArchive, placeAddOn } from './packed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const isLong = Boolean(process.env['REPOST_TEST_LONG']);
const readJson = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T;
const { version } = readJson<{ version: string }>(join(root, 'package.json'));

let folder = '';
let archive = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'repost-package-'));
  archive = packArchive(folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The program as npm installed it globally below `prefix`, in an empty home and with nothing but a PATH. */
const runner =
  (prefix: string, env: NodeJS.ProcessEnv = {}) =>
  (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(join(prefix, 'bin', 'repost'), args, {
      env: {
        PATH: process.env['PATH'],
        HOME: join(prefix, 'home'),
        REPOST_HOME: join(prefix, 'home'),
        ...env,
      },
      encoding: 'utf8',
    });

describe('the archive', () => {
  let unpacked = '';
  let files: string[] = [];
  beforeAll(() => {
    execFileSync('tar', ['xzf', archive, '-C', folder]);
    unpacked = join(folder, 'package');
    files = readdirSync(unpacked, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(unpacked.length + 1));
  });

  it('has what is needed, and nothing else', () => {
    const allowed =
      /^(?:bin\/(?:repost|load\.js|package\.json)|dist\/.+|docs\/.+\.(?:md|json|png|svg|webp)|[A-Z_]+\.md|LICENSE|Containerfile|package\.json|THIRD-PARTY-NOTICES\.txt|sbom\.cdx\.json)$/u;
    expect(files.filter((file) => !allowed.test(file) || /\.map$|LEFTOVER/u.test(file))).toEqual([]);
    for (const file of [
      'LICENSE',
      'README.md',
      'USER_GUIDE.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'dist/main.js',
      'bin/load.js',
    ])
      expect(files).toContain(file);
  });

  it('has no script that runs at installation, and no trace of the machine that made it', () => {
    const { scripts } = readJson<{ scripts: Record<string, string> }>(join(unpacked, 'package.json'));
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?install$|^prepare$/u.test(name))).toEqual([]);
    const tell = files.filter((file) =>
      readFileSync(join(unpacked, file)).includes(root.replace(/\/$/u, '')),
    );
    expect(tell).toEqual([]);
  });

  // It is a program and no library: nothing can be imported, so there are no types that could be wrong.
  it('passes publint and attw, and can’t be imported', () => {
    execFileSync('npx', ['publint', '--strict', archive], { cwd: root, stdio: 'pipe' });
    const types = execFileSync('npx', ['attw', archive], { cwd: root, encoding: 'utf8' });
    expect(types).toContain('This package does not contain types.');
    const { exports, main } = readJson<{ exports: object; main?: string }>(join(unpacked, 'package.json'));
    expect({ exports: Object.keys(exports), main }).toEqual({ exports: ['./package.json'], main: undefined });
  });

  it('names every package that it brings or installs, in the notices and in the bill of materials', () => {
    const { packages } = readJson<{
      packages: Record<string, { dev?: boolean; devOptional?: boolean; name?: string; version: string }>;
    }>(join(root, 'package-lock.json'));
    const wanted = Object.entries(packages)
      .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
      .map(([path, entry]) => `${entry.name ?? path.split('node_modules/').at(-1)}@${entry.version}`);
    const notices = readFileSync(join(unpacked, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    const bill = readJson<{
      metadata: { component: { name: string; version: string } };
      components: { 'bom-ref': string; licenses: object[]; hashes?: object[] }[];
    }>(join(unpacked, 'sbom.cdx.json'));
    const listed = new Set(bill.components.map((part) => part['bom-ref']));
    expect(wanted.length).toBeGreaterThan(200);
    expect(wanted.filter((id) => !notices.includes(`${id} (`) || !listed.has(id))).toEqual([]);
    expect(notices).toContain('swagger-ui-dist@');
    expect(bill.metadata.component).toMatchObject({ name: 'repost', version });
    expect(bill.components.filter(({ hashes }) => !hashes)).toEqual([]);
  });

  it('has a version of its own in CHANGELOG.md, and a semantic one', () => {
    expect(version).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u);
    expect(readFileSync(join(unpacked, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${version} `);
  });
});

describe('installed globally without install scripts', () => {
  let prefix = '';
  beforeAll(() => {
    prefix = join(folder, 'bare');
    installBare(prefix, archive);
  }, 240_000);

  it('answers what needs no database', () => {
    const repost = runner(prefix);
    expect(repost('--version').stdout.trim()).toBe(version);
    expect(repost('--help').stdout).toContain('repost demo');
    expect(repost('errors', 'explain', 'E_ADDON').stdout).toContain('npm rebuild');
    expect(repost('rule', 'add', '--help').stdout).toContain('--from');
    const manual = join(prefix, 'share', 'man', 'man1');
    expect(readFileSync(join(manual, 'repost-jobs.1'), 'utf8')).toContain('repost jobs list');
    expect(readdirSync(manual).length).toBeGreaterThan(100);
  });

  it.each([['status'], ['demo'], ['sync'], ['init']])(
    '%s says what is missing, and the command that mends it',
    (name) => {
      const { status, stderr } = runner(prefix)(name);
      expect(status).toBe(1);
      expect(stderr).toContain('installed without their install scripts. (E_ADDON');
      expect(stderr.trim().split('\n')).toHaveLength(3);
      expect(stderr).toContain(
        `$ npm rebuild better-sqlite3 --ignore-scripts=false --prefix ${installed(prefix)}`,
      );
    },
  );

  it('says that an add-on made for another Node does not load', () => {
    const path = addOnOf(prefix);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'of another Node');
    const { status, stderr } = runner(prefix)('status', '--json');
    rmSync(path);
    expect(status).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'E_ADDON', side: 'machine' } });
    expect(stderr).toContain(process.version);
  });

  it('works once the add-on is there', { timeout: 300_000 }, () => {
    const repost = runner(prefix);
    if (isLong) {
      const [, command = ''] = /\$ (npm rebuild .*)/u.exec(repost('status').stderr) ?? [];
      execFileSync('sh', ['-c', command], { stdio: 'pipe' });
    } else placeAddOn(prefix);
    works(repost);
  });
});

/** The program answers, and does its main work. */
function works(repost: ReturnType<typeof runner>): void {
  expect(repost('--version').stdout.trim()).toBe(version);
  const status = repost('status', '--json');
  expect({ code: status.status, err: status.stderr }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(status.stdout)).toMatchObject({ ok: true, daemon: 'stopped' });
  const demo = repost('demo', '--json');
  expect(demo.status, demo.stderr).toBe(0);
  const jobs = JSON.parse(demo.stdout) as { state: string; post: { url: string } | null }[];
  expect(jobs.length).toBeGreaterThanOrEqual(22);
  expect(jobs.filter(({ state, post }) => state !== 'published' || !post)).toEqual([]);
}

// Downloads Node and compiles SQLite for it: minutes, so only with REPOST_TEST_LONG (npm run test:package).
describe.runIf(isLong)('installed globally', () => {
  it.each([20, 22, 24])('on Node %i', { timeout: 900_000 }, (major) => {
    const { node, env } = nodeVersion(major);
    const prefix = join(folder, `node-${major}`);
    execFileSync(
      node,
      [npmProgram(), 'install', '-g', '--prefix', prefix, '--no-audit', '--no-fund', archive],
      {
        env: { ...process.env, ...env },
        stdio: 'pipe',
      },
    );
    const repost = runner(prefix, env);
    const facts = JSON.parse(repost('version', '--json').stdout) as { node: string };
    expect(facts.node.split('.')[0]).toBe(String(major));
    works(repost);
  });

  it.each([14, 18])('on Node %i, which is too old, it says what it needs', (major) => {
    const { node, env } = nodeVersion(major);
    const { status, stderr } = spawnSync(node, [join(root, 'bin', 'repost'), 'status'], {
      env,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain(`repost needs Node 20.18.1 or newer; this is v${major}`);
    expect(stderr).toContain('https://nodejs.org');
  });
});
