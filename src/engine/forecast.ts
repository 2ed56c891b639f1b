import type { Account } from '../core/account.ts';
import type { Platform } from '../core/platform.ts';
import { QuotaCalendar } from '../core/quota-calendar.ts';
import type { FittedText } from '../core/text.ts';
import type { Store } from '../store/types.ts';
import { flightOf, scopeKey, spendsOf } from './meter.ts';

export interface Lane {
  account: Account;
  platform: Platform;
}

/** When a lane's limits let a post go out; `by`: the limit that moved it. */
export interface Room {
  at: number;
  by?: string;
}

/** What limits and money leave room for, over time: nothing is spent by asking. */
export interface Forecast {
  /** The first instant from `from` on at which every limit has room. Undefined: never. */
  look(lane: Lane, text: FittedText | undefined, from: number, share?: number): Room | undefined;
  /** The same; the room is then taken. */
  place(lane: Lane, text: FittedText | undefined, from: number, share?: number): Room | undefined;
}

/** What one post spends, bucket by bucket, as far as its text tells. */
export function costsOfPost(
  platform: Platform,
  text: FittedText | undefined,
): Readonly<Record<string, number>> {
  if (text && platform.costsOfPost) return platform.costsOfPost(text);
  const call = platform.publishCall;
  return call === undefined ? {} : (platform.costs[call] ?? {});
}

/** What one post costs in millicents (1/100,000 of a US dollar). */
export function moneyOfPost(platform: Platform, text: FittedText | undefined): number {
  const costs = costsOfPost(platform, text);
  return platform.limits
    .filter(({ unit }) => unit === 'millicents')
    .reduce((sum, { bucket }) => sum + (costs[bucket] ?? 0), 0);
}

/** Reads what these lanes' buckets hold now. */
export async function openForecast(store: Store, lanes: readonly Lane[], now: number): Promise<Forecast> {
  const calendars = new Map<string, QuotaCalendar>();
  for (const { account, platform } of lanes) {
    for (const limit of platform.limits) {
      const key = `${scopeKey(limit, account)} ${limit.bucket}`;
      if (calendars.has(key)) continue;
      const ledger = await store.limits.ledger(scopeKey(limit, account), limit, now);
      calendars.set(key, new QuotaCalendar(limit.window, ledger, now, flightOf(limit.window)));
    }
  }

  function spendsFor({ account, platform }: Lane, text: FittedText | undefined) {
    const costs = { post: costsOfPost(platform, text) };
    return spendsOf({ ...platform, costs }, account, 'post').map(({ scopeKey: key, limit, amount }) => ({
      limit,
      amount,
      calendar: calendars.get(`${key} ${limit.bucket}`),
    }));
  }

  function look(lane: Lane, text: FittedText | undefined, from: number, share?: number): Room | undefined {
    const spends = spendsFor(lane, text);
    let room: Room = { at: from };
    // A later instant for one limit may be too early for another: until all agree.
    for (let settled = false; !settled; ) {
      settled = true;
      for (const { limit, amount, calendar } of spends) {
        const at = calendar ? calendar.next(room.at, amount, share) : room.at;
        if (at === undefined) return undefined;
        if (at > room.at) {
          room = { at, by: limit.title };
          settled = false;
        }
      }
    }
    return room;
  }

  return {
    look,
    place(lane, text, from, share) {
      const room = look(lane, text, from, share);
      if (room) for (const { amount, calendar } of spendsFor(lane, text)) calendar?.add(room.at, amount);
      return room;
    },
  };
}
