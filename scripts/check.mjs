// The whole gate: format and lint, types, unused code, the package. Prints what failed and exits 1.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const checks = [
  ['format and lint', 'npx', ['biome', 'ci', '--error-on-warnings']],
  ['types', 'npx', ['tsc', '--noEmit']],
  ['unused code and packages', 'npx', ['knip']],
  ['package', 'npx', ['publint', '--strict']],
];

const failed = checks.filter(([name, command, args]) => {
  console.error(`check: ${name}`);
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.error(`Failed: ${failed.map(([name]) => name).join(', ')}`);
  process.exitCode = 1;
}
