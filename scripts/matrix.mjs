// Tries every fault at every request of every platform and writes the table into docs/reliability.md.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const { status } = spawnSync(
  'npx',
  ['vitest', 'run', 'test/contract/matrix.test.ts', '-t', 'every fault at every request', '--retry=0'],
  {
    cwd: dirname(dirname(fileURLToPath(import.meta.url))),
    stdio: 'inherit',
    env: { ...process.env, REPOST_MATRIX: 'write' },
  },
);
process.exitCode = status ?? 1;
