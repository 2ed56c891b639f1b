import type { Account } from '../core/account.ts';
import { breakerAfterFailure, breakerPhase, closedBreaker } from '../core/breaker.ts';
import { asFailure, type Failure, later } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { Platform } from '../core/platform.ts';
import type { EngineDeps } from './deps.ts';

/**
 * A lane whose platform failed five runs in a row stands still for a while, so that it neither burns its jobs'
 * attempts nor adds to the platform's trouble. When the pause is over one read decides, never a publish. Gives
 * whether failures are counted that a run which comes through makes forgotten.
 */
export async function passBreaker(
  deps: EngineDeps,
  platform: Platform,
  account: Account,
  http: Http,
): Promise<boolean> {
  const { store, clock } = deps;
  const state = await store.breakers.get(account.id);
  switch (breakerPhase(state, clock.now())) {
    case 'closed':
      return state !== undefined;
    case 'open':
      throw standsStill(platform, state?.openUntil ?? clock.now());
    case 'half-open':
      await probe(deps, platform, account, http);
      await store.breakers.clear(account.id);
      return false;
  }
}

async function probe(deps: EngineDeps, platform: Platform, account: Account, http: Http): Promise<void> {
  try {
    await platform.recent?.({ http, account, clock: deps.clock, since: deps.clock.now() });
  } catch (error) {
    const failure = asFailure(error);
    if (!isPlatformTrouble(failure)) throw failure;
    await noteFailure(deps, account.id);
    const state = await deps.store.breakers.get(account.id);
    throw standsStill(platform, state?.openUntil ?? deps.clock.now());
  }
}

function standsStill(platform: Platform, until: number): Failure {
  return later(
    until,
    `${platform.name} keeps failing; nothing is sent until a look shows that it works again.`,
    'breaker',
  );
}

/** A run ended for the platform's reasons. */
export async function noteFailure(deps: EngineDeps, accountId: number): Promise<void> {
  const { breakers } = deps.store;
  const now = deps.clock.now();
  await breakers.save(
    accountId,
    breakerAfterFailure((await breakers.get(accountId)) ?? closedBreaker, now),
    now,
  );
}

/** True where the fault lies with the platform or the way to it, not with this job. */
export function isPlatformTrouble(failure: Failure): boolean {
  return (
    failure.kind === 'retry' &&
    ['E_NETWORK', 'E_NO_ANSWER', 'E_BAD_ANSWER', 'E_PLATFORM_DOWN'].includes(failure.code)
  );
}
