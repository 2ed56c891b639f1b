import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packs as for publishing, from a copy: prepack removes dist/, which other tests are running. Gives the archive's path. */
export function packArchive(folder: string): string {
  const copy = join(folder, 'copy');
  mkdirSync(copy);
  for (const name of readdirSync(root).filter(
    (entry) => !/^(?:node_modules|dist.*|\.git|test)$/u.test(entry),
  ))
    cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // What an earlier build left must not be shipped.
  mkdirSync(join(copy, 'dist'));
  writeFileSync(join(copy, 'dist', 'chunk-LEFTOVER.js'), '');
  const said = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: copy,
    encoding: 'utf8',
    stdio: 'pipe',
  });
  return join(folder, said.trim().split('\n').at(-1) ?? '');
}

export const installed = (prefix: string) => join(prefix, 'lib', 'node_modules', 'repost');

const ADD_ON = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
export const addOnOf = (prefix: string) => join(installed(prefix), ADD_ON);

/** Installs globally below `prefix`, without install scripts: the add-on of SQLite is missing then. */
export function installBare(prefix: string, archive: string): void {
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync('npm', ['install', '-g', '--prefix', prefix, ...flags, archive], { stdio: 'pipe' });
}

/** The add-on, as this project has it. */
export function placeAddOn(prefix: string): void {
  mkdirSync(dirname(addOnOf(prefix)), { recursive: true });
  const own = createRequire(import.meta.url).resolve('better-sqlite3/build/Release/better_sqlite3.node');
  copyFileSync(own, addOnOf(prefix));
}
