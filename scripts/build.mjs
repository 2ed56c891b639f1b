// Bundles src/ into dist/: ES modules, split so that a command loads only its own parts. Packages stay outside.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const fresh = join(root, `dist.${process.pid}`);
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts', 'src/cli/man.ts'],
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  packages: 'external',
  // Where node_modules is a link, the bundle must not name its target.
  preserveSymlinks: true,
  // Only the few functions of it that are used go into the bundle: the whole costs 20 MB of memory.
  alias: { typebox: './node_modules/typebox/build/index.mjs' },
  sourcemap: true,
  logLevel: 'warning',
});
// What the demo publishes is read from beside the bundle.
cpSync(join(root, 'src', 'sandbox', 'videos'), join(fresh, 'videos'), { recursive: true });
// Manual pages say what --help says: they are written by the program that was just made.
const { manPages } = await import(pathToFileURL(join(fresh, 'man.js')).href);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
mkdirSync(join(fresh, 'man'));
for (const { file, roff } of await manPages(version)) writeFileSync(join(fresh, 'man', file), roff);
// The API's browsable description, which works without the internet.
for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE', 'NOTICE'])
  cpSync(join(root, 'node_modules', 'swagger-ui-dist', file), join(fresh, 'swagger-ui', file));
// What the pages load.
cpSync(join(root, 'src', 'web', 'pages', 'files'), join(fresh, 'pages'), { recursive: true });
// A program that runs from dist/ meanwhile keeps its chunks: new files are laid over the old ones.
cpSync(fresh, join(root, 'dist'), { recursive: true });
rmSync(fresh, { recursive: true, force: true });
