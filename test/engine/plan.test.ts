import { afterAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import type { Filter } from '../../src/core/filter.ts';
import type { Timing } from '../../src/core/timing.ts';
import type { SourceItem } from '../../src/core/video.ts';
import { makePlan, type Plan } from '../../src/engine/plan.ts';
import type { NewRule } from '../../src/store/types.ts';
import { type Random, randomOf } from '../sim/random.ts';
import { openPlanWorld, type PlanWorld, workOff } from './plan-world.ts';

/** Near a change of the clocks in Rome and New York, where mistakes live. */
const START = Date.UTC(2026, 9, 23, 12);

const words = [
  'pasta',
  'soup',
  'ride',
  'sunset',
  '@anna',
  '$TSLA',
  'https://shop.example/x',
  '🔥🔥',
  'ein',
  'Über',
  'x'.repeat(120),
];
const tags = ['#food', '#ad', '#bike', '#हिन्दी', '#fyp', '#norepost'];
const zones = ['Europe/Rome', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];

function captionOf(random: Random): string {
  const some = (from: readonly string[], most: number) =>
    Array.from({ length: random.between(0, most) }, () => random.pick(from));
  const rare = random.chance(0.9) ? tags.slice(0, -1) : tags;
  return [...some(words, 8), ...some(rare, 4)].join(random.chance(0.2) ? '\n' : ' ');
}

let items = 0;

function itemOf(random: Random, publishedAt: number): SourceItem {
  items += 1;
  const duration = random.pick([0, 4, 12, 45, 75, 170, 700]);
  return {
    remoteId: String(7_575_000_000_000_000_000n + BigInt(items)),
    url: `https://www.tiktok.com/@creator/video/${items}`,
    caption: captionOf(random),
    publishedAt,
    kind: random.chance(0.9) ? 'video' : 'photo',
    ...(duration > 0 ? { durationSeconds: duration } : {}),
    ...(random.chance(0.8)
      ? { width: random.pick([576, 1080]), height: random.pick([576, 1024, 1920]) }
      : {}),
    ...(random.chance(0.5) ? { aiGenerated: random.chance(0.5) } : {}),
    facts: random.chance(0.3) ? { language: random.pick(['en', 'de-DE']), pinned: random.chance(0.5) } : {},
  };
}

function filterOf(random: Random, depth = 0): Filter {
  const leaf = random.pick<Filter>([
    { caption: 'pasta' },
    { caption: ['soup', 'Ride'] },
    { hashtags: ['food', '#bike'] },
    { not: { hashtags: 'ad' } },
    { pattern: '(pasta|soup)\\b' },
    { minDuration: '10s' },
    { maxDuration: 60 },
    { aspect: 'vertical' },
    { aiGenerated: false },
    { pinned: false },
    { language: 'en' },
    { publishedAfter: '2026-10-20' },
  ]);
  if (depth > 2 || random.chance(0.6)) return leaf;
  const parts = Array.from({ length: random.between(1, 3) }, () => filterOf(random, depth + 1));
  return random.pick<Filter>([
    { any: parts },
    { all: parts },
    { not: parts[0] ?? {} },
    { ...leaf, any: parts },
  ]);
}

function timingOf(random: Random): Timing {
  return {
    timeZone: random.pick(zones),
    ...(random.chance(0.3) ? { gap: random.pick(['10m', '1h', '5h']) } : {}),
    ...(random.chance(0.2) ? { perDay: random.between(1, 3) } : {}),
    ...random.pick<Timing>([
      {},
      { slots: ['02:30', '09:00', '18:15'] },
      { slots: ['01:45'] },
      { windows: ['Mon-Fri 09:00-17:00'] },
      { windows: ['22:00-02:30', 'Sun 10:00-12:00'] },
    ]),
  };
}

const captions = [
  '{caption}',
  '{title} {hashtags}',
  '{text|truncate:40} {url}',
  '{caption|strip_mentions|strip_links|upper}',
  '{date} {handle}',
];

function ruleOf(random: Random, { accounts, source }: PlanWorld, number: number, now: number): NewRule {
  const chosen = accounts.filter(() => random.chance(0.5));
  const backfill = random.chance(0.2) ? { count: random.between(1, 6) } : undefined;
  return {
    name: `rule-${number}`,
    user: 'me',
    sourceId: source.id,
    destinations: (chosen.length > 0 ? chosen : accounts.slice(0, 1)).map(({ id }) => ({
      accountId: id,
      options: random.chance(0.2) ? { links: 'keep' } : {},
      ...(random.chance(0.2) ? { caption: random.pick(captions) } : {}),
      ...(random.chance(0.2)
        ? { timing: random.pick<Timing>([{ delay: '2h' }, { gap: '3h' }, { slots: ['12:00'] }]) }
        : {}),
    })),
    media: [],
    ...(random.chance(0.7) ? { caption: random.pick(captions) } : {}),
    ...(random.chance(0.3) ? { title: random.pick(['{title|truncate:20}', 'Part {id}']) } : {}),
    delayMs: random.pick([0, 0, 15 * MINUTE, 3 * HOUR]),
    approve: random.chance(0.15),
    catchUp: random.pick([{ kind: 'all' }, { kind: 'newest', count: 2 }, { kind: 'none' }]),
    paused: random.chance(0.1),
    startsAt: now,
    spec: {
      ...(random.chance(0.6) ? { filter: filterOf(random) } : {}),
      ...(random.chance(0.6) ? { timing: timingOf(random) } : {}),
      ...(backfill ? { backfill } : {}),
    },
  };
}

const RULES = 4;
const VIDEOS = 10;
/** Ten thousand cases by `npm run test:plan`; two thousand in every run of the tests. */
const WORLDS = process.env['REPOST_TEST_LONG'] === '1' ? 250 : 50;
let cases = 0;

/** Old videos that a first poll only notes; rules; new videos, after a short or a long silence. */
async function stage(seed: number): Promise<PlanWorld> {
  const random = randomOf(seed, 'plan');
  const world = await openPlanWorld(START + random.between(0, 5 * 24) * HOUR);
  const { clock, store, engine } = world;
  for (let n = random.between(0, 5); n > 0; n -= 1)
    world.items.push(itemOf(random, clock.now() - random.between(1, 60) * DAY));
  if (random.chance(0.8)) await engine.poll('all');
  clock.advance(MINUTE);
  for (let n = 1; n <= RULES; n += 1)
    await store.rules.add(ruleOf(random, world, n, clock.now()), clock.now());
  clock.advance(random.pick([MINUTE, 2 * HOUR]));
  for (let n = world.items.length; n < VIDEOS; n += 1)
    world.items.push(itemOf(random, clock.now() - random.between(0, 90) * MINUTE));
  return world;
}

async function planOf(world: PlanWorld): Promise<Plan> {
  const { store, source, items: shown } = world;
  const known = await store.videos.known(source.id, []);
  const fresh = shown
    .filter((item) => !known.has(item.remoteId))
    .sort((a, b) => b.publishedAt - a.publishedAt);
  return makePlan(world.planDeps(), { last: 100, fresh: new Map([[source.id, fresh]]) });
}

const isPost = (account: string, remoteId: string) => (post: Plan['posts'][number]) =>
  post.account.account === account && post.video.remoteId === remoteId;
const keyOf = (account: string, remoteId: string) => `${account} ${remoteId}`;

describe('the plan and the engine', () => {
  afterAll(() => expect(cases).toBeGreaterThanOrEqual(WORLDS * RULES * VIDEOS));

  it.each(Array.from({ length: 10 }, (_, index) => index))(
    'agree for any rule and any video on whether, where, when and with which text (%i)',
    async (tenth) => {
      for (let seed = tenth; seed < WORLDS; seed += 10) {
        const world = await stage(seed);
        const { store, engine, source } = world;
        const plan = await planOf(world);
        await engine.poll('all');

        const jobs = await store.jobs.list({ limit: 1000 });
        const made = jobs.map((job) => [
          keyOf(job.account.account, job.video.remoteId),
          job.rule,
          job.reason,
          job.runAt,
        ]);
        const planned = plan.posts.map((post) => [
          keyOf(post.account.account, post.video.remoteId),
          post.rule?.name,
          post.reason,
          post.runAt,
        ]);
        expect(planned.sort(), `seed ${seed}`).toEqual(made.sort());

        const videos = await store.videos.list({ sourceId: source.id, limit: 100 });
        for (const video of videos) {
          for (const { rule, why } of video.skipped) {
            const told = plan.skipped.find(
              (entry) => entry.rule === rule && entry.video.remoteId === video.remoteId,
            );
            const taken = jobs.some((job) => job.rule === rule && job.video.remoteId === video.remoteId);
            expect(told?.why ?? (taken ? why : 'nothing'), `seed ${seed}: ${video.remoteId} by ${rule}`).toBe(
              why,
            );
          }
        }

        await workOff(world);
        for (const { account, remoteId, at } of world.shown) {
          const post = plan.posts.find(isPost(account, remoteId));
          expect(at, `seed ${seed}: ${remoteId} to ${account}`).toBe(post?.expectedAt);
        }
        // What a person lets through comes out too, with the text that was shown.
        for (const job of jobs)
          if (job.reason === 'approval') await store.jobs.approve(job.id, null, world.clock.now());
        await workOff(world);
        for (const { account, remoteId, text } of world.shown)
          expect(plan.posts.find(isPost(account, remoteId))?.text, `seed ${seed}`).toEqual(text);
        const due = plan.posts.filter(({ reason, stopped }) => reason !== 'paused' && stopped === undefined);
        expect(
          world.shown.map(({ account, remoteId }) => keyOf(account, remoteId)).sort(),
          `seed ${seed}`,
        ).toEqual(due.map((post) => keyOf(post.account.account, post.video.remoteId)).sort());
        cases += RULES * VIDEOS;
        await store.close();
      }
    },
    120_000,
  );
});
