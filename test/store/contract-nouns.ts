import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import type { OpenStore } from './contract.ts';
import { addAccount, addSource, codeOf, exampleRule, openLane, T0 } from './examples.ts';

export function describeNouns(open: OpenStore): void {
  describe('accounts', () => {
    it('gives back what was saved, with ids as text', async () => {
      const store = await open();
      const saved = await store.accounts.save(
        {
          platform: 'x',
          handle: '@creator',
          name: 'Creator 🎬',
          remoteId: '9007199254740993123',
          user: 'me',
          scopes: ['tweet.write', 'media.write'],
          settings: { premium: true, nested: { list: [1, 'two'] } },
          expiresAt: T0 + 7200_000,
        },
        T0,
      );
      expect(saved).toEqual({
        id: saved.id,
        platform: 'x',
        account: 'x:@creator',
        handle: '@creator',
        name: 'Creator 🎬',
        remoteId: '9007199254740993123',
        user: 'me',
        status: 'ok',
        scopes: ['tweet.write', 'media.write'],
        expiresAt: T0 + 7200_000,
        paused: false,
        settings: { premium: true, nested: { list: [1, 'two'] } },
        createdAt: T0,
        updatedAt: T0,
      });
      expect(await store.accounts.get(saved.id)).toEqual(saved);
      expect(await store.accounts.list()).toEqual([saved]);
    });

    it('renews the same identity under the same id, whatever it calls itself now', async () => {
      const store = await open();
      const before = await addAccount(store, '@old');
      await store.accounts.update(before.id, { status: 'login-needed', paused: true }, T0);
      const { id, status, handle, paused, createdAt, updatedAt } = await store.accounts.save(
        { ...before, handle: '@new' },
        T0 + 1,
      );
      expect({ id, status, handle, paused, createdAt, updatedAt }).toEqual({
        id: before.id,
        status: 'ok',
        handle: '@new',
        paused: true,
        createdAt: T0,
        updatedAt: T0 + 1,
      });
    });

    it('changes only the fields that are given', async () => {
      const store = await open();
      const before = await addAccount(store, '@creator');
      const after = await store.accounts.update(before.id, { breaksAt: T0 + 5, name: 'Other' }, T0 + 1);
      expect(after).toEqual({ ...before, breaksAt: T0 + 5, name: 'Other', updatedAt: T0 + 1 });
      expect(await codeOf(store.accounts.update(99, { paused: true }, T0))).toBe('E_UNKNOWN_ACCOUNT');
    });

    it('is not removed while a job of it runs; then its waiting jobs end and its past stays', async () => {
      const store = await open();
      const lane = await openLane(store);
      const first = await lane.addJob();
      const second = await lane.addJob();
      await store.jobs.claim(lane.account.id, T0);
      expect(await codeOf(store.accounts.remove(lane.account.id, T0))).toBe('E_WRONG_STATE');
      await store.jobs.recover(T0);
      await store.accounts.remove(lane.account.id, T0);
      expect(await store.accounts.get(lane.account.id)).toBeUndefined();
      expect(await store.accounts.list()).toEqual([]);
      for (const id of [first, second]) {
        expect((await store.jobs.get(id))?.state).toBe('cancelled');
        expect((await store.jobs.get(id))?.account.handle).toBe('@creator');
        expect(await codeOf(store.jobs.retry(id, T0))).toBe('E_UNKNOWN_ACCOUNT');
      }
      expect((await addAccount(store, '@creator')).id).toBe(lane.account.id);
      expect((await store.jobs.retry(first, T0)).state).toBe('waiting');
    });

    it('leaves a job that was sent in doubt when its account is removed', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob({ reason: 'backoff' });
      await store.journal.intend(id, 'publish', T0);
      await store.accounts.remove(lane.account.id, T0);
      const job = await store.jobs.get(id);
      expect([job?.state, job?.error?.code]).toEqual(['unknown', 'E_UNKNOWN_OUTCOME']);
    });
  });

  describe('apps, users and named values', () => {
    it('keeps an app for each platform and host', async () => {
      const store = await open();
      const settings = { audited: true };
      await store.apps.save({ platform: 'mastodon', host: 'a.example', clientId: '1', settings }, T0);
      await store.apps.save({ platform: 'mastodon', host: 'b.example', clientId: '2', settings: {} }, T0);
      const redirectUri = 'http://127.0.0.1:8765/callback';
      await store.apps.save({ platform: 'x', host: '', clientId: '3', redirectUri, settings: {} }, T0);
      await store.apps.save({ platform: 'x', host: '', clientId: '4', redirectUri, settings: {} }, T0);
      expect(await store.apps.get('x')).toEqual({
        platform: 'x',
        host: '',
        clientId: '4',
        redirectUri,
        settings: {},
      });
      expect((await store.apps.get('mastodon', 'a.example'))?.settings).toEqual(settings);
      expect(await store.apps.get('mastodon')).toBeUndefined();
      expect((await store.apps.list()).map((app) => app.clientId)).toEqual(['1', '2', '4']);
      expect(await store.apps.remove('x')).toBe(true);
      expect(await store.apps.remove('x')).toBe(false);
    });

    it('keeps users with role and limits', async () => {
      const store = await open();
      await store.users.save({ name: 'me', role: 'admin', limits: {} }, T0);
      const saved = await store.users.save({ name: 'me', role: 'viewer', limits: { posts: 3 } }, T0 + 9);
      expect(saved).toEqual({ name: 'me', role: 'viewer', limits: { posts: 3 }, createdAt: T0 });
      expect(await store.users.list()).toEqual([saved]);
      expect(await store.users.remove('me')).toBe(true);
      expect(await store.users.remove('me')).toBe(false);
    });

    it('keeps named values', async () => {
      const store = await open();
      expect(await store.meta.get('consent')).toBeUndefined();
      await store.meta.set('consent', 'yes');
      await store.meta.set('consent', 'no');
      expect(await store.meta.get('consent')).toBe('no');
      await store.meta.remove('consent');
      expect(await store.meta.get('consent')).toBeUndefined();
    });

    it('changes its version with every change', async () => {
      const store = await open();
      const before = await store.version();
      expect(await store.version()).toBe(before);
      await store.meta.set('consent', 'yes');
      expect(await store.version()).not.toBe(before);
    });
  });

  describe('sources', () => {
    it('notes how polls end', async () => {
      const store = await open();
      const { id } = await addSource(store);
      expect(await store.sources.get(id)).toMatchObject({ baselineAt: null, failures: 0, nextPollAt: T0 });
      const error = errorOf(new Failure('E_NETWORK'));
      await store.sources.polled(id, T0 + 1, T0 + 100, error);
      await store.sources.polled(id, T0 + 2, T0 + 200, error);
      expect(await store.sources.get(id)).toMatchObject({
        baselineAt: null,
        lastPollAt: T0 + 2,
        lastGoodPollAt: null,
        failures: 2,
        nextPollAt: T0 + 200,
        error,
      });
      const held = errorOf(new Failure('E_QUOTA', { kind: 'later', notBefore: T0 + 300 }));
      await store.sources.polled(id, T0 + 2, T0 + 300, held);
      expect(await store.sources.get(id)).toMatchObject({ failures: 2, nextPollAt: T0 + 300, error: held });
      await store.sources.polled(id, T0 + 3, T0 + 300, null);
      await store.sources.polled(id, T0 + 4, T0 + 400, null);
      expect(await store.sources.get(id)).toMatchObject({
        baselineAt: T0 + 3,
        lastGoodPollAt: T0 + 4,
        failures: 0,
        error: null,
      });
      await store.sources.polled(id, T0 + 5, T0 + 500, held);
      await store.sources.polled(id, T0 + 6, T0 + 600, held);
      expect(await store.sources.get(id)).toMatchObject({ failures: 1, nextPollAt: T0 + 600 });
    });

    it('come due by their plan, or by a shorter interval, but not while they are paused', async () => {
      const store = await open();
      expect(await store.sources.nextDueAt(1000)).toBeNull();
      const [one, two] = [await addSource(store, 'tiktok:@one'), await addSource(store, 'tiktok:@two')];
      await store.sources.polled(one.id, T0 + 1, T0 + 500, null);
      await store.sources.polled(two.id, T0 + 2, T0 + 400, errorOf(new Failure('E_NETWORK')));
      const due = async (interval: number, at: number) =>
        (await store.sources.due(interval, T0 + at)).map(({ id }) => id);
      expect([await due(1000, 399), await due(1000, 400)]).toEqual([[], [two.id]]);
      // The longest due first, but for those that are being asked, and no more than there is room for.
      expect(await due(1000, 500)).toEqual([two.id, one.id]);
      const some = async (except: number[], limit?: number) =>
        (await store.sources.due(1000, T0 + 500, except, limit)).map(({ id }) => id);
      expect([await some([], 1), await some([two.id])]).toEqual([[two.id], [one.id]]);
      // Who failed waits all the same.
      expect([await due(100, 100), await due(100, 101)]).toEqual([[], [one.id]]);
      expect(await store.sources.nextDueAt(1000)).toBe(T0 + 400);
      expect(await store.sources.nextDueAt(100)).toBe(T0 + 101);
      expect(await store.sources.nextDueAt(100, [one.id])).toBe(T0 + 400);
      expect(await store.sources.nextDueAt(100, [one.id, two.id])).toBeNull();
      await store.sources.update(two.id, { paused: true });
      expect([await due(1000, 500), await store.sources.nextDueAt(1000)]).toEqual([[one.id], T0 + 500]);
    });

    it('is one for each place, and finds its videos again when it comes back', async () => {
      const store = await open();
      const source = await addSource(store);
      expect(await codeOf(addSource(store))).toBe('E_EXISTS');
      expect(await store.sources.update(source.id, { paused: true, name: 'mine' })).toEqual({
        ...source,
        paused: true,
        name: 'mine',
      });
      await store.sources.polled(source.id, T0, T0, null);
      expect(await store.sources.remove(source.id)).toBe(true);
      expect(await store.sources.remove(source.id)).toBe(false);
      expect(await store.sources.list()).toEqual([]);
      expect(await addSource(store)).toEqual(source);
    });
  });

  describe('rules', () => {
    it('gives back what was added and replaced', async () => {
      const store = await open();
      const source = await addSource(store);
      const account = await addAccount(store, '@creator');
      const fresh = { ...exampleRule(source.id, [account.id]), caption: '{caption} #fyp' };
      const rule = await store.rules.add(fresh, T0);
      expect(rule).toEqual({ ...fresh, id: rule.id, createdAt: T0, updatedAt: T0 });
      const { caption: _, ...plain } = rule;
      const changed = { ...plain, name: 'shorts', approve: true, spec: { gap: '1h' } };
      expect(await store.rules.replace(changed, T0 + 5)).toEqual({ ...changed, updatedAt: T0 + 5 });
      expect(await store.rules.list()).toEqual([{ ...changed, updatedAt: T0 + 5 }]);
      expect(await codeOf(store.rules.replace({ ...rule, id: 99 }, T0))).toBe('E_NOT_FOUND');
    });

    it('has one rule of a name; removing it ends its waiting jobs, which still name it', async () => {
      const store = await open();
      const lane = await openLane(store);
      const id = await lane.addJob();
      const again = exampleRule(lane.source.id, [lane.account.id], lane.rule.name);
      expect(await codeOf(store.rules.add(again, T0))).toBe('E_EXISTS');
      expect(await store.rules.remove(lane.rule.id, T0)).toBe(true);
      expect(await store.rules.remove(lane.rule.id, T0)).toBe(false);
      expect(await store.rules.get(lane.rule.id)).toBeUndefined();
      expect(await store.jobs.get(id)).toMatchObject({ state: 'cancelled', rule: lane.rule.name });
      expect((await store.rules.add(again, T0)).id).not.toBe(lane.rule.id);
    });
  });
}
