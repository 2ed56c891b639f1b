// Bundles src/ into dist/: ES modules, split so that a command loads only its own parts. Packages stay outside.
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const fresh = join(root, `dist.${process.pid}`);
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.18',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
// What the demo publishes is read from beside the bundle.
cpSync(join(root, 'src', 'sandbox', 'videos'), join(fresh, 'videos'), { recursive: true });
// A program that runs from dist/ meanwhile keeps its chunks: new files are laid over the old ones.
cpSync(fresh, join(root, 'dist'), { recursive: true });
rmSync(fresh, { recursive: true, force: true });
