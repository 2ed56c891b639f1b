import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

it('the packed archive installs into an empty folder, and the program answers', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'repost-package-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  // What runs at installation builds add-ons for minutes; the commands asked for here need none.
  const archive = npm('pack', root, '--ignore-scripts', '--silent').trim().split('\n').at(-1) ?? '';
  npm(
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--omit=dev',
    '--ignore-scripts',
    `./${archive}`,
  );
  const repost = (...args: string[]) =>
    execFileSync(join(folder, 'node_modules', '.bin', 'repost'), args, { encoding: 'utf8' });
  expect(repost('--version').trim()).toBe(version);
  expect(repost('--help')).toContain('repost demo');
  expect(repost('errors', 'explain', 'E_DB_CORRUPT')).toContain('repost restore');
  expect(repost('rule', 'add', '--help')).toContain('--from');
});
