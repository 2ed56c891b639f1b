// Real SIGKILLs. `npm run kills -- --help` says how.
import { join } from 'node:path';
import { root, runTest } from './bundle-test.mjs';

await runTest('test/kills/main.ts', { words: ['--program', join(root, 'bin', 'repost')] });
