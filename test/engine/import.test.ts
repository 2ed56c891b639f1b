import { describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../src/core/clock.ts';
import type { PastPost } from '../../src/core/past-posts.ts';
import { runBackfills } from '../../src/engine/backfill.ts';
import { planImport, runImport } from '../../src/engine/import.ts';
import { makePlan } from '../../src/engine/plan.ts';
import type { SourceRow } from '../../src/store/types.ts';
import { openPlanWorld, type PlanWorld, workOff } from './plan-world.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const post = (daysAgo: number, caption: string, more: Partial<PastPost> = {}): PastPost => ({
  postedAt: NOW - daysAgo * DAY,
  caption,
  photo: false,
  visibility: 'public',
  ...more,
});
const show = (world: PlanWorld, remoteId: string, publishedAt: number, caption: string) =>
  world.items.push({
    remoteId,
    url: `https://www.tiktok.com/@creator/video/${remoteId}`,
    caption,
    publishedAt,
    kind: 'video',
    durationSeconds: 10,
    facts: {},
  });

async function open(): Promise<{ world: PlanWorld; row: () => Promise<SourceRow> }> {
  const world = await openPlanWorld(NOW);
  await world.engine.poll('all');
  world.clock.advance(SECOND);
  return { world, row: async () => (await world.store.sources.get(world.source.id)) ?? world.source };
}

describe('an import', () => {
  it('joins by second and text, and guesses nothing', async () => {
    const world = await openPlanWorld(NOW);
    show(world, '1', NOW - 10 * DAY, 'cut off he…');
    show(world, '2', NOW - 20 * DAY, 'one of two');
    show(world, '3', NOW - 20 * DAY + SECOND, 'two of two');
    show(world, '4', NOW - 30 * DAY, 'same');
    show(world, '5', NOW - 30 * DAY, 'same');
    await world.engine.poll('all');
    const row = await world.store.sources.get(world.source.id);
    const plan = await planImport(world.store, row ?? world.source, [
      post(10, 'cut off here no more'),
      post(20, 'two of two, and more'),
      post(20, 'one of two, and more', { postedAt: NOW - 20 * DAY + 2 * SECOND }),
      post(30, 'same'),
      post(30, 'same'),
      post(40, 'private', { visibility: 'other' }),
      post(41, 'pictures', { photo: true }),
      post(1, 'new'),
      { postedAt: NOW - 50 * DAY, caption: 'nobody says', photo: false },
      post(60, 'old'),
    ]);
    expect(plan.known).toBe(3);
    expect(plan.captions.map(({ video, caption }) => [video.remoteId, caption]).sort()).toEqual([
      ['1', 'cut off here no more'],
      ['2', 'one of two, and more'],
      ['3', 'two of two, and more'],
    ]);
    expect(plan.left.map(({ why }) => why)).toEqual([
      'several videos were published in its second',
      'several videos were published in its second',
      'it was not public',
      'it is a photo post, not a video',
      'it is so new that the next poll takes it, where it is public',
      'TikTok does not show it, and the file does not say whether it is public',
    ]);
    expect(plan.added.map(({ caption }) => caption)).toEqual(['old']);
    await world.store.close();
  });

  it('brings videos that their source shows later under their own ids, and posts them once', async () => {
    const { world, row } = await open();
    const { store, engine, clock, accounts, source } = world;
    await store.rules.add(
      {
        name: 'all',
        user: 'me',
        sourceId: source.id,
        destinations: [{ accountId: accounts[0]?.id ?? 0, options: {} }],
        media: [],
        delayMs: 0,
        approve: false,
        catchUp: { kind: 'all' },
        paused: false,
        startsAt: clock.now(),
        spec: { backfill: { count: 5 }, backfilledAt: clock.now() },
      },
      clock.now(),
    );
    const posts = [post(5, 'five days old, and its whole caption'), post(6, 'six days old')];
    for (let time = 0; time < 2; time += 1) {
      const plan = await planImport(store, await row(), posts);
      expect(plan.added).toHaveLength(time === 0 ? 2 : 0);
      await runImport(store, await row(), plan, clock.now());
      await runBackfills({ ...world.planDeps(), clock, emit: () => undefined }, source.id);
    }
    expect((await store.jobs.counts()).waiting).toBe(2);

    // Made public late: TikTok lists it now, a second off and with a shorter text.
    show(world, '7575000000000000005', NOW - 5 * DAY + SECOND, 'five days old…');
    const fresh = new Map([[source.id, world.items]]);
    const planned = await makePlan(world.planDeps(), { last: 10, fresh });
    expect(planned.posts.map(({ origin }) => origin)).toEqual(['waiting', 'waiting']);
    await engine.poll('all');
    await engine.poll('all');
    const videos = await store.videos.list({ sourceId: source.id });
    expect(videos.map(({ remoteId, caption, jobs }) => [remoteId, caption, jobs])).toEqual([
      ['7575000000000000005', 'five days old, and its whole caption', 1],
      [`export-${NOW / SECOND - 6 * 86_400}`, 'six days old', 1],
    ]);
    await workOff(world);
    expect(world.shown.map(({ remoteId }) => remoteId)).toEqual([
      `export-${NOW / SECOND - 6 * 86_400}`,
      '7575000000000000005',
    ]);
    await store.close();
  });
});
