import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/clock.ts';
import type { OpenStore } from './contract.ts';
import { addAccount, exampleAttempt, examplePost, openLane, T0 } from './examples.ts';

export function describeNumbers(open: OpenStore): void {
  describe('views and likes', () => {
    /** A lane with posts that came out so long after T0. */
    async function withPosts(...afterMs: readonly number[]) {
      const store = await open();
      const lane = await openLane(store);
      const jobIds: number[] = [];
      for (const after of afterMs) {
        const id = await lane.addJob();
        await store.jobs.claim(lane.account.id, T0);
        const post = { ...examplePost(`p${after}`), publishedAt: T0 + after };
        await store.jobs.publish(id, post, exampleAttempt('published'), T0 + after);
        jobIds.push(id);
      }
      return { store, lane, jobIds, accountId: lane.account.id };
    }
    const all = { since: T0 - DAY, until: T0 + 30 * DAY };

    it('are due some time after a post came out, for accounts that are asked about', async () => {
      const { store, accountId, jobIds } = await withPosts(0, HOUR);
      const other = await addAccount(store, '@other');
      expect(await store.numbers.enrol([other.id], all, HOUR)).toBe(0);
      expect(await store.numbers.enrol([accountId], { since: T0, until: T0 + HOUR }, HOUR)).toBe(1);
      expect(await store.numbers.enrol([accountId], all, HOUR)).toBe(1);
      expect(await store.numbers.enrol([accountId], all, HOUR)).toBe(0);
      const due = async (at: number) => (await store.numbers.due(accountId, at, 9)).map(({ jobId }) => jobId);
      expect(await due(T0 + HOUR - 1)).toEqual([]);
      expect(await due(T0 + HOUR)).toEqual([jobIds[0]]);
      expect(await store.numbers.due(accountId, T0 + DAY, 1)).toEqual([
        { jobId: jobIds[0], postId: 'p0', publishedAt: T0 },
      ]);
      expect(await due(T0 + DAY)).toEqual(jobIds);
      await store.numbers.putOff(accountId, T0 + 2 * DAY);
      expect(await due(T0 + DAY)).toEqual([]);
      expect(await due(T0 + 2 * DAY)).toEqual(jobIds);
    });

    it('stand with the post; a number that is not told is no nought, and what was told before stays', async () => {
      const { store, accountId, jobIds } = await withPosts(0);
      const [jobId = 0] = jobIds;
      await store.numbers.enrol([accountId], all, HOUR);
      const known = async () => (await store.jobs.get(jobId))?.post?.numbers;
      expect(await known()).toBeNull();
      await store.numbers.keep([{ jobId, told: { views: 12, likes: 0 }, nextAt: T0 + DAY }], T0 + HOUR);
      expect(await known()).toEqual({ views: 12, likes: 0, readAt: T0 + HOUR, gone: false });
      await store.numbers.keep([{ jobId, told: { views: 20 }, nextAt: T0 + DAY }], T0 + 2 * HOUR);
      expect(await known()).toEqual({ views: 20, likes: 0, readAt: T0 + 2 * HOUR, gone: false });
      await store.numbers.keep([{ jobId, told: 'gone', nextAt: null }], T0 + 3 * HOUR);
      expect(await known()).toEqual({ views: 20, likes: 0, readAt: T0 + 3 * HOUR, gone: true });
      expect(await store.numbers.due(accountId, T0 + 30 * DAY, 9)).toEqual([]);
      expect((await store.jobs.posts({}))[0]?.post?.numbers).toMatchObject({ views: 20 });
    });

    it('are added up where posts are counted', async () => {
      const { store, accountId, jobIds } = await withPosts(0, HOUR, 3 * DAY);
      await store.numbers.enrol([accountId], all, HOUR);
      const tell = (jobId: number | undefined, told: { views?: number; likes?: number }) =>
        store.numbers.keep([{ jobId: jobId ?? 0, told, nextAt: null }], T0 + 4 * DAY);
      await tell(jobIds[0], { views: 10, likes: 1 });
      await tell(jobIds[1], { views: 5 });
      await tell(jobIds[2], { views: 100 });
      const failed = await (await openLane(store, '@second')).addJob();
      await store.jobs.cancel(failed, null, T0 + HOUR);
      const span = { from: T0, to: T0 + DAY };
      const [total] = await store.analytics.read({ ...span, by: 'total' });
      expect(total).toMatchObject({
        published: 2,
        cancelled: 1,
        numbers: { told: 2, views: 15, likes: 1, comments: null, shares: null },
      });
      for (const by of ['platform', 'account', 'day'] as const)
        expect((await store.analytics.read({ ...span, by }))[0], by).toMatchObject({
          numbers: { views: 15 },
        });
      expect(await store.analytics.read({ ...span, by: 'total', user: 'nobody' })).not.toContainEqual(
        expect.objectContaining({ published: 2 }),
      );
    });

    it('of originals stand with the video', async () => {
      const { store, lane, jobIds } = await withPosts(0);
      const job = await store.jobs.get(jobIds[0] ?? 0);
      const remoteId = job?.video.remoteId ?? '';
      const keep = (views: number, at: number) =>
        store.numbers.keepOriginals(
          lane.source.id,
          [
            { remoteId, numbers: { views, shares: 1 } },
            { remoteId: '404', numbers: { views: 1 } },
          ],
          at,
        );
      expect((await store.videos.get(job?.videoId ?? 0))?.numbers).toBeNull();
      await keep(7, T0);
      await keep(8, T0 + HOUR);
      const numbers = { views: 8, shares: 1, readAt: T0 + HOUR, gone: false };
      expect((await store.videos.get(job?.videoId ?? 0))?.numbers).toEqual(numbers);
      expect((await store.videos.list({}))[0]?.numbers).toEqual(numbers);
    });

    it('are not in the way of rules: those of one source are found by it', async () => {
      const { store, lane } = await withPosts();
      expect((await store.rules.list({ sourceId: lane.source.id })).map(({ id }) => id)).toEqual([
        lane.rule.id,
      ]);
      expect(await store.rules.list({ sourceId: 99 })).toEqual([]);
    });
  });
}
