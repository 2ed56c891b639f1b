// Load: bundles test/load/main.ts beside the packages and runs it. `npm run load -- --help` says how.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTest } from './bundle-test.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = await bundleTest(root, 'test/load/main.ts');
const child = spawn(
  process.execPath,
  ['--enable-source-maps', bundle.entry, '--program', join(root, 'bin', 'repost'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// The bundle is swept away only once its program has ended, whoever is told to stop.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => {
  rmSync(bundle.folder, { recursive: true, force: true });
  process.exitCode = code ?? 1;
});
