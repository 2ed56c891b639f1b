import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import type { Limit, Window } from '../../src/core/limit.ts';
import type { Store } from '../../src/store/types.ts';
import type { OpenStore } from './contract.ts';
import { T0 } from './examples.ts';

export function limitOf(window: Window, max: number, bucket = 'posts'): Limit {
  return {
    bucket,
    title: `${bucket} in a while`,
    scope: 'account',
    max,
    window,
    source: 'https://example.com',
  };
}

const KEY = 'account:1';

export function describeLimits(open: OpenStore): void {
  describe('limits', () => {
    const trailing = limitOf({ kind: 'trailing', ms: DAY }, 3);
    const spend = (store: Store, limit: Limit, now: number, amount = 1) =>
      store.limits.take([{ scopeKey: KEY, limit, amount }], null, now);
    const full = (limit: Limit, freeAt: number) => ({
      ok: false,
      bucket: limit.bucket,
      title: limit.title,
      freeAt,
    });

    it('count a request that took long as of its end', async () => {
      const store = await open();
      const spends = [{ scopeKey: KEY, limit: trailing, amount: 1 }];
      for (const _ of [1, 2, 3]) await spend(store, trailing, T0);
      await store.limits.postpone(spends, null, T0, T0 + HOUR);
      const { spends: rows } = await store.limits.ledger(KEY, trailing, T0 + HOUR);
      expect(rows.map(({ at }) => at)).toEqual([T0, T0, T0 + HOUR]);
    });

    it('count a request that arrived late by itself, where its spend was moved meanwhile', async () => {
      const store = await open();
      await spend(store, trailing, T0);
      const spends = [{ scopeKey: KEY, limit: trailing, amount: 1 }];
      await store.limits.postpone(spends, null, T0 + 1, T0 + HOUR);
      await store.limits.postpone(spends, 4, T0, T0 + 2 * HOUR);
      const { spends: rows } = await store.limits.ledger(KEY, trailing, T0 + 2 * HOUR);
      expect(rows.map(({ at }) => at)).toEqual([T0, T0 + HOUR, T0 + 2 * HOUR]);
    });

    it('of a trailing window free one by one', async () => {
      const store = await open();
      for (const at of [T0, T0 + HOUR, T0 + 2 * HOUR]) {
        expect(await spend(store, trailing, at)).toMatchObject({ ok: true });
      }
      const now = T0 + 3 * HOUR;
      expect(await spend(store, trailing, now)).toEqual(full(trailing, T0 + DAY));
      expect(await spend(store, trailing, now, 2)).toEqual(full(trailing, T0 + HOUR + DAY));
      expect(await store.limits.state(KEY, trailing, now)).toEqual({
        used: 3,
        max: 3,
        resetsAt: T0 + DAY,
        blockedUntil: null,
      });
      expect(await spend(store, trailing, T0 + DAY - 1)).toEqual(full(trailing, T0 + DAY));
      expect(await spend(store, trailing, T0 + DAY)).toMatchObject({ ok: true });
      expect(await spend(store, trailing, T0 + DAY)).toEqual(full(trailing, T0 + HOUR + DAY));
    });

    it('name the one that never frees before the one that frees late', async () => {
      const store = await open();
      const late = limitOf({ kind: 'trailing', ms: DAY }, 1, 'late');
      const tiny = limitOf({ kind: 'trailing', ms: MINUTE }, 1, 'tiny');
      await spend(store, late, T0);
      const both = [
        { scopeKey: KEY, limit: late, amount: 1 },
        { scopeKey: KEY, limit: tiny, amount: 2 },
      ];
      for (const spends of [both, both.toReversed()]) {
        const answer = await store.limits.peek(spends, T0);
        expect(answer).toMatchObject({ ok: false, bucket: 'tiny', never: true });
      }
    });

    it('name the one that frees last, whichever is asked first', async () => {
      const store = await open();
      const day = limitOf({ kind: 'trailing', ms: DAY }, 1, 'day');
      const hour = limitOf({ kind: 'trailing', ms: HOUR }, 1, 'hour');
      await spend(store, day, T0);
      await spend(store, hour, T0);
      const both = [day, hour].map((limit) => ({ scopeKey: KEY, limit, amount: 1 }));
      for (const spends of [both, both.toReversed()])
        expect(await store.limits.peek(spends, T0)).toEqual(full(day, T0 + DAY));
    });

    it('are told what is left without a maximum: of the documented one', async () => {
      const store = await open();
      const fixed = limitOf({ kind: 'fixed', ms: HOUR }, 10);
      const resetsAt = T0 + HOUR;
      await store.limits.learn(KEY, { bucket: 'posts', remaining: 4, resetsAt }, T0);
      expect(await store.limits.state(KEY, fixed, T0)).toMatchObject({ used: 6, max: 10, resetsAt });
    });

    it('keep no row of what costs nothing', async () => {
      const store = await open();
      expect(await spend(store, trailing, T0, 0)).toMatchObject({ ok: true });
      expect((await store.limits.ledger(KEY, trailing, T0)).spends).toEqual([]);
    });

    it('open their book: every spend that counts, and what the platform said', async () => {
      const store = await open();
      const empty = { max: 3, used: 0, blockedUntil: null, resetsAt: null, spends: [] };
      expect(await store.limits.ledger(KEY, trailing, T0)).toEqual(empty);
      await spend(store, trailing, T0, 2);
      const [row] = (await store.limits.ledger(KEY, trailing, T0)).spends;
      expect(row).toMatchObject({ at: T0, amount: 2 });
      await store.limits.learn(KEY, { bucket: 'posts', used: 3, resetsAt: T0 + HOUR }, T0);
      expect(await store.limits.ledger(KEY, trailing, T0)).toMatchObject({ used: 3, resetsAt: T0 + HOUR });
    });

    it('are kept for each scope and bucket', async () => {
      const store = await open();
      await spend(store, trailing, T0, 3);
      const other = limitOf(trailing.window, 3, 'uploads');
      expect(await spend(store, other, T0)).toMatchObject({ ok: true });
      const elsewhere = [{ scopeKey: 'account:2', limit: trailing, amount: 3 }];
      expect(await store.limits.take(elsewhere, null, T0)).toMatchObject({ ok: true });
    });

    it('spend from all buckets or from none, and name the one that frees last', async () => {
      const store = await open();
      const hourly = limitOf({ kind: 'fixed', ms: HOUR }, 1, 'calls');
      const both = [trailing, hourly].map((limit) => ({ scopeKey: KEY, limit, amount: 1 }));
      expect(await store.limits.take(both, null, T0)).toMatchObject({ ok: true });
      expect(await store.limits.take(both, null, T0 + 1)).toEqual(full(hourly, T0 + HOUR));
      expect((await store.limits.state(KEY, trailing, T0 + 1)).used).toBe(1);
      await spend(store, trailing, T0 + 2, 2);
      expect(await store.limits.take(both, null, T0 + 3)).toEqual(full(trailing, T0 + DAY));
    });

    it('count one bucket that is named twice as one', async () => {
      const store = await open();
      const twice = [2, 2].map((amount) => ({ scopeKey: KEY, limit: trailing, amount }));
      expect(await store.limits.peek(twice, T0)).toMatchObject({ ok: false, never: true });
      expect(await store.limits.take(twice.slice(1), null, T0)).toMatchObject({ ok: true });
    });

    it('say so where an amount is more than the whole', async () => {
      const store = await open();
      const answer = await spend(store, trailing, T0, 4);
      expect(answer).toEqual({ ...full(trailing, T0 + DAY), never: true });
      await store.limits.setMax(KEY, trailing.bucket, 4);
      expect(await spend(store, trailing, T0, 4)).toMatchObject({ ok: true });
    });

    it('spend nothing by looking', async () => {
      const store = await open();
      await spend(store, trailing, T0, 2);
      for (let n = 0; n < 5; n += 1) {
        expect(await store.limits.peek([{ scopeKey: KEY, limit: trailing, amount: 1 }], T0)).toMatchObject({
          ok: true,
        });
      }
      expect((await store.limits.state(KEY, trailing, T0)).used).toBe(2);
      expect(await store.limits.state(KEY, limitOf(trailing.window, 9, 'new'), T0)).toEqual({
        used: 0,
        max: 9,
        resetsAt: null,
        blockedUntil: null,
      });
    });

    it('start afresh at a zone’s midnight, on a day of 25 hours too', async () => {
      const store = await open();
      const daily = limitOf({ kind: 'day', timeZone: 'America/Los_Angeles' }, 2);
      const start = Date.UTC(2026, 10, 1, 7); // midnight of 1 November, before the clocks go back
      await spend(store, daily, start - 1, 2);
      expect(await spend(store, daily, start, 2)).toMatchObject({ ok: true });
      const end = start + 25 * HOUR;
      expect(await spend(store, daily, start + 24 * HOUR)).toEqual(full(daily, end));
      expect(await spend(store, daily, end)).toMatchObject({ ok: true });
    });

    it('start afresh with the month', async () => {
      const store = await open();
      const monthly = limitOf({ kind: 'month', timeZone: 'UTC' }, 500);
      await spend(store, monthly, T0, 500);
      const december = Date.UTC(2026, 11, 1);
      expect(await spend(store, monthly, december - 1)).toEqual(full(monthly, december));
      expect(await spend(store, monthly, december)).toMatchObject({ ok: true });
    });

    it('still count what was spent before the clock was set back', async () => {
      const store = await open();
      await spend(store, trailing, T0, 3);
      expect(await spend(store, trailing, T0 - HOUR)).toEqual(full(trailing, T0 + DAY));
      const daily = limitOf({ kind: 'day', timeZone: 'UTC' }, 1, 'daily');
      await spend(store, daily, T0);
      const midnight = Date.UTC(2026, 10, 23);
      expect(await spend(store, daily, T0 - DAY)).toEqual(full(daily, midnight));
    });

    it('wait while the platform asks for it', async () => {
      const store = await open();
      await store.limits.learn(KEY, { bucket: 'posts', blockedUntil: T0 + HOUR }, T0);
      await store.limits.learn(KEY, { bucket: 'posts', blockedUntil: T0 + MINUTE }, T0);
      expect(await spend(store, trailing, T0)).toEqual(full(trailing, T0 + HOUR));
      expect((await store.limits.state(KEY, trailing, T0)).blockedUntil).toBe(T0 + HOUR);
      expect(await spend(store, trailing, T0 + HOUR)).toMatchObject({ ok: true });
      expect((await store.limits.state(KEY, trailing, T0 + HOUR)).blockedUntil).toBeNull();
    });

    it('take the platform’s count where it is higher, until it resets', async () => {
      const store = await open();
      const window = limitOf({ kind: 'fixed', ms: 15 * MINUTE }, 10);
      const resetsAt = T0 + 9 * MINUTE;
      await spend(store, window, T0);
      await store.limits.learn(KEY, { bucket: 'posts', remaining: 2, resetsAt }, T0);
      expect((await store.limits.state(KEY, window, T0)).used).toBe(8);
      await spend(store, window, T0);
      await spend(store, window, T0 + 1);
      expect(await spend(store, window, T0 + 2)).toEqual(full(window, resetsAt));
      expect(await spend(store, window, resetsAt)).toMatchObject({ ok: true });
      expect((await store.limits.state(KEY, window, resetsAt)).used).toBe(1);
    });

    it('keep their own count where the platform’s is lower', async () => {
      const store = await open();
      await spend(store, trailing, T0, 3);
      await store.limits.learn(KEY, { bucket: 'posts', used: 1 }, T0);
      expect(await spend(store, trailing, T0 + 1)).toEqual(full(trailing, T0 + DAY));
    });

    it('let the platform’s trailing count go down with the spends of ours that were in it', async () => {
      const store = await open();
      const limit = limitOf({ kind: 'trailing', ms: DAY }, 50);
      await spend(store, limit, T0, 10);
      await store.limits.learn(KEY, { bucket: 'posts', used: 50 }, T0 + HOUR);
      expect(await spend(store, limit, T0 + 2 * HOUR)).toEqual(full(limit, T0 + DAY));
      expect((await store.limits.state(KEY, limit, T0 + DAY)).used).toBe(40);
      expect((await store.limits.state(KEY, limit, T0 + HOUR + DAY)).used).toBe(0);
    });

    it('follow a maximum that the platform names, and a person’s own below it', async () => {
      const store = await open();
      await store.limits.learn(KEY, { bucket: 'posts', max: 5 }, T0);
      expect((await store.limits.state(KEY, trailing, T0)).max).toBe(5);
      await store.limits.setMax(KEY, 'posts', 2);
      expect((await store.limits.state(KEY, trailing, T0)).max).toBe(2);
      await store.limits.setMax(KEY, 'posts', 9);
      expect((await store.limits.state(KEY, trailing, T0)).max).toBe(5);
      await store.limits.setMax(KEY, 'posts', null);
      expect((await store.limits.state(KEY, trailing, T0)).max).toBe(5);
    });

    it('add up money without losing a cent', async () => {
      const store = await open();
      const money = limitOf({ kind: 'month', timeZone: 'UTC' }, 0.3, 'dollars');
      for (let n = 0; n < 3; n += 1) expect(await spend(store, money, T0, 0.1)).toMatchObject({ ok: true });
      expect(await spend(store, money, T0, 0.01)).toMatchObject({ ok: false });
    });

    it('forget only what no window needs', async () => {
      const store = await open();
      await spend(store, trailing, T0);
      await spend(store, trailing, T0 + HOUR);
      expect(await store.limits.prune(T0 + 1)).toBe(1);
      expect((await store.limits.state(KEY, trailing, T0 + HOUR)).used).toBe(1);
    });
  });
}
