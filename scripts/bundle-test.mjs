// Bundles a program of test/ into a folder beside the packages, so that they are found; Node 20 reads no TypeScript.
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/**
 * @param {string} root the folder with src/, test/ and node_modules/
 * @param {string} program path of the program within it
 * @param {import('esbuild').Plugin[]} plugins
 * @returns {Promise<{ entry: string, folder: string }>} the bundle, and its folder, to be removed after use
 */
export async function bundleTest(root, program, plugins = []) {
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
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
    plugins,
  });
  // What the simulators play is read from beside the bundle, and the platforms' descriptions from beside its folder.
  cpSync(join(root, 'src', 'sandbox', 'videos'), join(place, 'videos'), { recursive: true });
  cpSync(join(root, 'test', 'fixtures'), join(folder, 'fixtures'), { recursive: true });
  return { entry: join(place, `${basename(program, '.ts')}.mjs`), folder };
}
