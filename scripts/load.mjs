// Load on the real daemon. `npm run load -- --help` says how.
import { join } from 'node:path';
import { root, runTest } from './bundle-test.mjs';

await runTest('test/load/main.ts', { words: ['--program', join(root, 'bin', 'repost')] });
