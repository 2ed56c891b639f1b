import type { Account } from '../core/account.ts';
import { MINUTE } from '../core/clock.ts';
import type { Http } from '../core/http.ts';
import type { Platform } from '../core/platform.ts';
import type { Meter } from '../core/session.ts';
import type { EngineDeps } from './deps.ts';

/** A live limit is asked this often at most: asking costs calls too, and our own ledger counts in between. */
const FRESH_MS = 5 * MINUTE;

const askedAt = new WeakMap<EngineDeps, Map<number, number>>();

/** Asks the platform how much of its quota is left, before bytes are spent. */
export async function readLiveLimits(
  deps: EngineDeps,
  platform: Platform,
  account: Account,
  http: Http,
  meter: Meter,
): Promise<void> {
  if (!platform.readLimits) return;
  const times = askedAt.get(deps) ?? new Map<number, number>();
  askedAt.set(deps, times);
  const now = deps.clock.now();
  const last = times.get(account.id);
  if (last !== undefined && now - last >= 0 && now - last < FRESH_MS) return;
  await meter.learn(await platform.readLimits({ http, account, clock: deps.clock }));
  times.set(account.id, now);
}
