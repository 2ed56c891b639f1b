// Bundles a program of test/ into a folder beside the packages, so that they are found; Node 20 reads no TypeScript.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runs a program of test/ with the words of this command's own line; its exit code becomes this process's.
 *
 * @param {string} program path of the program within the project
 * @param {{ node?: string[], words?: string[], splitting?: boolean }} more words for Node, and for the program before
 *   the line's own; whether what the program imports late is loaded late
 */
export async function runTest(program, { node = [], words = [], splitting = false } = {}) {
  const { entry, folder } = await bundleTest(program, { splitting });
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', ...node, entry, ...words, ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
  // The bundle is swept away only once its program has ended, whoever is told to stop.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code) => {
    rmSync(folder, { recursive: true, force: true });
    process.exitCode = code ?? 1;
  });
}

/**
 * @param {string} program path of the program within the project
 * @param {{ plugins?: import('esbuild').Plugin[], splitting?: boolean }} more
 * @returns {Promise<{ entry: string, folder: string }>} the bundle, and its folder, to be removed after use
 */
export async function bundleTest(program, { plugins = [], splitting = false } = {}) {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'repost-'));
  const place = join(folder, 'program');
  await build({
    absWorkingDir: root,
    entryPoints: [program],
    outdir: place,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    packages: 'external',
    sourcemap: true,
    splitting,
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
    plugins,
  });
  // What the simulators play is read from beside the bundle, and the platforms' descriptions from beside its folder.
  cpSync(join(root, 'src', 'sandbox', 'videos'), join(place, 'videos'), { recursive: true });
  cpSync(join(root, 'test', 'fixtures'), join(folder, 'fixtures'), { recursive: true });
  return { entry: join(place, `${basename(program, '.ts')}.mjs`), folder };
}
