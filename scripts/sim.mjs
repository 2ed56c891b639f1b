// The simulation. `npm run sim -- --help` says how.
import { runTest } from './bundle-test.mjs';

// Young values die young: fewer and larger sweeps save a tenth of the time.
await runTest('test/sim/main.ts', { node: ['--max-semi-space-size=32'] });
