import { x } from '../../src/platforms/x.ts';
import { platformContract } from './platform.ts';

// Without X's filter of duplicates, which would hide a second sending.
platformContract(x, { prepare: ({ sandbox }) => sandbox.control('x', 'quirks', { duplicateHours: 0 }) });
