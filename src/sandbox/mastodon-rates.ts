import { HOUR, MINUTE } from '../core/clock.ts';
import { Refusal } from './mastodon-answers.ts';
import type { MastodonQuirks } from './mastodon-quirks.ts';
import type { World } from './types.ts';

/** https://docs.joinmastodon.org/api/rate-limits/ ; fixed spans of the clock (rack-attack). */
interface Throttle {
  name: string;
  limit: number;
  ms: number;
}

export interface Rates {
  /** Counts a call and gives its headers; throws 429 where a window is full. */
  count(call: { method: string; path: string; token?: string; accountId?: string }): Record<string, string>;
  /** Leaves so many calls in the running window of a throttle. */
  leave(input: unknown): object;
}

export function createRates(world: World, quirks: MastodonQuirks): Rates {
  const used = new Map<string, number>();
  const placeOf = ({ name, ms }: Throttle, who: string) =>
    `${name} ${who} ${Math.floor(world.clock.now() / ms)}`;

  function throttlesOf(
    method: string,
    path: string,
    token?: string,
    accountId?: string,
  ): [Throttle, string][] {
    if (token === undefined || accountId === undefined)
      return [[{ name: 'unauthenticated', limit: 300, ms: 5 * MINUTE }, 'ip']];
    const found: [Throttle, string][] = [
      [{ name: 'token', limit: 300, ms: 5 * MINUTE }, token],
      [{ name: 'account', limit: 1500, ms: 5 * MINUTE }, accountId],
    ];
    if (method === 'POST' && /^\/api\/v\d+\/media$/u.test(path))
      found.push([{ name: 'media', limit: quirks.uploadLimit, ms: 30 * MINUTE }, accountId]);
    if (method === 'POST' && path === '/api/v1/statuses')
      found.push([{ name: 'statuses', limit: 300, ms: 3 * HOUR }, accountId]);
    if (method === 'DELETE' && path.startsWith('/api/v1/statuses/'))
      found.push([{ name: 'deletions', limit: 30, ms: 30 * MINUTE }, accountId]);
    return found;
  }

  /** Of the window with the least room, without its name. */
  function headersOf({ limit, ms }: Throttle, count: number): Record<string, string> {
    if (!quirks.rateHeaders) return {};
    const end = new Date((Math.floor(world.clock.now() / ms) + 1) * ms).toISOString();
    return {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': String(Math.max(0, limit - count)),
      // Microseconds, as Ruby writes them.
      'X-RateLimit-Reset': end.replace('Z', '000Z'),
    };
  }

  return {
    count({ method, path, token, accountId }) {
      let tightest: { throttle: Throttle; count: number } | undefined;
      for (const [throttle, who] of throttlesOf(method, path, token, accountId)) {
        const place = placeOf(throttle, who);
        const count = (used.get(place) ?? 0) + 1;
        used.set(place, count);
        if (!tightest || throttle.limit - count < tightest.throttle.limit - tightest.count)
          tightest = { throttle, count };
      }
      const headers = tightest ? headersOf(tightest.throttle, tightest.count) : {};
      if (tightest && tightest.count > tightest.throttle.limit)
        throw new Refusal({ status: 429, headers, body: { error: 'Too many requests' } });
      return headers;
    },
    leave(input) {
      const { name, accountId, calls } = (input ?? {}) as {
        name?: string;
        accountId?: string;
        calls?: number;
      };
      const known = { media: quirks.uploadLimit, statuses: 300, account: 1500 }[name ?? ''];
      if (known === undefined || accountId === undefined) throw new Error('name a throttle and an accountId');
      const ms = { media: 30 * MINUTE, statuses: 3 * HOUR, account: 5 * MINUTE }[name ?? ''] ?? 0;
      used.set(placeOf({ name: name ?? '', limit: known, ms }, accountId), known - Number(calls ?? 0));
      return { name, left: Number(calls ?? 0) };
    },
  };
}
