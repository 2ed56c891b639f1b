// Measures the product beside its references: `npm run bench` writes docs/performance.md and .json; with --quick a
// short form that only prints.
import { root, runTest } from './bundle-test.mjs';

await import('./build.mjs');
await runTest('test/bench/main.ts', { words: [root] });
