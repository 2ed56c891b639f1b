// Measures the product beside its references: `npm run bench` installs them and writes docs/performance.md and .json;
// with --quick a short form that installs nothing and only prints.
import { installReferences } from './bench-references.mjs';
import { root, runTest } from './bundle-test.mjs';

await import('./build.mjs');
if (!process.argv.includes('--quick')) installReferences();
await runTest('test/bench/main.ts', { words: [root] });
