// Measures the product beside its references: `npm run bench` installs them and writes docs/performance.md and .json
// with its charts; with --quick a short form that compares its ratios with those of docs/performance.json.
import { installReferences } from './bench-references.mjs';
import { root, runTest } from './bundle-test.mjs';

await import('./build.mjs');
if (!process.argv.includes('--quick')) installReferences();
await runTest('test/bench/main.ts', { words: [root] });
