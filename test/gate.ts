import type { SimPlace, SimRequest, SimResponse, SimulatorFactory } from '../src/sandbox/types.ts';

/** Stands between the program and the platforms: `answer` lets the platform do its work. */
export type Gate = (
  request: SimRequest,
  platform: SimPlace,
  answer: () => Promise<SimResponse>,
) => Promise<SimResponse>;

/** Puts each platform behind the gate. */
export function behind(gate: Gate): (factory: SimulatorFactory) => SimulatorFactory {
  return (factory) => (world) => {
    const simulator = factory(world);
    const { platform } = simulator;
    return {
      ...simulator,
      handle: (request) => gate(request, platform, async () => simulator.handle(request)),
    };
  };
}
