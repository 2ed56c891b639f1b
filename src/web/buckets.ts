import { type Clock, MINUTE } from '../core/clock.ts';

export interface Buckets {
  /** Takes one of so many a minute. Gives 0, or how long to wait (ms). */
  take(key: string, perMinute: number): number;
}

/** Keys beyond this are forgotten, the longest unused first: a flood of names fills no memory. */
const MOST_KEYS = 10_000;

/** Token buckets: a minute's worth at once, then at an even pace. */
export function createBuckets(clock: Clock): Buckets {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(key, perMinute) {
      const now = clock.now();
      const { left, at } = buckets.get(key) ?? { left: perMinute, at: now };
      buckets.delete(key);
      const filled = Math.min(perMinute, left + (Math.max(0, now - at) * perMinute) / MINUTE);
      const taken = filled >= 1;
      buckets.set(key, { left: taken ? filled - 1 : filled, at: now });
      for (const oldest of buckets.keys()) {
        if (buckets.size <= MOST_KEYS) break;
        buckets.delete(oldest);
      }
      return taken ? 0 : ((1 - filled) * MINUTE) / Math.max(perMinute, 1 / 60);
    },
  };
}
