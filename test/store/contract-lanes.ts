import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/core/clock.ts';
import type { WaitReason } from '../../src/core/failure.ts';
import type { OpenStore } from './contract.ts';
import { limitOf } from './contract-limits.ts';
import { exampleAttempt, examplePost, exampleVerdict, openLane, T0 } from './examples.ts';

export function describeLanes(open: OpenStore): void {
  describe('lanes', () => {
    it('are due by their head, the longest waiting first', async () => {
      const store = await open();
      const [one, two, three] = [
        await openLane(store, '@1'),
        await openLane(store, '@2'),
        await openLane(store, '@3'),
      ];
      await one.addJob({ runAt: T0 + 3 });
      await one.addJob({ runAt: T0 + 9 });
      await two.addJob({ runAt: T0 + 1 });
      await three.addJob({ runAt: T0 + 5 });
      expect(await store.jobs.dueLanes(T0, [])).toEqual([]);
      expect(await store.jobs.dueLanes(T0 + 3, [])).toEqual([two.account.id, one.account.id]);
      expect(await store.jobs.dueLanes(T0 + 9, [two.account.id])).toEqual([one.account.id, three.account.id]);
      await store.accounts.update(one.account.id, { paused: true }, T0);
      expect(await store.jobs.dueLanes(T0 + 9, [])).toEqual([two.account.id, three.account.id]);
    });

    it('give their jobs by time, then by age', async () => {
      const store = await open();
      const lane = await openLane(store);
      const late = await lane.addJob({ runAt: T0 + 2 });
      const first = await lane.addJob({ runAt: T0 + 1 });
      const second = await lane.addJob({ runAt: T0 + 1 });
      const claimed = [];
      for (let job = await store.jobs.claim(lane.account.id, T0 + 2); job; ) {
        claimed.push([job.id, job.state, job.reason]);
        await store.jobs.settle(job.id, exampleVerdict('dead'), exampleAttempt('dead'), T0);
        job = await store.jobs.claim(lane.account.id, T0 + 2);
      }
      expect(claimed).toEqual([first, second, late].map((id) => [id, 'running', null]));
    });

    it('never hand out one job twice, however many ask at once', async () => {
      const store = await open();
      const lane = await openLane(store);
      for (let n = 0; n < 3; n += 1) await lane.addJob();
      const ids: number[] = [];
      for (let n = 0; n < 4; n += 1) {
        const claims = await Promise.all(
          Array.from({ length: 10 }, () => store.jobs.claim(lane.account.id, T0)),
        );
        const claimed = claims.flatMap((job) => (job ? [job.id] : []));
        ids.push(...claimed);
        for (const id of claimed)
          await store.jobs.settle(id, exampleVerdict('dead'), exampleAttempt('dead'), T0);
      }
      expect(ids).toHaveLength(3);
      expect(new Set(ids).size).toBe(3);
    });

    it('run one job at a time', async () => {
      const store = await open();
      const lane = await openLane(store);
      const [first, second] = [await lane.addJob(), await lane.addJob()];
      expect((await store.jobs.claim(lane.account.id, T0))?.id).toBe(first);
      expect(await store.jobs.claim(lane.account.id, T0)).toBeUndefined();
      expect([await store.jobs.dueLanes(T0, []), await store.jobs.nextRunAt(T0)]).toEqual([[], null]);
      await store.jobs.publish(first, examplePost('p1'), exampleAttempt('published'), T0);
      expect(await store.jobs.dueLanes(T0, [])).toEqual([lane.account.id]);
      expect((await store.jobs.claim(lane.account.id, T0))?.id).toBe(second);
    });

    it('go on as soon as somebody says that the sign-in is good again, whoever held them up', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      await store.accounts.update(lane.account.id, { status: 'ok' }, T0);
      await store.jobs.hold(lane.account.id, ['ready'], 'login', T0, T0);
      await store.accounts.update(lane.account.id, { name: 'New name' }, T0 + 1);
      expect(await store.jobs.get(id)).toMatchObject({ reason: 'login' });
      await store.accounts.update(lane.account.id, { status: 'ok' }, T0 + 2);
      expect(await store.jobs.get(id)).toMatchObject({ state: 'waiting', reason: 'ready', runAt: T0 + 2 });
    });

    it('give nothing for a paused account', async () => {
      const store = await open();
      const lane = await openLane(store);
      await lane.addJob();
      await store.accounts.update(lane.account.id, { paused: true }, T0);
      expect(await store.jobs.claim(lane.account.id, T0)).toBeUndefined();
      expect(await store.jobs.nextRunAt(T0)).toBeNull();
    });

    it.each<WaitReason>(['approval', 'login', 'paused'])(
      'never come due by a job that waits for %s',
      async (reason) => {
        const store = await open();
        const lane = await openLane(store);
        await lane.addJob({ reason });
        expect(await store.jobs.dueLanes(T0 + 1e9, [])).toEqual([]);
        expect(await store.jobs.claim(lane.account.id, T0 + 1e9)).toBeUndefined();
        expect(await store.jobs.nextRunAt(T0)).toBeNull();
        const ready = await lane.addJob({ runAt: T0 + 7 });
        expect(await store.jobs.nextRunAt(T0)).toBe(T0 + 7);
        expect((await store.jobs.claim(lane.account.id, T0 + 7))?.id).toBe(ready);
      },
    );

    it('say when the next job comes due, also in the past, and without those that are busy', async () => {
      const store = await open();
      expect(await store.jobs.nextRunAt(T0)).toBeNull();
      const [one, two] = [await openLane(store, '@1'), await openLane(store, '@2')];
      await one.addJob({ runAt: T0 - 5 });
      await two.addJob({ runAt: T0 + 5 });
      expect(await store.jobs.nextRunAt(T0)).toBe(T0 - 5);
      expect(await store.jobs.nextRunAt(T0, [one.account.id])).toBe(T0 + 5);
    });

    it('get back what was running when the process died', async () => {
      const store = await open();
      const lanes = [await openLane(store), await openLane(store, '@other')];
      const ids: number[] = [];
      for (const lane of [...lanes, ...lanes]) ids.push(await lane.addJob());
      for (const lane of lanes) await store.jobs.claim(lane.account.id, T0);
      expect(await store.jobs.recover(T0 + 50)).toEqual(ids.slice(0, 2));
      expect(await store.jobs.get(ids[0] ?? 0)).toMatchObject({
        state: 'waiting',
        reason: 'ready',
        runAt: T0 + 50,
        attempt: 0,
      });
      expect(await store.jobs.recover(T0 + 60)).toEqual([]);
    });

    it('know nothing of when a request left before the process died, but that it was before now', async () => {
      const store = await open();
      const [lane, other] = [await openLane(store), await openLane(store, '@other')];
      const [died, lost] = [await lane.addJob(), await other.addJob()];
      for (const { account } of [lane, other]) await store.jobs.claim(account.id, T0);
      for (const id of [died, lost]) await store.journal.intend(id, 'publish', T0);
      await store.jobs.release(lost, T0 + 5, T0 + 3);
      await store.jobs.recover(T0 + 50);
      expect(await store.journal.load(lost)).toMatchObject([{ firstSentAt: T0, latestAt: T0 + 3 }]);
      expect(await store.journal.load(died)).toMatchObject([{ firstSentAt: T0, latestAt: T0 + 50 }]);
      // A clock that is behind now makes nothing earlier than it was.
      await store.jobs.claim(lane.account.id, T0 + 50);
      await store.jobs.recover(T0 - 50);
      expect(await store.journal.load(died)).toMatchObject([{ firstSentAt: T0, latestAt: T0 + 50 }]);
    });

    it('count what a dead process spent last as spent when it was found dead', async () => {
      const store = await open();
      const [lane, other] = [await openLane(store), await openLane(store, '@other')];
      const [died, waits] = [await lane.addJob(), await other.addJob()];
      await store.jobs.claim(lane.account.id, T0);
      const limit = limitOf({ kind: 'trailing', ms: HOUR }, 10);
      const spend = (id: number, at: number) =>
        store.limits.take([{ scopeKey: 'account:1', limit, amount: 1 }], id, at);
      for (const [id, at] of [
        [died, T0],
        [died, T0 + 5000],
        [waits, T0 + 6000],
      ] as const)
        await spend(id, at);
      await store.jobs.recover(T0 + 7000);
      const instants = async () =>
        (await store.limits.ledger('account:1', limit, T0 + 9000)).spends.map(({ at }) => at);
      expect(await instants()).toEqual([T0, T0 + 6000, T0 + 65_000]);
      for (const { account } of [lane, other]) await store.jobs.claim(account.id, T0 + HOUR / 2);
      await store.jobs.recover(T0 + HOUR / 2);
      expect(await instants()).toEqual([T0, T0 + HOUR / 2, T0 + HOUR / 2]);
    });

    it('get back one job whose run could not be written down', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      await store.jobs.release(id, T0 + 5, T0);
      expect(await store.jobs.get(id)).toMatchObject({ reason: 'ready', runAt: T0 });
      await store.jobs.claim(lane.account.id, T0);
      await store.jobs.release(id, T0 + 5, T0);
      expect(await store.jobs.get(id)).toMatchObject({ state: 'waiting', reason: 'backoff', runAt: T0 + 5 });
    });

    it('are held and let go by reason', async () => {
      const store = await open();
      const lane = await openLane(store);
      const other = await openLane(store, '@other');
      const ready = await lane.addJob();
      const approval = await lane.addJob({ reason: 'approval' });
      const foreign = await other.addJob();
      const { id } = lane.account;
      expect(await store.jobs.hold(id, ['ready', 'backoff'], 'login', T0 + 1, T0)).toBe(1);
      expect(await store.jobs.get(ready)).toMatchObject({ reason: 'login', runAt: T0 + 1 });
      expect((await store.jobs.get(approval))?.reason).toBe('approval');
      expect((await store.jobs.get(foreign))?.reason).toBe('ready');
      expect(await store.jobs.hold(id, ['login'], 'ready', T0 + 2, T0)).toBe(1);
      expect((await store.jobs.claim(id, T0 + 2))?.id).toBe(ready);
    });

    it('are paused and resumed by rule, and what needs approval asks again', async () => {
      const store = await open();
      const lane = await openLane(store);
      const ready = await lane.addJob();
      const later = await lane.addJob({ reason: 'delay', runAt: T0 + 99 });
      const backoff = await lane.addJob({ reason: 'backoff' });
      expect(await store.jobs.holdRule(lane.rule.id, true, T0)).toBe(2);
      expect((await store.jobs.get(backoff))?.reason).toBe('backoff');
      expect(await store.jobs.holdRule(lane.rule.id, false, T0)).toBe(2);
      expect((await store.jobs.get(ready))?.reason).toBe('ready');
      expect((await store.jobs.get(later))?.reason).toBe('delay');
      await store.jobs.holdRule(lane.rule.id, true, T0);
      await store.rules.replace({ ...lane.rule, approve: true }, T0);
      await store.jobs.holdRule(lane.rule.id, false, T0);
      expect((await store.jobs.get(ready))?.reason).toBe('approval');
    });

    it('show the newest job that a reason holds in each, of all or of one user', async () => {
      const store = await open();
      const [one, two] = [await openLane(store, '@1'), await openLane(store, '@2')];
      await one.addJob({ reason: 'approval' });
      const newest = await one.addJob({ reason: 'approval' });
      await one.addJob();
      const other = await two.addJob({ reason: 'approval' });
      const held = async (user?: string) =>
        (await store.jobs.heldLanes('approval', user)).map(({ id }) => id);
      expect([await held(), await held('me'), await held('nobody')]).toEqual([
        [other, newest],
        [other, newest],
        [],
      ]);
      expect(await store.jobs.heldLanes('quota')).toEqual([]);
    });

    it('keep their counts through every change of state', async () => {
      const store = await open();
      const lane = await openLane(store);
      const nothing = { waiting: 0, running: 0, published: 0, unknown: 0, dead: 0, cancelled: 0 };
      expect(await store.jobs.counts()).toEqual(nothing);
      const ids = [await lane.addJob(), await lane.addJob(), await lane.addJob({ reason: 'approval' })];
      await store.jobs.claim(lane.account.id, T0);
      expect(await store.jobs.counts()).toEqual({ ...nothing, waiting: 2, running: 1 });
      expect(await store.jobs.waitingByReason()).toEqual({ ready: 1, approval: 1 });
      await store.jobs.settle(ids[0] ?? 0, exampleVerdict('dead'), exampleAttempt('dead'), T0);
      await store.jobs.cancel(ids[1] ?? 0, null, T0);
      expect(await store.jobs.counts()).toEqual({ ...nothing, waiting: 1, dead: 1, cancelled: 1 });
      expect(await store.jobs.waitingByReason()).toEqual({ approval: 1 });
    });
  });
}
