import { describe, expect, it } from 'vitest';
import type { OpenStore } from './contract.ts';
import { exampleAttempt, examplePost, openLane, T0 } from './examples.ts';

export function describeHosted(open: OpenStore): void {
  describe('copies on a public address', () => {
    it('are kept until they are taken away', async () => {
      const store = await open();
      const lane = await openLane(store);
      const jobId = await lane.addJob();
      const id = await store.hosted.add({ jobId, place: 'bucket b', handle: 'sealed:x' }, T0);
      const row = { id, jobId, place: 'bucket b', handle: 'sealed:x', createdAt: T0 };
      expect(await store.hosted.get(id)).toEqual(row);
      expect(await store.hosted.list()).toEqual([row]);
      await store.hosted.remove(id);
      expect(await store.hosted.get(id)).toBeUndefined();
      expect(await store.hosted.list()).toEqual([]);
    });

    it('are needless once their job has ended, or once they are old', async () => {
      const store = await open();
      const lane = await openLane(store);
      const [waiting, published, cancelled] = [await lane.addJob(), await lane.addJob(), await lane.addJob()];
      const ids: number[] = [];
      for (const jobId of [waiting, published, cancelled])
        ids.push(await store.hosted.add({ jobId, place: 'p', handle: `sealed:${jobId}` }, T0));
      const needless = async (before: number) =>
        (await store.hosted.list({ needlessBefore: before })).map(({ id }) => id);
      expect(await needless(T0)).toEqual([]);
      await store.jobs.publish(published, examplePost('p1'), exampleAttempt('published'), T0);
      await store.jobs.cancel(cancelled, null, T0);
      expect(await needless(T0)).toEqual([ids[1], ids[2]]);
      expect(await needless(T0 + 1)).toEqual(ids);
    });
  });
}
