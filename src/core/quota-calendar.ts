import { nextStartOfDay, nextStartOfMonth, startOfDay, startOfMonth } from './calendar.ts';
import type { Window } from './limit.ts';

/** What is known of a bucket when a forecast begins. */
export interface Ledger {
  max: number;
  /** What counts now: our own sum or the platform's word, whichever is higher. */
  used: number;
  blockedUntil: number | null;
  /** When the platform's window starts afresh, where it said so. */
  resetsAt: number | null;
  spends: readonly { at: number; amount: number }[];
}

/** Amounts may be money: sums of cents as floats are off by less than this. */
const ROUNDING = 1e-9;
/** A forecast looks no further than this many windows ahead. */
const MOST_WINDOWS = 4_000;

/**
 * One bucket over time, with what is planned: places are found so that no window, past or to come, holds more than
 * the maximum.
 */
export class QuotaCalendar {
  readonly #window: Window;
  readonly #flightMs: number;
  readonly #max: number;
  readonly #blockedUntil: number;
  readonly #phase: number;
  /** Sums by the beginning of their window; a trailing one has none, and keeps the spends. */
  readonly #sums = new Map<number, number>();
  readonly #spends: { at: number; amount: number }[] = [];

  /** `flightMs`: what leaves at the end of a window may arrive in the next one, and counts in both. */
  constructor(window: Window, ledger: Ledger, now: number, flightMs = 0) {
    this.#window = window.kind === 'trailing' ? { ...window, ms: window.ms + flightMs } : window;
    this.#flightMs = flightMs;
    this.#max = ledger.max;
    this.#blockedUntil = ledger.blockedUntil ?? 0;
    this.#phase = window.kind === 'fixed' ? (ledger.resetsAt ?? 0) % window.ms : 0;
    for (const { at, amount } of ledger.spends) this.add(at, amount);
    // What the platform counted on top of ours: nobody knows when, so as late as can be.
    const unknown = ledger.used - this.#usedAt(now);
    if (unknown > ROUNDING) this.add(now, unknown);
  }

  /** The first instant from `from` on at which `amount` fits under a share of the maximum; undefined: never. */
  next(from: number, amount: number, share = 1): number | undefined {
    if (amount > this.#max + ROUNDING) return undefined;
    const max = Math.max(amount, Math.floor(this.#max * share));
    let at = Math.max(from, this.#blockedUntil);
    for (let looked = 0; looked < MOST_WINDOWS; looked += 1) {
      if (this.#fits(at, amount, max)) return at;
      at = this.#nextChance(at);
    }
    return undefined;
  }

  add(at: number, amount: number): void {
    if (this.#window.kind !== 'trailing') {
      for (const start of this.#startsOf(at)) this.#sums.set(start, (this.#sums.get(start) ?? 0) + amount);
      return;
    }
    let index = this.#spends.length;
    while (index > 0 && (this.#spends[index - 1]?.at ?? 0) > at) index -= 1;
    this.#spends.splice(index, 0, { at, amount });
  }

  #usedAt(at: number): number {
    if (this.#window.kind !== 'trailing') return this.#sums.get(this.#startOf(at)) ?? 0;
    const { ms } = this.#window;
    return this.#spends.reduce(
      (sum, spend) => sum + (spend.at > at - ms && spend.at <= at ? spend.amount : 0),
      0,
    );
  }

  #fits(at: number, amount: number, max: number): boolean {
    if (this.#window.kind !== 'trailing')
      return this.#startsOf(at).every((start) => (this.#sums.get(start) ?? 0) + amount <= max + ROUNDING);
    const { ms } = this.#window;
    const near = this.#spends.slice(this.#firstAfter(at - ms), this.#firstAfter(at + ms - 1));
    // Every span of the window's length that holds `at` begins right after one of these, or holds none of them.
    let first = 0;
    let sum = amount;
    const ends = [
      ...near.filter((spend) => spend.at <= at),
      { at, amount: 0 },
      ...near.filter((spend) => spend.at > at),
    ];
    for (const end of ends) {
      sum += end.amount;
      while ((ends[first]?.at ?? at) <= end.at - ms) {
        sum -= ends[first]?.amount ?? 0;
        first += 1;
      }
      if (end.at >= at && sum > max + ROUNDING) return false;
    }
    return true;
  }

  /** The next instant at which something may have changed. */
  #nextChance(at: number): number {
    const window = this.#window;
    switch (window.kind) {
      case 'day':
        return nextStartOfDay(window.timeZone, at);
      case 'month':
        return nextStartOfMonth(window.timeZone, at);
      case 'fixed':
        return this.#startOf(at) + window.ms;
      case 'trailing':
        return (this.#spends[this.#firstAfter(at - window.ms)]?.at ?? at) + window.ms;
    }
  }

  /** Beginnings of the windows that a spend at this instant counts in. */
  #startsOf(at: number): number[] {
    const [first, last] = [this.#startOf(at), this.#startOf(at + this.#flightMs)];
    return first === last ? [first] : [first, last];
  }

  #startOf(at: number): number {
    const window = this.#window;
    switch (window.kind) {
      case 'day':
        return startOfDay(window.timeZone, at);
      case 'month':
        return startOfMonth(window.timeZone, at);
      case 'fixed':
        return Math.floor((at - this.#phase) / window.ms) * window.ms + this.#phase;
      case 'trailing':
        return at;
    }
  }

  /** Index of the first spend after an instant. */
  #firstAfter(at: number): number {
    let low = 0;
    let high = this.#spends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#spends[middle]?.at ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
