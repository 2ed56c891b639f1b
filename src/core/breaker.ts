import { HOUR, MINUTE } from './clock.ts';

/** What is known of a lane whose platform keeps failing. */
export interface BreakerState {
  /** Failed runs since the last good one. */
  failures: number;
  /** Times it opened since it was last closed. */
  opened: number;
  /** Nothing runs before this (epoch ms); null where it is closed. */
  openUntil: number | null;
}

export const closedBreaker: BreakerState = { failures: 0, opened: 0, openUntil: null };

/** Opens at this many failures in a row: one job's own attempts must not open it before they are used up. */
const OPENS_AT = 5;
const FIRST_PAUSE_MS = MINUTE;
const LONGEST_PAUSE_MS = HOUR;

/** A run failed for the platform's reasons: counts it, and opens the breaker where it is one too many. Pure. */
export function breakerAfterFailure(state: BreakerState, now: number): BreakerState {
  const failures = state.failures + 1;
  // A probe that fails opens it again at once.
  if (failures < OPENS_AT && state.openUntil === null) return { ...state, failures };
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(state.opened, 10));
  return { failures, opened: state.opened + 1, openUntil: now + pause };
}

/** `closed`: run. `open`: wait. `half-open`: a read decides first. */
export function breakerPhase(state: BreakerState | undefined, now: number): 'closed' | 'open' | 'half-open' {
  if (!state || state.openUntil === null) return 'closed';
  return now < state.openUntil ? 'open' : 'half-open';
}
