import type { Window } from '../../../src/core/limit.ts';
import type { Flavour } from './flavours.ts';

/** Who called, as the server knows it. */
export interface Caller {
  platform: string;
  accountId: string;
  user: string;
}

/** The name of the window an instant lies in; undefined where the window moves with the instant. */
function windowName(window: Window, at: number): string | undefined {
  switch (window.kind) {
    case 'trailing':
      return undefined;
    case 'fixed':
      return String(Math.floor(at / window.ms));
    case 'day':
      return dateFormat(window.timeZone).format(at);
    case 'month':
      return dateFormat(window.timeZone).format(at).slice(0, 7);
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** 2026-11-01 as the wall calendar of a zone has it: nothing is reckoned here, so nothing can be reckoned wrong. */
function dateFormat(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format;
}

/** The server's own count of what reached it, by its own clock. Shares no code with the ledger it judges. */
export class Ceilings {
  readonly #trailing = new Map<string, { at: number; amount: number }[]>();
  readonly #named = new Map<string, number>();
  readonly #flavour: Flavour;

  constructor(flavour: Flavour) {
    this.#flavour = flavour;
  }

  /** Counts a call. Gives what it exceeds, in words. */
  count(caller: Caller, call: string, now: number): string[] {
    const costs = { ...this.#flavour.costs['*'], ...this.#flavour.costs[call] };
    const exceeded: string[] = [];
    for (const { bucket, scope, max, window, title } of this.#flavour.limits) {
      const amount = costs[bucket] ?? 0;
      if (amount === 0) continue;
      const whose =
        scope === 'app' ? '' : scope === 'user' ? `user ${caller.user}` : `account ${caller.accountId}`;
      const used = this.#spend(`${bucket} ${whose}`, window, amount, now);
      if (used > max) exceeded.push(`${title}${whose && ` (${whose})`}: ${used} of ${max}`);
    }
    return exceeded;
  }

  /** What is left of a bucket of an account in a window of fixed length, and when it starts afresh. */
  left(caller: Caller, bucket: string, now: number): { remaining: number; max: number; resetsAt: number } {
    const limit = this.#flavour.limits.find((one) => one.bucket === bucket);
    if (limit?.window.kind !== 'fixed') throw new Error(`${bucket} has no fixed window`);
    const name = `${bucket} account ${caller.accountId} ${windowName(limit.window, now)}`;
    const used = this.#named.get(name) ?? 0;
    const resetsAt = (Math.floor(now / limit.window.ms) + 1) * limit.window.ms;
    return { remaining: Math.max(0, limit.max - used), max: limit.max, resetsAt };
  }

  #spend(key: string, window: Window, amount: number, now: number): number {
    if (window.kind === 'trailing') {
      const calls = this.#trailing.get(key) ?? [];
      this.#trailing.set(key, calls);
      calls.push({ at: now, amount });
      while ((calls[0]?.at ?? now) <= now - window.ms) calls.shift();
      return calls.reduce((sum, one) => sum + one.amount, 0);
    }
    const name = `${key} ${windowName(window, now)}`;
    const used = (this.#named.get(name) ?? 0) + amount;
    this.#named.set(name, used);
    return used;
  }
}
