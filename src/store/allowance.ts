import { nextStartOfDay, nextStartOfMonth, startOfDay, startOfMonth } from '../core/calendar.ts';
import type { Window } from '../core/limit.ts';

/** One spend of the ledger. */
export interface Spent {
  id: number;
  at: number;
  amount: number;
}

/** What the platform last said about a bucket. */
export interface Reading {
  /** What it had counted. */
  used: number;
  readAt: number;
  /** The last spend that was made before it: later ones come on top. */
  lastSpendId: number;
  /** When the platform's window starts afresh, where it said so. */
  resetsAt: number | null;
}

/** All that decides about a bucket: pure data. `spends` oldest first; older ones than any window needs may lack. */
export interface Bucket {
  window: Window;
  /** A spend counts until it has left the window however late, within this time, it reached the platform. */
  flightMs: number;
  max: number;
  spends: readonly Spent[];
  reading: Reading | null;
  blockedUntil: number | null;
}

/**
 * Spends after this instant count at `now`. Those that lie in the future (a clock that was set back) count
 * too: the platform has seen them.
 */
function countsAfter(window: Window, now: number, resetsAt: number | null): number {
  switch (window.kind) {
    case 'trailing':
      return now - window.ms;
    case 'day':
      return startOfDay(window.timeZone, now) - 1;
    case 'month':
      return startOfMonth(window.timeZone, now) - 1;
    case 'fixed':
      return fixedStart(window.ms, now, resetsAt) - 1;
  }
}

/** When the window that `now` lies in ends. For a trailing one: when everything spent up to now has left it. */
export function windowEnd(window: Window, now: number, resetsAt: number | null): number {
  switch (window.kind) {
    case 'trailing':
      return now + window.ms;
    case 'day':
      return nextStartOfDay(window.timeZone, now);
    case 'month':
      return nextStartOfMonth(window.timeZone, now);
    case 'fixed':
      return fixedStart(window.ms, now, resetsAt) + window.ms;
  }
}

/** Fixed windows follow the platform's last known reset, else the epoch. */
function fixedStart(ms: number, now: number, resetsAt: number | null): number {
  const phase = (resetsAt ?? 0) % ms;
  return Math.floor((now - phase) / ms) * ms + phase;
}

/** Until when a reading counts. */
function readingEnd(window: Window, reading: Reading): number {
  return reading.resetsAt ?? windowEnd(window, reading.readAt, null);
}

/** Which spends matter to the count at an instant. */
export interface Range {
  /** Spends after this instant are in the window. */
  after: number;
  /** Of those, the ones with a higher id came after the reading. */
  lastSpendId: number;
  /** Spends in (leftAfter, leftUntil] up to that id were in the reading, and a trailing window has let them go since. */
  leftAfter: number;
  leftUntil: number;
}

/** The amounts of those spends, added up. */
export interface Tally {
  own: number;
  since: number;
  left: number;
}

export function rangeAt(
  { window, flightMs, reading }: Pick<Bucket, 'window' | 'flightMs' | 'reading'>,
  now: number,
): Range {
  const after = countsAfter(window, now, reading?.resetsAt ?? null) - flightMs;
  const trailing = window.kind === 'trailing' && reading ? reading.readAt - window.ms : after;
  return {
    after,
    lastSpendId: reading?.lastSpendId ?? 0,
    leftAfter: Math.min(after, trailing),
    leftUntil: after,
  };
}

/** What is used up: our own count or the platform's, whichever is higher. */
export function usedOf(bucket: Pick<Bucket, 'window' | 'reading'>, tally: Tally, now: number): number {
  const { window, reading } = bucket;
  if (!reading || now >= readingEnd(window, reading)) return tally.own;
  return Math.max(tally.own, Math.max(0, reading.used - tally.left) + tally.since);
}

function usedAt(bucket: Bucket, now: number): number {
  const { after, lastSpendId, leftAfter, leftUntil } = rangeAt(bucket, now);
  const tally: Tally = { own: 0, since: 0, left: 0 };
  for (const { id, at, amount } of bucket.spends) {
    if (at > after) tally.own += amount;
    if (at > after && id > lastSpendId) tally.since += amount;
    if (at > leftAfter && at <= leftUntil && id <= lastSpendId) tally.left += amount;
  }
  return usedOf(bucket, tally, now);
}

/** Amounts may be money: sums of cents as floats are off by less than this. */
const ROUNDING = 1e-9;

export function fits(used: number, amount: number, max: number): boolean {
  return used + amount <= max + ROUNDING;
}

/** The first instant at which `amount` fits; undefined where it never will under this maximum. */
export function fitsAt(bucket: Bucket, amount: number, now: number): number | undefined {
  if (!fits(0, amount, bucket.max)) return undefined;
  const start = Math.max(now, bucket.blockedUntil ?? 0);
  const instants = [start, ...changesAfter(bucket, start)];
  // The count only goes down from here on, to nothing at the last instant.
  let low = 0;
  let high = instants.length - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fits(usedAt(bucket, Number(instants[middle])), amount, bucket.max)) high = middle;
    else low = middle + 1;
  }
  return instants[low];
}

/** When something frees next, of a bucket of which something is used. */
export function freesAt(bucket: Bucket, now: number): number {
  return Math.min(...changesAfter(bucket, now));
}

/** The instants after `now` at which the count can go down, soonest first; after the last of them it is zero. */
function changesAfter({ window, flightMs, spends, reading }: Bucket, now: number): number[] {
  const resetsAt = reading?.resetsAt ?? null;
  const ends = spends.map(({ at }) => windowEnd(window, at + flightMs, resetsAt));
  if (reading) ends.push(readingEnd(window, reading));
  return [...new Set(ends)].filter((at) => at > now).sort((a, b) => a - b);
}
