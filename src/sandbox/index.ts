import type { SimulatorFactory } from './types.ts';

/** The simulated platforms: each adds its line. */
export const simulators: readonly SimulatorFactory[] = [];
