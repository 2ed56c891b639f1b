import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import type { Holder } from '../../src/store/types.ts';
import type { OpenStore } from './contract.ts';
import { limitOf } from './contract-limits.ts';
import { codeOf, exampleAttempt, examplePost, exampleVerdict, openLane, T0 } from './examples.ts';

const holderOf = (host: string, instance = `${host} 1`): Holder => ({ host, instance, leaseMs: MINUTE });
const [a, b] = [holderOf('a'), holderOf('b')];
const enter = ({ host, instance }: Holder) => ({ name: host, instance, version: '1.0.0' });

export function describeHosts(open: OpenStore): void {
  describe('hosts', () => {
    /** Two hosts, and a job that `a` runs. */
    const openRun = async () => {
      const store = await open();
      for (const holder of [a, b]) await store.hosts.enter(enter(holder), T0);
      const lane = await openLane(store);
      const id = await lane.addJob();
      const job = await store.jobs.claim(lane.account.id, T0, a);
      expect(job).toMatchObject({ id, holder: 'a', sender: null });
      return { store, lane, id, accountId: lane.account.id };
    };

    it('are listed with what they hold, and told to end', async () => {
      const { store, id } = await openRun();
      const [first] = await store.hosts.list();
      expect(first).toEqual({
        name: 'a',
        instance: 'a 1',
        version: '1.0.0',
        startedAt: T0,
        seenAt: T0,
        draining: false,
        skewMs: 0,
        running: 1,
        doubts: 0,
      });
      expect(await store.hosts.drain('a', true)).toBe(true);
      expect(await store.hosts.drain('nobody', true)).toBe(false);
      expect(await store.hosts.beat(a, [id], T0 + 5)).toMatchObject({
        leaseUntil: T0 + 5 + MINUTE,
        draining: true,
        jobs: [id],
      });
      expect((await store.hosts.list())[0]).toMatchObject({ draining: true, seenAt: T0 + 5 });
    });

    it('keep a job while they give signs of life, and lose it without', async () => {
      const { store, id, accountId } = await openRun();
      await store.hosts.beat(a, [id], T0 + 50_000);
      expect(await store.jobs.holds(id, a, T0 + 100_000)).toBe(true);
      expect(await store.jobs.holds(id, b, T0)).toBe(false);
      expect(await store.jobs.recover(T0 + 100_000, b)).toEqual([]);
      const over = T0 + 50_000 + MINUTE;
      expect(await store.jobs.holds(id, a, over)).toBe(false);
      expect(await store.jobs.recover(over, b)).toEqual([id]);
      // Nothing was sent: whoever takes it now may do all.
      expect(await store.jobs.claim(accountId, over, b)).toMatchObject({ id, holder: 'b', sender: null });
      expect(await codeOf(store.journal.intend(id, 'publish', over, a))).toBe('E_LEASE_LOST');
      expect(await store.journal.load(id)).toEqual([]);
      const late = store.jobs.settle(id, exampleVerdict('dead'), exampleAttempt('dead'), over, a);
      expect(await codeOf(late)).toBe('E_WRONG_STATE');
      await store.jobs.release(id, over, over, a);
      expect(await store.jobs.holds(id, b, over)).toBe(true);
      await store.journal.intend(id, 'publish', over, b);
    });

    it('lose a job that they hold and know nothing of: the answer to its claim was lost', async () => {
      const { store, id } = await openRun();
      expect(await store.hosts.beat(a, [], T0 + 50_000)).toMatchObject({ jobs: [] });
      expect(await store.jobs.recover(T0 + 50_000, a)).toEqual([]);
      expect(await store.jobs.recover(T0 + MINUTE, a)).toEqual([id]);
    });

    it('say that a run has ended which they had lost: what they sent may be sent again', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      await store.jobs.recover(T0 + HOUR, b);
      await store.jobs.claim(accountId, T0 + HOUR, b);
      await store.jobs.release(id, T0 + 2 * HOUR, T0 + 2 * HOUR, a);
      expect(await store.jobs.get(id)).toMatchObject({ state: 'running', holder: 'b', sender: null });
      expect(await store.journal.load(id)).toMatchObject([{ latestAt: T0 + 2 * HOUR }]);
    });

    it('answer for what they sent after another took its own back', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      await store.jobs.recover(T0 + HOUR, b);
      await store.jobs.claim(accountId, T0 + HOUR, b);
      await store.journal.withdraw(id, 'publish', T0 + HOUR, T0);
      await store.journal.intend(id, 'publish', T0 + HOUR, b);
      await store.jobs.recover(T0 + 2 * HOUR, holderOf('c'));
      expect(await store.jobs.get(id)).toMatchObject({ sender: 'b' });
    });

    it('build on what another has done of a job, and replace nothing of it', async () => {
      const { store, id } = await openRun();
      await store.journal.done(id, 'open', 'step', '"of b"', T0);
      await store.journal.done(id, 'open', 'step', '"of b"', T0);
      expect(await codeOf(store.journal.done(id, 'open', 'step', '"of a"', T0))).toBe('E_LEASE_LOST');
      expect(await store.journal.load(id)).toMatchObject([{ result: '"of b"' }]);
    });

    it('may only look for what another sent that is not known to be dead', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      await store.jobs.recover(T0 + HOUR, b);
      expect(await store.jobs.claim(accountId, T0 + HOUR, b)).toMatchObject({ id, sender: 'a' });
      expect((await store.hosts.list())[0]).toMatchObject({ name: 'a', running: 0, doubts: 1 });
      // However often it changes hands.
      await store.jobs.recover(T0 + 2 * HOUR, holderOf('c'));
      expect(await store.jobs.claim(accountId, T0 + 2 * HOUR, b)).toMatchObject({ sender: 'a' });
    });

    it('write what became of their sending whatever the lease says', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      await store.jobs.recover(T0 + HOUR, b);
      await store.jobs.claim(accountId, T0 + HOUR, b);
      await store.journal.done(id, 'publish', 'commit', '"p1"', T0 + HOUR);
      await store.jobs.publish(id, examplePost('p1'), exampleAttempt('published'), T0 + HOUR);
      expect(await store.jobs.get(id)).toMatchObject({ state: 'published', holder: null, sender: null });
      const other = store.jobs.settle(id, exampleVerdict('unknown'), exampleAttempt('unknown'), T0 + HOUR, b);
      expect(await codeOf(other)).toBe('E_WRONG_STATE');
    });

    it('are known to be dead by their own next process, at once', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      const next = holderOf('a', 'a 2');
      await store.hosts.enter(enter(next), T0 + 10);
      expect(await store.hosts.beat(a, [id], T0 + 11)).toBeUndefined();
      expect(await store.jobs.recover(T0 + 20, next)).toEqual([id]);
      expect(await store.jobs.claim(accountId, T0 + 20, next)).toMatchObject({ id, sender: null });
      expect(await store.journal.load(id)).toMatchObject([{ state: 'intent', latestAt: T0 + 20 }]);
    });

    it('are known to be dead by their own next process, also after another took their job', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      await store.jobs.recover(T0 + HOUR, b);
      await store.hosts.enter(enter(holderOf('a', 'a 2')), T0 + 2 * HOUR);
      expect(await store.jobs.claim(accountId, T0 + 2 * HOUR, b)).toMatchObject({ sender: null });
      expect(await store.journal.load(id)).toMatchObject([{ latestAt: T0 + 2 * HOUR }]);
    });

    it('are declared dead by a person', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      expect(await store.hosts.declareDead('a', T0 + 5)).toEqual([id]);
      expect(await codeOf(store.hosts.declareDead('a', T0 + 5))).toBe('E_NOT_FOUND');
      expect((await store.hosts.list()).map(({ name }) => name)).toEqual(['b']);
      expect(await store.jobs.claim(accountId, T0 + 5, b)).toMatchObject({ id, sender: null });
      expect(await store.hosts.beat(a, [id], T0 + 6)).toBeUndefined();
    });

    it('leave in good order', async () => {
      const { store, id } = await openRun();
      await store.hosts.leave(a, T0 + 5);
      expect(await store.jobs.get(id)).toMatchObject({ state: 'waiting', holder: null });
      expect((await store.hosts.list())[0]).toMatchObject({ name: 'a', instance: '', running: 0 });
    });

    it('ask a source one at a time', async () => {
      const { store, lane } = await openRun();
      const { id } = lane.source;
      expect(await store.sources.take(id, 'a', T0 + MINUTE, T0)).toBe(true);
      expect(await store.sources.take(id, 'b', T0 + MINUTE, T0 + 5)).toBe(false);
      expect(await store.sources.due(MINUTE, T0 + 5)).toEqual([]);
      expect(await store.sources.nextDueAt(MINUTE)).toBe(T0 + MINUTE);
      expect(await store.sources.take(id, 'b', T0 + HOUR, T0 + MINUTE)).toBe(true);
      await store.sources.polled(id, T0 + MINUTE, T0 + 3 * MINUTE, null);
      expect(await store.sources.take(id, 'a', T0 + HOUR, T0 + 2 * MINUTE)).toBe(true);
    });

    it('do one at a time what only one does', async () => {
      const { store } = await openRun();
      const { hosts } = store;
      expect(await hosts.lead('numbers', a, MINUTE, T0)).toBe(true);
      expect(await hosts.lead('numbers', b, MINUTE, T0 + 5)).toBe(false);
      expect(await hosts.lead('alerts', b, MINUTE, T0 + 5)).toBe(true);
      expect(await hosts.lead('numbers', a, MINUTE, T0 + 30_000)).toBe(true);
      expect(await hosts.lead('numbers', b, MINUTE, T0 + MINUTE)).toBe(false);
      // Another process of the same host stands in line like any other.
      expect(await hosts.lead('numbers', holderOf('a', 'a 2'), MINUTE, T0 + MINUTE)).toBe(false);
      expect(await hosts.lead('numbers', b, MINUTE, T0 + 90_000)).toBe(true);
      await hosts.yield('numbers', a);
      expect(await hosts.lead('numbers', a, MINUTE, T0 + 90_000)).toBe(false);
      await hosts.yield('numbers', b);
      expect(await hosts.lead('numbers', a, MINUTE, T0 + 90_000)).toBe(true);
    });

    it('take back their own sending, not one that another made meanwhile', async () => {
      const { store, id, accountId } = await openRun();
      await store.journal.intend(id, 'publish', T0, a);
      await store.hosts.declareDead('a', T0 + HOUR);
      await store.jobs.claim(accountId, T0 + HOUR, b);
      await store.journal.intend(id, 'publish', T0 + HOUR, b);
      await store.journal.withdraw(id, 'publish', T0 + HOUR, T0);
      expect(await store.journal.load(id)).toMatchObject([{ sentAt: T0 + HOUR, sends: 1 }]);
      await store.journal.withdraw(id, 'publish', T0 + HOUR, T0);
      expect(await store.journal.load(id)).toMatchObject([{ sends: 1 }]);
      await store.journal.withdraw(id, 'publish', T0 + HOUR, T0 + HOUR);
      await store.journal.withdraw(id, 'publish', T0 + HOUR, T0 + HOUR);
      expect(await store.journal.load(id)).toEqual([]);
    });

    it('together never spend more than there is', async () => {
      const { store } = await openRun();
      const limit = limitOf({ kind: 'trailing', ms: HOUR }, 10);
      const take = (at: number) =>
        store.limits.take([{ scopeKey: 'app:youtube', limit, amount: 1 }], null, at);
      const answers = await Promise.all(Array.from({ length: 25 }, (_, n) => take(T0 + n)));
      expect(answers.filter(({ ok }) => ok)).toHaveLength(10);
    });
  });
}
