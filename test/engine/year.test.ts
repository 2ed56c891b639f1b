import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/clock.ts';
import type { Window } from '../../src/core/limit.ts';
import type { SourceItem } from '../../src/core/video.ts';
import { planBackfill } from '../../src/engine/backfill.ts';
import { costsOfPost } from '../../src/engine/forecast.ts';
import { flightOf, scopeKey } from '../../src/engine/meter.ts';
import { makePlan, type Plan } from '../../src/engine/plan.ts';
import { openPlanWorld, type PlanWorld, workOff } from './plan-world.ts';

const NOW = Date.UTC(2026, 8, 1, 7);
const VIDEOS = 400;
/** Played to its end: the newest of them, or all by `npm run test:plan`. */
const PLAYED = process.env['REPOST_TEST_LONG'] === '1' ? VIDEOS : 50;

/** A year's posts, a little more than one a day. */
const catalogue = Array.from(
  { length: VIDEOS },
  (_, n): SourceItem => ({
    remoteId: String(7_400_000_000_000_000_000n + BigInt(n)),
    url: `https://www.tiktok.com/@creator/video/${n}`,
    caption: `Day ${n}: something new #daily${n % 7 === 0 ? ' see https://shop.com/new' : ''}`,
    publishedAt: NOW - (VIDEOS - n) * 22 * HOUR,
    kind: 'video',
    durationSeconds: 20 + (n % 40),
    facts: {},
  }),
);

/** The day or the month that an instant is in, as its calendar names it. */
function keyOf(window: Window): (at: number) => string {
  if ('ms' in window) return () => '';
  const { timeZone, kind } = window;
  const form = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  return (at) => form.format(at).slice(0, kind === 'day' ? 10 : 7);
}

/** An account with these videos, and a rule that takes them all, within hours and money. */
async function openYear(videos: readonly SourceItem[]): Promise<PlanWorld> {
  const world = await openPlanWorld(NOW, true);
  const { store, engine, accounts, source, items, clock } = world;
  items.push(...videos);
  await engine.poll('all');
  clock.advance(HOUR);
  await store.rules.add(
    {
      name: 'everything',
      user: 'me',
      sourceId: source.id,
      destinations: accounts.map((account) => ({
        accountId: account.id,
        options: account.platform === 'x' ? { links: 'keep' } : {},
        ...(account.platform === 'youtube' ? { timing: { perDay: 2 } } : {}),
      })),
      media: [],
      delayMs: 0,
      approve: false,
      catchUp: { kind: 'all' },
      paused: false,
      startsAt: clock.now(),
      spec: {
        timing: { timeZone: 'Europe/Rome', windows: ['08:00-22:00'] },
        backfill: { count: videos.length },
      },
    },
    clock.now(),
  );
  // Money: five dollars a month at X.
  const x = accounts.find(({ platform }) => platform === 'x');
  await store.limits.setMax(`account:${x?.id}`, 'money', 500_000);
  return world;
}

describe(`a year’s back catalogue of ${VIDEOS} videos to five platforms`, () => {
  let world: PlanWorld;
  let plan: Plan;

  beforeAll(async () => {
    world = await openYear(catalogue);
  });
  afterAll(() => world.store.close());

  it('is planned in under a second', async () => {
    const times: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      // The processor's time: the clock on the wall also counts what else the machine does.
      const before = process.cpuUsage();
      plan = await makePlan(world.planDeps(), { last: 30 });
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / 1000);
    }
    expect(Math.min(...times)).toBeLessThan(1_000);
    expect(plan.posts).toHaveLength(VIDEOS * world.accounts.length);
    expect(plan.posts.every(({ expectedAt }) => expectedAt !== null)).toBe(true);
  });

  it('keeps every limit of every platform in every window of the plan', () => {
    const breaches: string[] = [];
    const { registry } = world.planDeps();
    for (const account of world.accounts) {
      const platform = registry.platform(account.platform);
      const own = plan.posts.filter((post) => post.account.id === account.id);
      for (const limit of platform?.limits ?? []) {
        const max = limit.bucket === 'money' ? 500_000 : limit.max;
        const spends = own.map(({ expectedAt, text }) => ({
          at: expectedAt ?? 0,
          amount: platform ? (costsOfPost(platform, text)[limit.bucket] ?? 0) : 0,
        }));
        const { window } = limit;
        const key = keyOf(window);
        const named = spends.map((spend) => ({ ...spend, key: key(spend.at) })).sort((x, y) => x.at - y.at);
        for (const [index, { at, key: own }] of named.entries()) {
          let used = 0;
          // Backwards as far as the window reaches; a calendar's window is judged at its last spend.
          for (let n = index; n >= 0; n -= 1) {
            const { at: other, key: theirs, amount } = named[n] ?? { at: 0, key: '', amount: 0 };
            if ('ms' in window ? other <= at - window.ms : theirs !== own) break;
            used += amount;
          }
          if (used > max)
            breaches.push(
              `${account.account} ${limit.bucket}: ${used} of ${max} at ${new Date(at).toISOString()}`,
            );
        }
      }
    }
    expect(breaches).toEqual([]);
  });

  it('says what it costs, and spreads it over the months that the money allows', () => {
    const x = plan.posts.filter(({ account }) => account.platform === 'x');
    const usd = x.reduce((sum, { millicents }) => sum + millicents, 0) / 100_000;
    const withLink = x.filter(({ warnings }) => warnings.includes('x-links')).length;
    expect(withLink).toBe(Math.ceil(VIDEOS / 7));
    expect(usd).toBeCloseTo(withLink * 0.2 + (VIDEOS - withLink) * 0.015, 5);
    const last = Math.max(...x.map(({ expectedAt }) => expectedAt ?? 0));
    expect(last - NOW).toBeGreaterThan(90 * DAY);
    expect(last - NOW).toBeLessThan(365 * DAY);
  });
});

describe(`the last ${PLAYED} of them, played to their end`, () => {
  const videos = catalogue.slice(-PLAYED);

  it('comes out as planned, without one refused spend, in its order', async () => {
    const world = await openYear(videos);
    const plan = await makePlan(world.planDeps(), { last: 30 });
    const { store, engine, clock } = world;
    world.spend = async (account, platform, text) => {
      const costs = costsOfPost(platform, text);
      const spends = platform.limits
        .filter(({ bucket }) => (costs[bucket] ?? 0) > 0)
        .map((limit) => ({
          scopeKey: scopeKey(limit, account),
          limit: { ...limit, flightMs: flightOf(limit.window) },
          amount: costs[limit.bucket] ?? 0,
        }));
      const answer = await store.limits.take(spends, null, clock.now());
      if (!answer.ok) throw new Error(`over the limit: ${answer.title}`);
    };
    await engine.poll('all');
    await workOff(world, 100_000);
    expect((await store.jobs.counts()).published).toBe(PLAYED * world.accounts.length);
    for (const account of world.accounts) {
      const own = world.shown.filter((one) => one.account === account.account);
      expect(own.map(({ remoteId }) => remoteId)).toEqual(videos.map(({ remoteId }) => remoteId));
      const hours = own.map(({ at }) =>
        Number(
          new Intl.DateTimeFormat('en', {
            timeZone: 'Europe/Rome',
            hour: 'numeric',
            hourCycle: 'h23',
          }).format(at),
        ),
      );
      expect(hours.every((hour) => account.platform === 'youtube' || (hour >= 8 && hour < 22))).toBe(true);
    }
    const late = plan.posts.filter((post) => {
      const shown = world.shown.find(
        (one) => one.account === post.account.account && one.remoteId === post.video.remoteId,
      );
      return shown?.at !== post.expectedAt;
    });
    expect(late.length).toBe(0);
    await store.close();
  }, 400_000);
});

describe('a backfill', () => {
  it('leaves a fifth of each limit to what is new', async () => {
    const world = await openPlanWorld(NOW, true);
    const { store, engine, accounts, source, items, clock } = world;
    items.push(...catalogue.slice(0, 100));
    await engine.poll('all');
    clock.advance(HOUR);
    const [account] = accounts;
    const rule = await store.rules.add(
      {
        name: 'all',
        user: 'me',
        sourceId: source.id,
        destinations: [{ accountId: account?.id ?? 0, options: {} }],
        media: [],
        delayMs: 0,
        approve: false,
        catchUp: { kind: 'all' },
        paused: false,
        startsAt: clock.now(),
        spec: {},
      },
      clock.now(),
    );
    const jobs = await planBackfill(world.planDeps(), rule, { count: 100 }, clock.now());
    // YouTube: ten uploads to a channel in 24 hours, of which eight.
    const first = jobs.filter(({ job }) => job.runAt < clock.now() + DAY);
    expect(account?.platform).toBe('youtube');
    expect(first).toHaveLength(8);
    expect(jobs.at(8)?.job.reason).toBe('quota');
    expect(jobs.at(8)?.by).toMatch(/uploads to one channel/);
    await store.close();
  });
});
