import { DAY, MINUTE, SECOND } from '../core/clock.ts';
import { spendOne } from './quirks.ts';
import type { SimResponse, World } from './types.ts';
import { problem, Refusal } from './x-answers.ts';
import type { XQuirks } from './x-quirks.ts';

/** Most calls of one account in 15 minutes: https://docs.x.com/x-api/fundamentals/rate-limits */
const perAccount = {
  'POST /2/tweets': 100,
  'DELETE /2/tweets/:id': 50,
  'GET /2/users/me': 75,
  'GET /2/users/:id/tweets': 900,
  'POST /2/media/upload/initialize': 1875,
  'POST /2/media/upload/:id/append': 1875,
  'POST /2/media/upload/:id/finalize': 1875,
  'GET /2/media/upload': 1000,
} as const;

export type Endpoint = keyof typeof perAccount;

/** Of all accounts of one app in 24 hours. */
const POSTS_A_DAY = 10_000;

interface Window {
  startedAt: number;
  used: number;
}

export interface Rates {
  /** Counts a call; throws 429 where the window is full or a quirk says so. */
  count(endpoint: Endpoint, accountId: string): void;
  /** The headers of the endpoint's window. */
  headers(endpoint: Endpoint, accountId: string): Record<string, string>;
  /** Leaves so many calls in every window of an endpoint. */
  leave(input: unknown): object;
}

export function createRates(world: World, quirks: XQuirks): Rates {
  const windows = new Map<string, Window>();
  const most: Record<string, number> = { ...perAccount };

  function windowOf(key: string, lengthMs: number): Window {
    const now = world.clock.now();
    const known = windows.get(key);
    if (known && now < known.startedAt + lengthMs) return known;
    const fresh = { startedAt: now, used: 0 };
    windows.set(key, fresh);
    return fresh;
  }
  const account = (endpoint: Endpoint, id: string) => windowOf(`${endpoint} ${id}`, 15 * MINUTE);
  const day = () => windowOf('POST /2/tweets', DAY);

  function headers(endpoint: Endpoint, id: string): Record<string, string> {
    const window = account(endpoint, id);
    const limit = most[endpoint] ?? 0;
    return {
      ...(quirks.rateHeaders ? headersOf('x-rate-limit', limit, window, 15 * MINUTE) : {}),
      ...(quirks.dayHeaders && endpoint === 'POST /2/tweets'
        ? headersOf('x-app-limit-24hour', POSTS_A_DAY, day(), DAY)
        : {}),
    };
  }

  return {
    headers,
    count(endpoint, id) {
      if (quirks.limited !== 'no' && spendOne(quirks, 'limitedTimes')) throw quirked(world, quirks);
      const window = account(endpoint, id);
      const dayWindow = endpoint === 'POST /2/tweets' ? day() : undefined;
      const full = window.used >= (most[endpoint] ?? 0) || (dayWindow?.used ?? 0) >= POSTS_A_DAY;
      if (!full) {
        window.used += 1;
        if (dayWindow) dayWindow.used += 1;
      } else throw withHeaders(tooMany(quirks), headers(endpoint, id));
    },
    leave(input) {
      const { endpoint, calls } = (input ?? {}) as { endpoint?: unknown; calls?: unknown };
      const known = Object.keys(perAccount).find((one) => one === endpoint);
      if (known === undefined) throw new Error(`there is no limit of ${String(endpoint)}`);
      most[known] = Number(calls);
      return { [known]: most[known] };
    },
  };
}

function headersOf(name: string, limit: number, window: Window, lengthMs: number): Record<string, string> {
  return {
    [`${name}-limit`]: String(limit),
    [`${name}-remaining`]: String(Math.max(0, limit - window.used)),
    [`${name}-reset`]: String(Math.ceil((window.startedAt + lengthMs) / SECOND)),
  };
}

function tooMany(quirks: XQuirks): SimResponse {
  return problem(quirks, 429, { title: 'Too Many Requests', detail: 'Too Many Requests' }).response;
}

function withHeaders(response: SimResponse, headers: Record<string, string>): Refusal {
  return new Refusal({ ...response, headers: { ...response.headers, ...headers } });
}

function quirked(world: World, quirks: XQuirks): Refusal {
  const now = world.clock.now();
  const soon = { startedAt: now, used: 1 };
  const full = { startedAt: now, used: 100 };
  switch (quirks.limited) {
    // Another limit is reached than the one that the headers show.
    case 'window':
      return withHeaders(tooMany(quirks), headersOf('x-rate-limit', 100, soon, 15 * MINUTE));
    case 'day':
      return withHeaders(tooMany(quirks), {
        ...headersOf('x-rate-limit', 100, soon, 15 * MINUTE),
        ...headersOf('x-user-limit-24hour', 100, full, 6 * 60 * MINUTE),
      });
    case 'code-88':
      return new Refusal({
        status: 429,
        body: { errors: [{ code: 88, message: 'Rate limit exceeded' }] },
      });
    case 'usage-cap':
      return problem(quirks, 429, {
        title: 'UsageCapExceeded',
        detail: 'Usage cap exceeded: Monthly product cap',
        kind: 'usage-capped',
        extra: { period: 'Monthly', scope: 'Product' },
      });
    default:
      return new Refusal(tooMany(quirks));
  }
}
