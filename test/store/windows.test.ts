import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { DAY, HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import type { Limit, Window } from '../../src/core/limit.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { limitOf } from './contract-limits.ts';

const LA = 'America/Los_Angeles';
const KEY = 'app:youtube';

/** The name of the window that an instant lies in, by another way than the code under test goes. */
const localTime = new Intl.DateTimeFormat('sv-SE', { timeZone: LA, dateStyle: 'short' });

const windows: fc.Arbitrary<Window> = fc.oneof(
  fc.record({ kind: fc.constant('trailing' as const), ms: fc.integer({ min: 1, max: 2 * DAY }) }),
  fc.constant({ kind: 'day' as const, timeZone: LA }),
  fc.constant({ kind: 'month' as const, timeZone: LA }),
  fc.record({ kind: fc.constant('fixed' as const), ms: fc.integer({ min: 1, max: DAY }) }),
);

/** Around the days of 23 and 25 hours, and the ends of their months. */
const starts = fc
  .constantFrom(Date.UTC(2026, 2, 7, 20), Date.UTC(2026, 2, 31, 20), Date.UTC(2026, 9, 31, 20))
  .chain((from) => fc.integer({ min: from, max: from + DAY }));

const steps = fc.array(
  fc.record({
    wait: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: MINUTE }),
      fc.integer({ min: 0, max: 20 * HOUR }),
    ),
    amount: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 1, maxLength: 40 },
);

interface Granted {
  at: number;
  amount: number;
}

/** Most that was granted within one window. */
function most(window: Window, granted: readonly Granted[]): number {
  const sums = granted.map(({ at }) => {
    const within = granted.filter((other) => inOneWindow(window, at, other.at));
    return within.reduce((sum, { amount }) => sum + amount, 0);
  });
  return Math.max(0, ...sums);
}

/** Do both lie in one window, where it ends with (or is the one of) `at`? */
function inOneWindow(window: Window, at: number, other: number): boolean {
  switch (window.kind) {
    case 'trailing':
      return other <= at && other > at - window.ms;
    case 'day':
      return localTime.format(at) === localTime.format(other);
    case 'month':
      return localTime.format(at).slice(0, 7) === localTime.format(other).slice(0, 7);
    case 'fixed':
      return Math.floor(at / window.ms) === Math.floor(other / window.ms);
  }
}

async function openMemory(): Promise<Store> {
  const store = await openStore({ path: ':memory:', clock: new TestClock() });
  onTestFinished(() => store.close());
  return store;
}

/** A refusal must name the first instant at which the same thing would be allowed. */
async function expectFirstInstant(store: Store, limit: Limit, amount: number, freeAt: number) {
  const spends = [{ scopeKey: limit.bucket, limit, amount }];
  expect((await store.limits.peek(spends, freeAt - 1)).ok).toBe(false);
  expect((await store.limits.peek(spends, freeAt)).ok).toBe(true);
}

it('never grants more than the maximum within any window, and frees at the very instant it says', async () => {
  const store = await openMemory();
  let run = 0;
  let refusals = 0;
  const property = fc.asyncProperty(
    windows,
    fc.integer({ min: 1, max: 6 }),
    starts,
    steps,
    async (...args) => {
      const [window, max, start, path] = args;
      run += 1;
      const limit = limitOf(window, max, `bucket ${run}`);
      const granted: Granted[] = [];
      let now = start;
      for (const { wait, amount } of path) {
        now += wait;
        const answer = await store.limits.take([{ scopeKey: limit.bucket, limit, amount }], null, now);
        if (answer.ok) granted.push({ at: now, amount });
        else if (amount > max) expect(answer.never).toBe(true);
        else {
          refusals += 1;
          expect(answer.freeAt).toBeGreaterThan(now);
          await expectFirstInstant(store, limit, amount, answer.freeAt);
        }
      }
      expect(most(window, granted)).toBeLessThanOrEqual(max);
    },
  );
  await fc.assert(property, { numRuns: 300 });
  expect(refusals).toBeGreaterThan(300);
});

it('never exceeds what the platform says, and frees at the very instant it says', async () => {
  const store = await openMemory();
  const readings = fc.record({
    used: fc.option(fc.nat(12), { nil: undefined }),
    remaining: fc.option(fc.nat(12), { nil: undefined }),
    resetsIn: fc.option(fc.integer({ min: 1, max: 30 * HOUR }), { nil: undefined }),
    blockedFor: fc.option(fc.integer({ min: 1, max: HOUR }), { nil: undefined }),
  });
  const path = fc.array(
    fc.oneof(
      steps.map((some) => ({ spend: some })),
      readings.map((read) => ({ read })),
    ),
    {
      maxLength: 8,
    },
  );
  let run = 0;
  let refusals = 0;
  const property = fc.asyncProperty(windows, starts, path, async (window, start, events) => {
    run += 1;
    const limit = limitOf(window, 6, `bucket ${run}`);
    const spends = [{ scopeKey: limit.bucket, limit, amount: 1 }];
    let now = start;
    for (const event of events) {
      if ('spend' in event) {
        now += event.spend[0]?.wait ?? 0;
        await store.limits.take(spends, null, now);
      } else {
        const { used, remaining, resetsIn, blockedFor } = event.read;
        const reading = {
          bucket: limit.bucket,
          ...(used === undefined ? {} : { used }),
          ...(remaining === undefined ? {} : { remaining }),
          ...(resetsIn === undefined ? {} : { resetsAt: now + resetsIn }),
          ...(blockedFor === undefined ? {} : { blockedUntil: now + blockedFor }),
        };
        await store.limits.learn(limit.bucket, reading, now);
        const state = await store.limits.state(limit.bucket, limit, now);
        expect(state.used).toBeGreaterThanOrEqual(
          Math.max(used ?? 0, remaining === undefined ? 0 : 6 - remaining),
        );
        if (blockedFor !== undefined) expect(state.blockedUntil).toBeGreaterThanOrEqual(now + blockedFor);
      }
      const answer = await store.limits.peek(spends, now);
      if (answer.ok) continue;
      refusals += 1;
      await expectFirstInstant(store, limit, 1, answer.freeAt);
    }
  });
  await fc.assert(property, { numRuns: 300 });
  expect(refusals).toBeGreaterThan(100);
});

it('grants all that it may: a full trailing window again and again', async () => {
  const store = await openMemory();
  const limit = limitOf({ kind: 'trailing', ms: MINUTE }, 10);
  let granted = 0;
  let now = Date.UTC(2026, 10, 22);
  const end = now + HOUR;
  while (now < end) {
    const answer = await store.limits.take([{ scopeKey: KEY, limit, amount: 1 }], null, now);
    if (answer.ok) granted += 1;
    else now = answer.freeAt;
  }
  expect(granted).toBe(10 * 60);
});
