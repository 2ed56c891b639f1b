import type { TracedExchange } from '../core/session.ts';
import { requestBuckets } from './metric-list.ts';

/** Requests of one platform that ended alike. */
export interface HttpCount {
  platform: string;
  outcome: string;
  /** By bucket, not yet added up; the last one has no upper bound. */
  buckets: number[];
  seconds: number;
  sentBytes: number;
}

/** What this process's requests came to: a few numbers for each platform, however many there were. */
export interface HttpTally {
  add(
    platform: string,
    exchange: Pick<TracedExchange, 'status' | 'startedAt' | 'endedAt' | 'sentBytes'>,
  ): void;
  counts(): readonly HttpCount[];
}

const bounds = requestBuckets;

export function openHttpTally(): HttpTally {
  const counts = new Map<string, HttpCount>();
  return {
    add(platform, { status, startedAt, endedAt, sentBytes }) {
      const outcome = outcomeOf(status);
      const key = `${platform} ${outcome}`;
      const count = counts.get(key) ?? {
        platform,
        outcome,
        buckets: Array.from({ length: bounds.length + 1 }, () => 0),
        seconds: 0,
        sentBytes: 0,
      };
      counts.set(key, count);
      const seconds = Math.max(0, endedAt - startedAt) / 1000;
      const found = bounds.findIndex((bound) => seconds <= bound);
      const index = found === -1 ? bounds.length : found;
      count.buckets[index] = (count.buckets[index] ?? 0) + 1;
      count.seconds += seconds;
      count.sentBytes += sentBytes;
    },
    counts: () => [...counts.values()],
  };
}

/** Few classes, so that no platform's odd status makes a new series. */
export function outcomeOf(status: number | null): string {
  if (status === null) return 'none';
  if (status === 429) return '429';
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : 'none';
}
