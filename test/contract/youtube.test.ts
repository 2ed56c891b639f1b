import { candidates } from './candidates.ts';
import { platformContract } from './platform.ts';

platformContract(...candidates.youtube);
