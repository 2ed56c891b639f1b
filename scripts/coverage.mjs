// Branch coverage of what the promise rests on: the journal, the lanes, the judge of failures and the limits.
// `npm run coverage` fails where one branch of them is not taken by a test.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const judged = [
  'src/core/calendar.ts',
  'src/core/job.ts',
  'src/core/peer-clock.ts',
  'src/engine/fairness.ts',
  'src/engine/journal.ts',
  'src/engine/lanes.ts',
  'src/engine/meter.ts',
  'src/store/allowance.ts',
  'src/store/journal.ts',
  'src/store/lanes.ts',
  'src/store/limits.ts',
];

const tests = [
  'test/core/calendar.test.ts',
  'test/core/job.test.ts',
  'test/core/peer-clock.test.ts',
  'test/engine/fairness.test.ts',
  'test/engine/journal.test.ts',
  'test/engine/lanes.test.ts',
  'test/engine/meter.test.ts',
  'test/store/contract.test.ts',
  'test/store/windows.test.ts',
];

const { status } = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    ...tests,
    '--coverage.enabled',
    '--coverage.reporter=text',
    '--coverage.reportOnFailure',
    ...judged.map((file) => `--coverage.include=${file}`),
    '--coverage.thresholds.perFile',
    '--coverage.thresholds.branches=100',
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
