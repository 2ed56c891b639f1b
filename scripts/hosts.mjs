// Several daemons over one PostgreSQL server. `npm run hosts -- --help` says how.
import { join } from 'node:path';
import { root, runTest } from './bundle-test.mjs';

await runTest('test/hosts/main.ts', { words: ['--program', join(root, 'bin', 'repost')] });
