import type { Account } from '../core/account.ts';
import type { LimitState } from '../core/limit.ts';
import { scopeKey } from '../engine/meter.ts';
import { userKey, userPostLimit } from '../engine/user-limit.ts';
import { loadPlatform } from '../platforms/one.ts';
import type { Store } from '../store/types.ts';

/** The state of every bucket of these accounts; one that several share (per app, per user) stands once. */
export async function limitStates(
  store: Store,
  accounts: readonly Account[],
  now: number,
): Promise<LimitState[]> {
  const states = new Map<string, LimitState>();
  for (const account of accounts) {
    const { limits } = await loadPlatform(account.platform);
    for (const limit of limits) {
      const key = scopeKey(limit, account);
      const id = `${key} ${limit.bucket}`;
      if (states.has(id)) continue;
      const state = await store.limits.state(key, limit, now);
      states.set(id, {
        platform: account.platform,
        account: limit.scope === 'account' ? account.account : null,
        bucket: limit.bucket,
        title: limit.title,
        scope: limit.scope,
        ...(limit.unit === undefined ? {} : { unit: limit.unit }),
        left: Math.max(0, state.max - state.used),
        ...state,
      });
    }
  }
  const own = new Set(accounts.map(({ user }) => user));
  for (const { name, limits } of await store.users.list()) {
    const max = limits['postsPerDay'];
    if (max === undefined || !own.has(name)) continue;
    const limit = userPostLimit(name, max);
    const state = await store.limits.state(userKey(name), limit, now);
    const { bucket, title, scope } = limit;
    const left = Math.max(0, state.max - state.used);
    states.set(userKey(name), { platform: 'all', account: null, bucket, title, scope, left, ...state });
  }
  return [...states.values()];
}

/** Limits that count only where somebody set them have this maximum otherwise. */
export const NO_CEILING = Number.MAX_SAFE_INTEGER;

/** Thousandths of a US cent in a dollar. */
export const MILLICENTS = 100_000;

/** Money in dollars, and in parts of a cent where it is less than one. */
export function amountText({ unit }: Pick<LimitState, 'unit'>, amount: number): string {
  if (unit !== 'millicents') return String(amount);
  return `$${(amount / MILLICENTS).toFixed(amount > 0 && amount < MILLICENTS / 100 ? 5 : 2)}`;
}
