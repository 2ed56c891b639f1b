import type { Clock } from '../../../src/core/clock.ts';
import type { Store } from '../../../src/store/types.ts';
import type { SimClock } from '../clock.ts';
import type { Machine } from '../lean/life.ts';
import { Crash, type Mortal } from '../mortal.ts';

/** A machine that can be made to stand still, as SIGSTOP or a hypervisor does it, and goes on as if nothing had been. */
export interface HostMachine extends Machine {
  holdsBack: true;
  clock: Clock;
  standsStill(): boolean;
  freeze(until: number): void;
  /** Resolves when it does not stand still. */
  awake(): Promise<void>;
}

export function createMachine(clock: SimClock): HostMachine {
  const machine: HostMachine = {
    suspendedUntil: 0,
    holdsBack: true,
    clock: {
      now: () => clock.now(),
      async sleep(ms, signal) {
        await clock.sleep(ms, signal);
        await machine.awake();
      },
    },
    standsStill: () => machine.suspendedUntil > clock.now(),
    freeze(until) {
      machine.suspendedUntil = Math.max(machine.suspendedUntil, until);
    },
    async awake() {
      while (machine.standsStill()) {
        await clock.sleep(machine.suspendedUntil - clock.now());
        machine.wokeAt = clock.now();
      }
    },
  };
  return machine;
}

/** Lets one through after the other: what several hosts ask then comes in an order that the seed alone decides. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

export function oneByOne(): Gate {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>) => {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  };
}

interface Way {
  machine: HostMachine;
  life: Mortal;
  gate: Gate;
  /** Told of each answer before the process hears it: the machine may stand still then. */
  answered(name: string): void;
}

type Anything = (...args: unknown[]) => Promise<unknown>;

/** The store as one machine has it: what stands still asks nothing and hears nothing; what is asked is counted until it is answered. */
export function storeOf(store: Store, { machine, life, gate, answered }: Way): Store {
  const reach =
    (name: string, work: Anything): Anything =>
    async (...args) => {
      await machine.awake();
      life.calls += 1;
      try {
        return await gate(() => (life.dead ? Promise.reject(new Crash('dead')) : work(...args)));
      } finally {
        life.calls -= 1;
        life.stirs += 1;
        life.onAnswer?.();
        answered(name);
        await machine.awake();
      }
    };
  const rooms = Object.entries(store).map(([room, functions]) => {
    if (typeof functions !== 'object') return [room, functions];
    const wrapped = Object.entries(functions as Record<string, Anything>).map(([name, work]) => [
      name,
      reach(name, work),
    ]);
    return [room, Object.fromEntries(wrapped)];
  });
  return Object.fromEntries(rooms) as Store;
}

const QUIET_TURNS = 3;

/** Resolves when everything in these processes waits for the clock, and nothing for the server. */
export async function untilAllQuiet(lives: readonly Mortal[]): Promise<void> {
  const sum = () => lives.reduce((all, { stirs }) => all + stirs, 0);
  for (let quiet = 0, seen = -1; quiet < QUIET_TURNS; ) {
    const asks = lives.filter(({ calls, dead }) => calls > 0 && !dead);
    await (asks.length === 0 ? new Promise(setImmediate) : oneAnswer(asks));
    quiet = sum() === seen && asks.length === 0 ? quiet + 1 : 0;
    seen = sum();
  }
}

const oneAnswer = (lives: readonly Mortal[]): Promise<void> =>
  new Promise((resolve) => {
    for (const life of lives) life.onAnswer = resolve;
  });
