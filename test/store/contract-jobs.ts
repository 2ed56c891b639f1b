import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import type { TracedExchange } from '../../src/core/session.ts';
import type { OpenStore } from './contract.ts';
import { codeOf, exampleAttempt, examplePost, exampleVerdict, openLane, T0 } from './examples.ts';

const exchange: TracedExchange = {
  method: 'POST',
  url: 'https://api.example/videos',
  requestHeaders: { 'content-type': 'application/json' },
  requestBody: '{"title":"…"}',
  status: 503,
  responseHeaders: {},
  responseBody: 'down',
  startedAt: T0,
  endedAt: T0 + 30,
  sentBytes: 15,
  call: 'videos.insert',
};

export function describeJobs(open: OpenStore): void {
  describe('jobs', () => {
    it('end a run by a verdict, with the attempt on record', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      await store.jobs.claim(lane.account.id, T0);
      const error = errorOf(new Failure('E_PLATFORM_DOWN', { message: 'It answered 503.' }));
      const verdict = exampleVerdict('waiting', { error, giveUpAt: T0 + 1e6 });
      const attempt = { ...exampleAttempt('backoff'), error, exchange };
      await store.jobs.settle(id, verdict, attempt, T0 + 10);
      expect(await store.jobs.get(id)).toMatchObject({
        state: 'waiting',
        reason: 'backoff',
        runAt: T0 + 5000,
        attempt: 1,
        giveUpAt: T0 + 1e6,
        error,
        updatedAt: T0 + 10,
        rule: lane.rule.name,
        post: null,
        account: { account: 'youtube:@creator' },
        video: { source: 'tiktok:@creator' },
      });
      const [kept] = await store.jobs.attempts(id);
      expect(kept).toEqual({ ...attempt, id: kept?.id, jobId: id });
      expect(await codeOf(store.jobs.settle(id, verdict, attempt, T0))).toBe('E_WRONG_STATE');
      expect(await store.jobs.attempts(id)).toHaveLength(1);
    });

    it('count the posts since an instant, of all and of one user', async () => {
      const store = await open();
      const [lane, other] = [await openLane(store), await openLane(store, '@other')];
      for (const [where, publishedAt] of [
        [lane, T0],
        [lane, T0 + 1],
        [other, T0 + 2],
      ] as const) {
        const id = await where.addJob();
        await store.jobs.claim(where.account.id, T0);
        await store.jobs.publish(
          id,
          { ...examplePost(`p${publishedAt}`), publishedAt },
          exampleAttempt('published'),
          T0,
        );
      }
      expect(await store.jobs.postCount(T0)).toBe(3);
      expect(await store.jobs.postCount(T0 + 1)).toBe(2);
      expect(await store.jobs.postCount(T0 + 3)).toBe(0);
      expect(await store.jobs.postCount(T0, 'me')).toBe(3);
      expect(await store.jobs.postCount(T0, 'nobody')).toBe(0);
    });

    it('tell which remote ids are posts of theirs on an account', async () => {
      const store = await open();
      const [lane, other] = [await openLane(store), await openLane(store, '@other')];
      for (const [where, postId] of [
        [lane, '7575000000000000123'],
        [other, '7575000000000000456'],
      ] as const) {
        const id = await where.addJob();
        await store.jobs.claim(where.account.id, T0);
        await store.jobs.publish(id, examplePost(postId), exampleAttempt('published'), T0);
      }
      const asked = ['7575000000000000123', '7575000000000000456', '9'];
      expect(await store.jobs.posted(lane.account.id, asked)).toEqual(new Set(['7575000000000000123']));
      expect(await store.jobs.posted(lane.account.id, [])).toEqual(new Set());
    });

    it('forget the steps from a redo on, but never past a commit', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      for (const name of ['create container', 'upload', 'wait']) {
        await store.journal.done(id, name, 'step', '1', T0);
      }
      const redo = exampleVerdict('waiting', { runAt: T0, redoFrom: 'upload' });
      await store.jobs.claim(lane.account.id, T0);
      await store.jobs.settle(id, redo, exampleAttempt('backoff'), T0);
      expect((await store.journal.load(id)).map((row) => row.name)).toEqual(['create container']);
      await store.journal.intend(id, 'publish', T0);
      await store.jobs.claim(lane.account.id, T0);
      const all = { ...redo, redoFrom: 'create container' };
      await store.jobs.settle(id, all, exampleAttempt('backoff'), T0);
      expect(await store.journal.load(id)).toHaveLength(2);
      expect((await store.jobs.get(id))?.state).toBe('waiting');
    });

    it('are published with their post', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      await store.jobs.claim(lane.account.id, T0);
      const post = { ...examplePost('dQw4w9WgXcQ'), url: null, warnings: ['YouTube locked it private'] };
      await store.jobs.publish(id, post, exampleAttempt('published'), T0 + 2000);
      expect(await store.jobs.get(id)).toMatchObject({
        state: 'published',
        reason: null,
        error: null,
        post: { ...post, jobId: id },
      });
      await store.jobs.publish(id, post, exampleAttempt('published'), T0 + 3000);
      const other = store.jobs.publish(id, examplePost('second'), exampleAttempt('published'), T0);
      expect(await codeOf(other)).toBe('E_WRONG_STATE');
      expect((await store.jobs.posts({})).map((job) => job.post?.id)).toEqual(['dQw4w9WgXcQ']);
      for (const act of ['cancel', 'retry'] as const) {
        const again = act === 'retry' ? store.jobs.retry(id, T0) : store.jobs.cancel(id, null, T0);
        expect(await codeOf(again)).toBe('E_WRONG_STATE');
      }
    });

    it('write down a post whatever became of the job meanwhile', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      await store.jobs.cancel(id, null, T0);
      await store.jobs.publish(id, examplePost('abc'), exampleAttempt('published'), T0);
      expect((await store.jobs.get(id))?.state).toBe('published');
    });

    it('are cancelled while they wait; a run only by itself, with the reason', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      await store.jobs.claim(lane.account.id, T0);
      expect(await codeOf(store.jobs.cancel(id, null, T0))).toBe('E_WRONG_STATE');
      const error = errorOf(new Failure('E_SOURCE_GONE'));
      expect(await store.jobs.cancel(id, error, T0)).toMatchObject({
        state: 'cancelled',
        reason: null,
        error,
      });
      expect((await store.jobs.cancel(id, null, T0)).state).toBe('cancelled');
      expect(await codeOf(store.jobs.cancel(99, null, T0))).toBe('E_NOT_FOUND');
    });

    it('are in doubt, not cancelled, once their post was sent', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob({ reason: 'backoff' });
      await store.journal.intend(id, 'publish', T0);
      const job = await store.jobs.cancel(id, null, T0);
      expect([job.state, job.error?.code]).toEqual(['unknown', 'E_UNKNOWN_OUTCOME']);
      expect(await codeOf(store.jobs.cancel(id, null, T0))).toBe('E_WRONG_STATE');
    });

    it('start again when their person says so, with the journal kept', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      await store.journal.done(id, 'upload', 'step', '"u1"', T0);
      await store.jobs.claim(lane.account.id, T0);
      expect(await codeOf(store.jobs.retry(id, T0))).toBe('E_WRONG_STATE');
      const dead = exampleVerdict('dead', {
        attempt: 5,
        giveUpAt: T0,
        error: errorOf(new Failure('E_REFUSED')),
      });
      await store.jobs.settle(id, dead, exampleAttempt('dead'), T0);
      expect(await store.jobs.retry(id, T0 + 7)).toMatchObject({
        state: 'waiting',
        reason: 'ready',
        runAt: T0 + 7,
        attempt: 0,
        giveUpAt: null,
        error: null,
      });
      expect(await store.journal.load(id)).toHaveLength(1);
      const waiting = await lane.addJob({ reason: 'backoff', runAt: T0 + 1e6 });
      expect(await store.jobs.retry(waiting, T0 + 8)).toMatchObject({ reason: 'ready', runAt: T0 + 8 });
      const quota = await lane.addJob({ reason: 'quota', runAt: T0 + 1e6 });
      expect(await codeOf(store.jobs.retry(quota, T0))).toBe('E_WRONG_STATE');
    });

    it('of unknown outcome end by what their person saw', async () => {
      const store = await open();
      const lane = await openLane(store);
      const unknown = async () => {
        const id = await lane.addJob();
        await store.journal.done(id, 'upload', 'step', '"u1"', T0);
        await store.jobs.claim(lane.account.id, T0);
        await store.journal.intend(id, 'publish', T0);
        await store.jobs.settle(id, exampleVerdict('unknown'), exampleAttempt('unknown'), T0);
        return id;
      };
      const seen = await unknown();
      expect(await codeOf(store.jobs.retry(seen, T0))).toBe('E_WRONG_STATE');
      const published = await store.jobs.resolve(seen, { published: examplePost('abc') }, T0);
      expect(published).toMatchObject({ state: 'published', post: { id: 'abc' } });
      expect(await codeOf(store.jobs.resolve(seen, 'not-published', T0))).toBe('E_WRONG_STATE');

      const missing = await unknown();
      const again = await store.jobs.resolve(missing, 'not-published', T0 + 5);
      expect(again).toMatchObject({ state: 'waiting', reason: 'ready', runAt: T0 + 5, attempt: 0 });
      expect((await store.journal.load(missing)).map((row) => row.name)).toEqual(['upload']);

      const answered = await unknown();
      await store.journal.done(answered, 'publish', 'commit', '"abc"', T0);
      await store.jobs.resolve(answered, 'not-published', T0);
      expect(await store.journal.load(answered)).toEqual([]);
    });

    it('wait for approval, with a text of their person’s own', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob({ reason: 'approval' });
      const later = await lane.addJob({ reason: 'approval', runAt: T0 + 100 });
      expect(await store.jobs.approve(id, { body: 'Better' }, T0)).toMatchObject({
        reason: 'ready',
        text: { body: 'Better' },
      });
      expect(await store.jobs.approve(later, null, T0)).toMatchObject({
        reason: 'delay',
        runAt: T0 + 100,
        text: null,
      });
      expect(await codeOf(store.jobs.approve(id, null, T0))).toBe('E_WRONG_STATE');
    });

    it('are listed newest first, by any filter', async () => {
      const store = await open();
      const one = await openLane(store, '@1');
      const two = await openLane(store, '@2');
      const a = await one.addJob();
      const b = await two.addJob({ reason: 'approval' });
      const c = await one.addJob({ user: 'you' });
      await store.jobs.claim(one.account.id, T0);
      const error = errorOf(new Failure('E_QUOTA'));
      await store.jobs.settle(a, exampleVerdict('dead', { error }), exampleAttempt('dead'), T0);
      const ids = async (filter: Parameters<typeof store.jobs.list>[0]) =>
        (await store.jobs.list(filter)).map((job) => job.id);
      expect(await ids({})).toEqual([c, b, a]);
      expect(await ids({ limit: 2 })).toEqual([c, b]);
      expect(await ids({ limit: 2, beforeId: b })).toEqual([a]);
      expect(await ids({ states: ['waiting'] })).toEqual([c, b]);
      expect(await ids({ states: ['waiting', 'dead'] })).toEqual([c, b, a]);
      expect(await ids({ states: ['waiting', 'dead'], limit: 1 })).toEqual([c]);
      expect(await ids({ states: ['published', 'dead'] })).toEqual([a]);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await ids({ reasons: ['approval'] })).toEqual([b]);
      expect(await ids({ ids: [a, b], accountId: one.account.id })).toEqual([a]);
      expect(await ids({ ruleId: two.rule.id })).toEqual([b]);
      expect(await ids({ user: 'you' })).toEqual([c]);
      expect(await ids({ errorClass: 'limit' })).toEqual([a]);
      expect(await ids({ platform: 'x' })).toEqual([]);
      expect(await ids({ platform: 'youtube', since: T0 })).toEqual([c, b, a]);
      expect(await ids({ since: T0 + 1 })).toEqual([]);
      expect((await store.jobs.oldestWaiting())?.id).toBe(b);
    });

    it('give their posts newest first', async () => {
      const store = await open();
      const lane = await openLane(store);
      for (const [index, offset] of [0, 20, 10].entries()) {
        const id = await lane.addJob();
        const post = { ...examplePost(`p${index}`), publishedAt: T0 + offset };
        await store.jobs.publish(id, post, exampleAttempt('published'), T0);
      }
      const posts = async (filter: Parameters<typeof store.jobs.posts>[0]) =>
        (await store.jobs.posts(filter)).map((job) => job.post?.id);
      expect(await posts({})).toEqual(['p1', 'p2', 'p0']);
      expect(await posts({ limit: 1 })).toEqual(['p1']);
      expect(await posts({ since: T0 + 10, platform: 'youtube' })).toEqual(['p1', 'p2']);
      expect(await posts({ accountId: 99 })).toEqual([]);
      expect(await store.jobs.oldestWaiting()).toBeUndefined();
    });
  });
}
