import { beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../src/core/account.ts';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { readNumbers } from '../../src/engine/numbers.ts';
import { pollSource } from '../../src/engine/watcher.ts';
import { tiktokService, tiktokSource } from '../../src/platforms/tiktok.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import type { SourceRow } from '../../src/store/types.ts';
import { giveJob, type Life, openWorld, signInTo, startLife, type World } from '../contract/home.ts';

describe('posts of a busy agency', () => {
  let world: World;
  let account: Account;
  let life: Life;
  let batches: number[];

  beforeEach(async () => {
    world = await openWorld();
    account = await signInTo(world, youtube);
    batches = [];
    const counted = {
      ...youtube,
      numbers: {
        batch: 50,
        tells: ['views'] as const,
        source: 'https://example.com',
        read: async ({ ids }: { ids: readonly string[] }) => {
          batches.push(ids.length);
          return new Map(ids.map((id) => [id, { views: 1 }]));
        },
      },
    };
    life = await startLife(world, { platform: counted, settings: { numbersEveryMs: 6 * HOUR } });
    for (let n = 0; n < 620; n += 1) {
      const id = await giveJob(world, account);
      await world.store.jobs.claim(account.id, world.clock.now());
      await world.store.jobs.publish(
        id,
        { id: `v${n}`, url: null, publishedAt: world.clock.now(), lagMs: 0, warnings: [] },
        { startedAt: 0, endedAt: 0, outcome: 'published', error: null, exchange: null },
        world.clock.now(),
      );
    }
    await life.engine.readNumbers();
    world.clock.advance(HOUR);
  });

  it('are asked about fifty at a time, and not more than some calls in one look', async () => {
    expect(await life.engine.readNumbers()).toBe(500);
    expect(batches).toEqual(Array(10).fill(50));
    expect(await life.engine.readNumbers()).toBe(120);
    expect(batches.slice(10)).toEqual([50, 50, 20]);
  });

  it('wait while their lane posts, also where it begins in between', async () => {
    expect(await readNumbers(life.deps, { busy: () => true })).toBe(0);
    let asked = 0;
    const busy = () => {
      asked += 1;
      return asked > 3;
    };
    expect(await readNumbers(life.deps, { busy })).toBe(100);
  });
});

describe('originals', () => {
  let world: World;
  let row: SourceRow;
  let life: Life;

  const views = async () => (await world.store.videos.list({}))[0]?.numbers?.views;
  const poll = async () => {
    world.clock.advance(2 * MINUTE);
    row = (await world.store.sources.get(row.id)) as SourceRow;
    await pollSource(life.deps, row);
  };

  beforeEach(async () => {
    world = await openWorld();
    const account = await signInTo(world, tiktokService);
    life = await startLife(world, { platform: youtube, settings: { numbersEveryMs: 6 * HOUR } });
    life.deps.registry = { ...life.deps.registry, service: () => tiktokService, source: () => tiktokSource };
    const place = { kind: 'tiktok', accountId: account.id, locator: null, name: account.account, user: 'me' };
    row = await world.store.sources.add(place, world.clock.now());
  });

  it('bring their numbers with the list of each poll, and cost no call of their own', async () => {
    const { id } = (await world.sandbox.control('tiktok', 'publish', { caption: 'one', views: 10 })) as {
      id: string;
    };
    await poll();
    const lists = world.sandbox.requestCount();
    expect((await world.store.videos.list({}))[0]?.numbers).toMatchObject({
      views: 10,
      likes: 5,
      gone: false,
    });
    await world.sandbox.control('tiktok', 'numbers', { id, views: 2500 });
    await poll();
    expect(await views()).toBe(10);
    expect(world.sandbox.requestCount() - lists).toBe(1);
    world.clock.advance(6 * HOUR);
    await poll();
    expect(await views()).toBe(2500);
    expect(world.sandbox.complaints()).toEqual([]);
  });

  it('are polled as before where no numbers are wanted', async () => {
    await world.sandbox.control('tiktok', 'publish', { caption: 'one' });
    life.deps.settings = { retry: life.deps.settings.retry, concurrency: 8, pollIntervalMs: 60_000 };
    await poll();
    expect((await world.store.videos.list({})).map(({ numbers }) => numbers)).toEqual([null]);
  });
});
