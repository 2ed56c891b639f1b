import type { Account } from '../core/account.ts';
import { MINUTE } from '../core/clock.ts';
import type { Service } from '../core/platform.ts';
import type { Source } from '../core/source.ts';
import type { SourceRow } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';
import { spendsOf } from './meter.ts';

/** However scarce listings are, a source is read to its full depth about once in this time. */
const DEEP_EVERY_MS = 10 * MINUTE;
/** Sources that are read deeply at so many different instants. */
const SPREAD = 64;
/** Listings are scarce where less than this part of a limit is free: an app's limit is that of all its sources. */
const SCARCE_PART = 1 / 4;

/**
 * True where a poll may end at what is known: what was made public late stands deeper, and to look for it each time
 * would keep an agency's other sources waiting. Never so long as there are listings to spare.
 */
export async function isShallow(
  { store, clock }: Pick<EngineDeps, 'store' | 'clock'>,
  row: Pick<SourceRow, 'id' | 'lastGoodPollAt'>,
  source: Pick<Source, 'listing'>,
  service: Service,
  account: Account,
): Promise<boolean> {
  const now = clock.now();
  if (source.listing === undefined || row.lastGoodPollAt === null) return false;
  const turn = (at: number) => Math.floor(at / DEEP_EVERY_MS + (row.id % SPREAD) / SPREAD);
  if (turn(now) !== turn(row.lastGoodPollAt)) return false;
  const spends = spendsOf(service, account, source.listing).map((spend) => ({
    ...spend,
    amount: Math.ceil(spend.limit.max * SCARCE_PART),
  }));
  return spends.length > 0 && !(await store.limits.peek(spends, now)).ok;
}
