import { DAY, HOUR, MINUTE } from '../core/clock.ts';
import { Refusal } from './bluesky-answers.ts';
import type { BlueskyQuirks } from './bluesky-quirks.ts';
import type { SimResponse, World } from './types.ts';

interface Spent {
  max: number;
  windowMs: number;
  used: number;
  resetsAt: number;
}

/** What one request spends, and the headers that its answer carries. */
export interface Ticket {
  /** Spends from a bucket of the account, or refuses with 429 and no Retry-After. */
  spend(bucket: 'points' | 'blobs', amount: number, did: string): void;
  /** The answer with the tightest bucket in its headers. */
  label(response: SimResponse): SimResponse;
}

export interface Limits {
  /** Opens a request to a personal data server. */
  open(origin: string): Ticket;
}

export function createLimits(world: World, quirks: BlueskyQuirks): Limits {
  const windows = new Map<string, Spent>();

  /** Fixed windows that begin with the first request in them. */
  function window(key: string, max: number, windowMs: number): Spent {
    const now = world.clock.now();
    const known = windows.get(key);
    if (known && now < known.resetsAt) {
      known.max = max;
      return known;
    }
    const fresh = { max, windowMs, used: 0, resetsAt: now + windowMs };
    windows.set(key, fresh);
    return fresh;
  }

  return {
    open(origin) {
      const all: Spent[] = [];
      const take = (bucket: Spent, amount: number) => {
        all.push(bucket);
        if (bucket.used + amount > bucket.max)
          throw new Refusal({
            status: 429,
            headers: headersOf({ ...bucket, used: bucket.max }),
            body: { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
          });
        bucket.used += amount;
      };
      take(window(`${origin} requests`, quirks.requestsPer5Min, 5 * MINUTE), 1);
      return {
        spend(bucket, amount, did) {
          if (bucket === 'blobs') return take(window(`${did} blobs`, quirks.blobsPerDay, DAY), amount);
          take(window(`${did} points/h`, quirks.pointsPerHour, HOUR), amount);
          take(window(`${did} points/d`, quirks.pointsPerDay, DAY), amount);
        },
        label(response) {
          const [tightest] = [...all].sort((one, other) => one.max - one.used - (other.max - other.used));
          if (!tightest) return response;
          return { ...response, headers: { ...headersOf(tightest), ...response.headers } };
        },
      };
    },
  };
}

function headersOf({ max, windowMs, used, resetsAt }: Spent): Record<string, string> {
  return {
    'ratelimit-limit': String(max),
    'ratelimit-remaining': String(Math.max(0, max - used)),
    'ratelimit-reset': String(Math.ceil(resetsAt / 1000)),
    'ratelimit-policy': `${max};w=${windowMs / 1000}`,
  };
}
