// The simulation: bundles test/sim/main.ts beside the packages and runs it. `npm run sim -- --help` says how.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTest } from './bundle-test.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = await bundleTest(root, 'test/sim/main.ts');
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--max-semi-space-size=32', bundle.entry, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
);
rmSync(bundle.folder, { recursive: true, force: true });
process.exitCode = status ?? 1;
