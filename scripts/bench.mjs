// Measures the product beside its references: `npm run bench` installs them and writes docs/performance.md and .json;
// with --quick a short form that installs nothing, and fails where a ratio is worse than its baseline.
import { installReferences } from './bench-references.mjs';
import { root, runTest } from './bundle-test.mjs';

await import('./build.mjs');
const quick = process.argv.some((word) => word === '--quick' || word.startsWith('--baselines='));
if (!quick) installReferences();
await runTest('test/bench/main.ts', { words: [root], splitting: true });
