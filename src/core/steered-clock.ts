import { type Clock, SECOND } from './clock.ts';

/** A machine's clock, set right by another that all of its kind go by. */
export interface SteeredClock extends Clock {
  /** The machine's own, as it is. */
  readonly own: Clock;
  /** How far it is ahead of that (ms). */
  readonly aheadMs: number;
  /** The other clock said `at` at some instant between two of the machine's own (all epoch ms). */
  learn(before: number, at: number, after: number): void;
}

/** Clocks that agree but for so much are left alone: time services keep them no closer than this at times. */
const NOISE_MS = SECOND;

/** What is known of the difference stays until an answer contradicts it: how long answers take moves no clock. */
export function steered(own: Clock): SteeredClock {
  let aheadMs = 0;
  return {
    own,
    get aheadMs() {
      return aheadMs;
    },
    now: () => own.now() + aheadMs,
    sleep: (ms, signal) => own.sleep(ms, signal),
    learn(before, at, after) {
      const [least, most] = [at - after, at - before];
      if (aheadMs >= least - NOISE_MS && aheadMs <= most + NOISE_MS) return;
      aheadMs = Math.round((least + most) / 2);
    },
  };
}
