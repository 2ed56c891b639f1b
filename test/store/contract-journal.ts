import { describe, expect, it } from 'vitest';
import type { OpenStore } from './contract.ts';
import { codeOf, openLane, T0 } from './examples.ts';

export function describeJournal(open: OpenStore): void {
  describe('journal', () => {
    const openJob = async () => {
      const store = await open();
      const id = await (await openLane(store)).addJob();
      return { journal: store.journal, id };
    };

    it('stretches only the time of an intent', async () => {
      const { journal, id } = await openJob();
      expect(await codeOf(journal.mayArrive(id, 'publish', T0))).toBe('E_WRONG_STATE');
      await journal.done(id, 'publish', 'step', '1', T0);
      expect(await codeOf(journal.mayArrive(id, 'publish', T0))).toBe('E_WRONG_STATE');
    });

    it('keeps steps in the order in which they were first done', async () => {
      const { journal, id } = await openJob();
      await journal.done(id, 'create container', 'step', '"c1"', T0);
      await journal.done(id, 'upload', 'step', 'sealed:xyz', T0 + 1);
      await journal.done(id, 'create container', 'step', '"c1"', T0 + 2);
      expect(await journal.load(id)).toEqual([
        {
          jobId: id,
          seq: 1,
          name: 'create container',
          kind: 'step',
          state: 'done',
          result: '"c1"',
          sentAt: null,
          firstSentAt: null,
          sends: 0,
          doneAt: T0 + 2,
        },
        expect.objectContaining({ seq: 2, name: 'upload', result: 'sealed:xyz' }),
      ]);
    });

    it('goes from nothing to intent to done', async () => {
      const { journal, id } = await openJob();
      await journal.intend(id, 'publish', T0);
      expect(await journal.load(id)).toMatchObject([
        { kind: 'commit', state: 'intent', sentAt: T0, sends: 1, result: null, doneAt: null },
      ]);
      await journal.done(id, 'publish', 'commit', '"p1"', T0 + 5);
      expect(await journal.load(id)).toMatchObject([{ state: 'done', result: '"p1"', doneAt: T0 + 5 }]);
      expect(await codeOf(journal.intend(id, 'publish', T0 + 6))).toBe('E_WRONG_STATE');
      expect(await codeOf(journal.withdraw(id, 'publish', T0 + 6))).toBe('E_WRONG_STATE');
    });

    it('knows nothing any more of a sending that was certainly refused', async () => {
      const { journal, id } = await openJob();
      await journal.intend(id, 'publish', T0);
      await journal.withdraw(id, 'publish', T0 + 1);
      expect(await journal.load(id)).toEqual([]);
      expect(await codeOf(journal.withdraw(id, 'publish', T0 + 2))).toBe('E_WRONG_STATE');
      await journal.intend(id, 'publish', T0 + 3);
      expect(await journal.load(id)).toMatchObject([{ sends: 1, sentAt: T0 + 3, firstSentAt: T0 + 3 }]);
    });

    it('keeps an earlier doubt when a later sending is refused', async () => {
      const { journal, id } = await openJob();
      await journal.intend(id, 'publish', T0);
      await journal.intend(id, 'publish', T0 + 10);
      await journal.intend(id, 'publish', T0 + 20);
      expect(await journal.load(id)).toMatchObject([{ sends: 3, sentAt: T0 + 20, firstSentAt: T0 }]);
      await journal.withdraw(id, 'publish', T0 + 21);
      expect(await journal.load(id)).toMatchObject([
        { state: 'intent', sends: 2, sentAt: T0 + 10, firstSentAt: T0 },
      ]);
    });

    it('forgets from a step on, never a commit', async () => {
      const { journal, id } = await openJob();
      for (const name of ['one', 'two', 'three']) await journal.done(id, name, 'step', '1', T0);
      await journal.forgetFrom(id, 'two');
      await journal.forgetFrom(id, 'never done');
      expect((await journal.load(id)).map((row) => row.name)).toEqual(['one']);
      await journal.intend(id, 'publish', T0);
      await journal.done(id, 'after', 'step', '1', T0);
      expect(await codeOf(journal.forgetFrom(id, 'one'))).toBe('E_WRONG_STATE');
      expect(await codeOf(journal.forgetFrom(id, 'publish'))).toBe('E_WRONG_STATE');
      expect((await journal.load(id)).map((row) => row.name)).toEqual(['one', 'publish', 'after']);
      await journal.forgetFrom(id, 'after');
      expect(await journal.load(id)).toHaveLength(2);
    });

    it('never takes a step for a commit, nor the other way', async () => {
      const { journal, id } = await openJob();
      await journal.done(id, 'upload', 'step', '1', T0);
      expect(await codeOf(journal.intend(id, 'upload', T0))).toBe('E_WRONG_STATE');
      expect(await codeOf(journal.done(id, 'upload', 'commit', '2', T0))).toBe('E_WRONG_STATE');
      expect(await journal.load(id)).toMatchObject([{ kind: 'step', result: '1' }]);
    });

    it('is every job’s own', async () => {
      const store = await open();
      const lane = await openLane(store);
      const [a, b] = [await lane.addJob(), await lane.addJob()];
      await store.journal.done(a, 'upload', 'step', '1', T0);
      expect(await store.journal.load(b)).toEqual([]);
      await store.journal.forgetFrom(b, 'upload');
      expect(await store.journal.load(a)).toHaveLength(1);
    });
  });
}
