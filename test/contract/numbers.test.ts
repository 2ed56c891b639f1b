import { beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../src/core/account.ts';
import { DAY, HOUR } from '../../src/core/clock.ts';
import { platformIds } from '../../src/core/names.ts';
import type { Platform } from '../../src/core/platform.ts';
import type { EngineEvent } from '../../src/engine/deps.ts';
import { spendsOf } from '../../src/engine/meter.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { registry } from '../../src/platforms/index.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import { drive, giveJob, type Life, openWorld, signInTo, startLife, type World } from './home.ts';

interface Candidate {
  platform: Platform;
  /** The request that asks. */
  path: RegExp;
  /** Sets what people did with a post. */
  count(world: World, id: string): Promise<unknown>;
  told: object;
  remove(world: World, id: string): Promise<unknown>;
}

const candidates: readonly Candidate[] = [
  {
    platform: youtube,
    path: /^\/youtube\/v3\/videos$/u,
    count: ({ sandbox }, id) => sandbox.control('youtube', 'numbers', { id, views: 1234, likes: 56 }),
    // The owner hides the comments: that is no nought.
    told: { views: 1234, likes: 56 },
    remove: ({ sandbox }, id) => sandbox.control('youtube', 'remove', { id }),
  },
  {
    platform: mastodon,
    path: /^\/api\/v1\/statuses\/\d+$/u,
    count: ({ sandbox }, id) =>
      sandbox.control('mastodon', 'numbers', { id, favourites: 5, reblogs: 2, replies: 1 }),
    told: { likes: 5, comments: 1, shares: 2 },
    remove: ({ sandbox }, id) => sandbox.control('mastodon', 'delete', { id }),
  },
  {
    platform: bluesky,
    path: /getPosts$/u,
    count: ({ sandbox }, uri) =>
      sandbox.control('bluesky', 'numbers', {
        uri,
        likeCount: 7,
        replyCount: 3,
        repostCount: 2,
        quoteCount: 1,
      }),
    told: { likes: 7, comments: 3, shares: 3 },
    remove: ({ sandbox }, uri) => sandbox.control('bluesky', 'remove', { uri }),
  },
];

it('every platform that tells numbers is looked at here', () => {
  const telling = platformIds.flatMap((id) => {
    const platform = registry.platform(id);
    return platform?.numbers ? [platform] : [];
  });
  expect(telling.map(({ id }) => id).sort()).toEqual(candidates.map(({ platform }) => platform.id).sort());
  for (const { numbers } of telling) expect(numbers?.source).toMatch(/^https:/u);
});

describe.each(candidates.map((one) => [one.platform.name, one] as const))('%s', (_name, candidate) => {
  const { platform } = candidate;
  let world: World;
  let account: Account;
  let life: Life;
  let events: EngineEvent[];

  const asked = () => world.sandbox.requests().filter(({ path }) => candidate.path.test(path)).length;
  const numbers = async (jobId: number) => (await world.store.jobs.get(jobId))?.post?.numbers;
  const postOf = async (jobId: number) => (await world.store.jobs.get(jobId))?.post?.id ?? '';

  const notices = () =>
    events.filter((event) => event.kind === 'notice' && /^Views and likes/u.test(event.message));

  async function publish(): Promise<number> {
    const id = await giveJob(world, account, `Ride ${Math.random()}`);
    await drive(world, life);
    expect((await world.store.jobs.get(id))?.state).toBe('published');
    return id;
  }

  /** How many requests a look makes. */
  async function look(): Promise<number> {
    const before = asked();
    await life.engine.readNumbers();
    return asked() - before;
  }

  beforeEach(async () => {
    world = await openWorld();
    account = await signInTo(world, platform);
    events = [];
    life = await startLife(world, { platform, settings: { numbersEveryMs: 6 * HOUR } });
    life.deps.emit = (event) => void events.push(event);
  });

  it('tells the numbers of a post, by the rights that publishing has', async () => {
    const id = await publish();
    await candidate.count(world, await postOf(id));
    expect(await look()).toBe(0);
    world.clock.advance(HOUR);
    expect(await look()).toBe(1);
    expect(await numbers(id)).toEqual({ ...candidate.told, readAt: world.clock.now(), gone: false });
    expect(world.sandbox.complaints()).toEqual([]);
  });

  it('is asked often while a post is young, and never after thirty days', async () => {
    await publish();
    const reads: number[] = [];
    const start = world.clock.now();
    for (let hour = 1; hour <= 40 * 24; hour += 1) {
      world.clock.advance(HOUR);
      if ((await look()) > 0) reads.push(Math.round((world.clock.now() - start) / HOUR));
    }
    expect(reads.filter((hour) => hour <= 48)).toHaveLength(8);
    expect(reads.filter((hour) => hour > 48 && hour <= 168)).toHaveLength(5);
    expect(reads.at(-1)).toBeLessThanOrEqual(30 * 24);
    expect(reads.length).toBeLessThan(25);
  });

  it('keeps the last numbers of a post that is deleted', async () => {
    const [kept, deleted] = [await publish(), await publish()];
    for (const id of [kept, deleted]) await candidate.count(world, await postOf(id));
    world.clock.advance(HOUR);
    await look();
    await candidate.remove(world, await postOf(deleted));
    world.clock.advance(6 * HOUR);
    await look();
    expect(await numbers(kept)).toMatchObject({ ...candidate.told, gone: false });
    expect(await numbers(deleted)).toMatchObject({ ...candidate.told, gone: true });
  });

  it('is not asked where four fifths of a limit are used, and publishing still has the rest', async () => {
    const id = await publish();
    world.clock.advance(HOUR);
    const calls = { youtube: 'videos.list', mastodon: 'statuses', bluesky: 'getPosts' } as const;
    const call = calls[platform.id as keyof typeof calls];
    const spends = spendsOf(platform, account, call);
    for (const spend of spends)
      await world.store.limits.take(
        [{ ...spend, amount: Math.floor(spend.limit.max * 0.8) }],
        null,
        world.clock.now(),
      );
    // What costs nothing is asked all the same.
    expect(await look()).toBe(spends.length === 0 ? 1 : 0);
    if (spends.length > 0) expect(await numbers(id)).toBeNull();
    await publish();
    expect(notices()).toEqual([]);
  });

  it('that refuses is told of once, and no job takes notice', async () => {
    await publish();
    world.clock.advance(HOUR);
    world.sandbox.faults.add({
      path: candidate.path.source,
      action: { kind: 'status', status: 403, body: { error: 'no' } },
    });
    for (let day = 0; day < 5; day += 1) {
      expect(await look()).toBeLessThanOrEqual(2);
      world.clock.advance(DAY);
    }
    // Bluesky's public view knows nobody: whatever it refuses, no person's doing ends it.
    expect(notices()).toHaveLength(platform === bluesky ? 0 : 1);
    world.sandbox.faults.clear();
    expect(await world.store.jobs.counts()).toMatchObject({ published: 1, dead: 0, waiting: 0 });
    expect((await world.store.accounts.get(account.id))?.status).toBe('ok');
    await look();
    const [key] = await world.store.meta.keys('numbers.refused.');
    expect(key).toBeUndefined();
  });

  it('that is down or talks nonsense is asked again an hour later', async () => {
    const id = await publish();
    for (const action of [{ kind: 'status', status: 503 }, { kind: 'garbage' }] as const) {
      world.clock.advance(HOUR);
      world.sandbox.faults.add({ path: candidate.path.source, action });
      expect(await look()).toBeGreaterThan(0);
      expect(await look()).toBe(0);
      world.sandbox.faults.clear();
    }
    world.clock.advance(HOUR);
    expect(await look()).toBe(1);
    expect(await numbers(id)).toMatchObject({ gone: false });
    expect(notices()).toEqual([]);
  });

  it('is left alone where the setting is off, the account is paused, or the end has come', async () => {
    await publish();
    world.clock.advance(HOUR);
    const stopped = new AbortController();
    stopped.abort();
    expect(await life.engine.readNumbers(stopped.signal)).toBe(0);
    await world.store.accounts.update(account.id, { paused: true }, world.clock.now());
    expect(await look()).toBe(0);
    await world.store.accounts.update(account.id, { paused: false }, world.clock.now());
    life.deps.settings = { retry: life.deps.settings.retry, concurrency: 8, pollIntervalMs: 60_000 };
    expect(await look()).toBe(0);
  });
});
