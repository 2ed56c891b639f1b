import { expect, it, onTestFinished } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import type { HttpRequest } from '../../src/core/http.ts';
import type { Limit } from '../../src/core/limit.ts';
import type { Service } from '../../src/core/platform.ts';
import { checkRoom, flightOf, openMeter, scopeKey, spendsOf } from '../../src/engine/meter.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { T0 } from '../store/examples.ts';

const account = { id: 7, platform: 'youtube', user: 'ann' } as const;

const limit = (bucket: string, max: number, change: Partial<Limit> = {}): Limit => ({
  bucket,
  title: `${bucket} within a day`,
  scope: 'account',
  max,
  window: { kind: 'trailing', ms: DAY },
  source: 'https://example.com',
  ...change,
});

const service = (change: Partial<Service> = {}) =>
  ({
    id: 'youtube',
    limits: [limit('calls', 100, { scope: 'app' }), limit('posts', 1)],
    costs: { '*': { calls: 1 }, publish: { posts: 1 }, free: { calls: 0 } },
    ...change,
  }) as Service;

const requestOf = (call?: string): HttpRequest => ({ url: 'https://x.test', ...(call ? { call } : {}) });

async function openBooks(change: Partial<Service> = {}) {
  const clock = new TestClock(T0);
  const store = await openStore({ path: ':memory:', clock });
  onTestFinished(() => store.close());
  const options = { service: service(change), account, limits: store.limits, clock };
  return { clock, store, options, meter: openMeter(options) };
}

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('nothing failed');
    },
    (failure: Failure) => failure,
  );

it('counts an app’s limit for all, an account’s for it, a user’s for all of their accounts there', () => {
  const keys = (['app', 'account', 'user'] as const).map((scope) => scopeKey({ scope }, account));
  expect(keys).toEqual(['app:youtube', 'account:7', 'user:ann:youtube']);
});

it('gives a request two minutes to arrive, but never more than a part of a short window', () => {
  expect(flightOf({ kind: 'trailing', ms: DAY })).toBe(2 * MINUTE);
  expect(flightOf({ kind: 'trailing', ms: MINUTE })).toBe(3 * SECOND);
  expect(flightOf({ kind: 'fixed', ms: 15 * MINUTE })).toBe(45 * SECOND);
  expect(flightOf({ kind: 'day', timeZone: 'UTC' })).toBe(2 * MINUTE);
  expect(flightOf({ kind: 'month', timeZone: 'UTC' })).toBe(2 * MINUTE);
});

it('adds a call’s own costs to those of every call', () => {
  const spent = (call?: string) =>
    spendsOf(service(), account, call).map((one) => [one.scopeKey, one.limit.bucket, one.amount]);
  expect(spent()).toEqual([['app:youtube', 'calls', 1]]);
  expect(spent('a call that is not listed')).toEqual([['app:youtube', 'calls', 1]]);
  expect(spent('publish')).toEqual([
    ['app:youtube', 'calls', 1],
    ['account:7', 'posts', 1],
  ]);
  expect(spent('free')).toEqual([]);
});

it('spends before a request leaves, and says until when a full window holds it up', async () => {
  const { meter, store, clock } = await openBooks();
  await meter.spend(requestOf('publish'));
  clock.advance(HOUR);
  const failure = await failureOf(meter.spend(requestOf('publish')));
  expect(failure).toMatchObject({ code: 'E_QUOTA', kind: 'later', reason: 'quota', certain: true });
  expect(failure.notBefore).toBe(T0 + DAY + 2 * MINUTE);
  // What was refused spent nothing, of no bucket.
  const calls = await store.limits.state('app:youtube', limit('calls', 100), clock.now());
  expect(calls.used).toBe(1);
});

it('keeps the job for which it spent', async () => {
  const { options, store } = await openBooks();
  await openMeter({ ...options, jobId: 3 }).spend(requestOf('publish'));
  expect((await store.limits.ledger('account:7', limit('posts', 1), T0)).used).toBe(1);
});

it('asks for nothing where nothing is limited', async () => {
  const { meter, options } = await openBooks({ limits: [] });
  await expect(meter.spend(requestOf('publish'))).resolves.toBeUndefined();
  await expect(checkRoom(options, 'publish')).resolves.toBeUndefined();
});

it('looks whether a call fits before its bytes are spent, and spends nothing by it', async () => {
  const { meter, options } = await openBooks();
  await checkRoom(options, 'publish');
  await checkRoom(options, 'publish');
  await meter.spend(requestOf('publish'));
  expect(await failureOf(checkRoom(options, 'publish'))).toMatchObject({ code: 'E_QUOTA' });
});

it('believes what a platform tells of its own limits, and nothing of those it does not have', async () => {
  const { meter, options, store } = await openBooks();
  await meter.learn([
    { bucket: 'posts', used: 1 },
    { bucket: 'unheard of', used: 9 },
  ]);
  expect(await failureOf(checkRoom(options, 'publish'))).toMatchObject({ code: 'E_QUOTA' });
  const unheard = await store.limits.state('account:7', limit('unheard of', 10), T0);
  expect(unheard.used).toBe(0);
});

it('counts a request as of its end where it took longer than its limit gives to requests under way', async () => {
  const limits = [limit('messages', 20, { window: { kind: 'trailing', ms: MINUTE } }), limit('calls', 100)];
  const { clock, store, meter } = await openBooks({ limits, costs: { '*': { messages: 1, calls: 1 } } });
  const spentAt = async () =>
    Promise.all(
      limits.map(async (one) => (await store.limits.ledger('account:7', one, clock.now())).spends[0]?.at),
    );
  const request = requestOf();
  await meter.spend(request);
  clock.advance(3 * SECOND);
  await meter.ended?.(request);
  expect(await spentAt()).toEqual([T0, T0]);
  clock.advance(27 * SECOND);
  await meter.ended?.(request);
  expect(await spentAt()).toEqual([T0 + 30 * SECOND, T0]);
  await meter.ended?.(requestOf());
});

it('spends anew for a second sending where the first spend has grown old, and moves what it spent last', async () => {
  const limits = [limit('messages', 2, { window: { kind: 'trailing', ms: MINUTE } }), limit('calls', 100)];
  const { clock, store, meter } = await openBooks({ limits, costs: { '*': { messages: 1, calls: 1 } } });
  const spends = () =>
    Promise.all(
      limits.map(async (one) => {
        const ledger = await store.limits.ledger('account:7', one, clock.now());
        return ledger.spends.map(({ at }) => (at - T0) / SECOND);
      }),
    );
  const request = requestOf();
  await meter.spend(request);
  await meter.ended?.(request);
  clock.advance(3 * SECOND);
  await meter.again?.(request);
  expect(await spends()).toEqual([[0], [0]]);
  clock.advance(SECOND);
  await meter.again?.(request);
  expect(await spends()).toEqual([[0, 4], [0]]);
  clock.advance(10 * SECOND);
  await meter.ended?.(request);
  expect(await spends()).toEqual([[0, 14], [0]]);
  clock.advance(10 * SECOND);
  expect(await failureOf(meter.again?.(request) ?? Promise.resolve())).toMatchObject({ code: 'E_QUOTA' });
  await meter.again?.(requestOf());
});
