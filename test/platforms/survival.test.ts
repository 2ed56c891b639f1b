import { describe, expect, it } from 'vitest';
import type { MediaFacts } from '../../src/core/media.ts';
import { checkMedia } from '../../src/core/media-rules.ts';
import type { Platform } from '../../src/core/platform.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';
import { registry } from '../../src/platforms/index.ts';
import { linkedin } from '../../src/platforms/linkedin.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { x } from '../../src/platforms/x.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import { drive, giveJob, openWorld, signInTo, startLife, type World } from '../contract/home.ts';

const fine: MediaFacts = {
  container: 'mp4',
  bytes: 5_000_000,
  durationMs: 30_000,
  width: 1080,
  height: 1920,
  videoCodec: 'h264',
  audioCodec: 'aac',
  frameRate: 30,
  bitRate: 1_300_000,
  fastStart: true,
  editList: false,
};

const MINUTE = 60_000;

describe('a file outside of what a platform takes is told with the limit, before a byte is sent', () => {
  it.each([
    ['instagram', { durationMs: 16 * MINUTE }, /length: 16 min.*at most 15 min/u],
    ['facebook', { durationMs: 91_000 }, /length: .*at most/u],
    ['facebook', { width: 480, height: 854 }, /540|960/u],
    ['threads', { durationMs: 6 * MINUTE }, /length: 6 min.*at most 5 min/u],
    ['pinterest', { durationMs: 3000 }, /length: 3 s.*at least 4 s/u],
    ['telegram', { bytes: 51_000_000 }, /size: 51 MB.*at most 50 MB/u],
    ['bluesky', { durationMs: 11 * MINUTE }, /length: 11 min.*at most 10 min/u],
    ['linkedin', { durationMs: 2000 }, /length: 2 s.*at least 3 s/u],
  ] as const)('%s %j', (id, change, words) => {
    const platform = registry.platform(id);
    expect(checkMedia(fine, platform?.media ?? ({} as never)).ok).toBe(true);
    const check = checkMedia({ ...fine, ...change }, platform?.media ?? ({} as never));
    if (check.ok) throw new Error('it was taken');
    expect(check.problems.map(({ message }) => message).join('; ')).toMatch(words);
  });
});

describe('a post that its person deleted', () => {
  const cases: readonly (readonly [Platform, (world: World, id: string) => Promise<unknown>])[] = [
    [linkedin, ({ sandbox }, id) => sandbox.control('linkedin', 'delete', { id })],
    [x, ({ sandbox }, id) => sandbox.control('x', 'delete', { id })],
    [youtube, ({ sandbox }, id) => sandbox.control('youtube', 'remove', { id })],
    [mastodon, ({ sandbox }, id) => sandbox.control('mastodon', 'delete', { id })],
    [bluesky, ({ sandbox }, id) => sandbox.control('bluesky', 'remove', { uri: id })],
  ];

  it.each(cases.map(([platform, remove]) => [platform.name, platform, remove] as const))(
    '%s: is not posted again, by the next life either',
    async (_name, platform, remove) => {
      const world = await openWorld();
      await world.sandbox.control('linkedin', 'quirks', { leastBytes: 1000 });
      const jobId = await giveJob(world, await signInTo(world, platform));
      await drive(world, await startLife(world, { platform }));
      const job = await world.store.jobs.get(jobId);
      expect(job?.state).toBe('published');
      await remove(world, job?.post?.id ?? '');
      const before = world.sandbox.posts().length;

      const next = await startLife(world, { platform });
      await next.engine.recover();
      await drive(world, next);
      expect(world.sandbox.posts()).toHaveLength(before);
      expect((await world.store.jobs.get(jobId))?.state).toBe('published');
    },
  );
});
