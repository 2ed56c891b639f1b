// Measures the product beside its references: `npm run bench` writes docs/performance.md and .json; with --quick a
// short form that only prints.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTest } from './bundle-test.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
await import('./build.mjs');
const bundle = await bundleTest(root, 'test/bench/main.ts');
const child = spawn(process.execPath, [bundle.entry, join(root), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => {
  rmSync(bundle.folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
