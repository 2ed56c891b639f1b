import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Commit, LookUp } from '../../src/core/platform.ts';
import { type JournalOptions, openRun } from '../../src/engine/journal.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { memoryVault } from '../../src/vault/memory.ts';
import { journalSeal } from '../../src/vault/seal.ts';
import { openLane, T0 } from '../store/examples.ts';

const SETTLE_MS = 5 * MINUTE;

/** A job with its journal on a disk in memory, and a run that can be opened again and again. */
async function openJob(options: Pick<JournalOptions, 'guard' | 'aheadMs'> = {}) {
  const clock = new TestClock(T0);
  const store = await openStore({ path: ':memory:', clock });
  onTestFinished(() => store.close());
  const jobId = await (await openLane(store)).addJob();
  const seal = await journalSeal(memoryVault());
  const { journal } = store;
  return {
    clock,
    store,
    jobId,
    journal,
    open: () => openRun({ jobId, journal, clock, seal, settleMs: SETTLE_MS, ...options }),
    row: async () => (await journal.load(jobId)).at(-1),
  };
}

const unsent = () => Promise.reject(new Error('sent, though it must not be'));
const lost = () => Promise.reject(new Failure('E_NO_ANSWER', { message: 'cut' }));
const refused = (certain: boolean) => () =>
  Promise.reject(new Failure('E_REFUSED', { kind: 'reject', message: 'no', certain, status: 400 }));
const looking = (answer: LookUp<string>) => async () => answer;

/** The Failure that a promise ends with. */
async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing failed');
}

describe('a step', () => {
  it('is done once; its result comes from the journal, sealed or not', async () => {
    const job = await openJob();
    let done = 0;
    const work = async () => {
      done += 1;
      return { session: 'https://upload.example/secret', done };
    };
    for (const sealed of [false, true]) {
      const name = `sealed ${sealed}`;
      const first = await (await job.open()).step(name, work, { sealed });
      expect(await (await job.open()).step(name, work, { sealed })).toEqual(first);
      expect((await job.row())?.result?.includes('upload.example')).toBe(!sealed);
    }
    expect(done).toBe(2);
  });

  it('may give nothing, and tells when it was done', async () => {
    const { open, clock } = await openJob();
    const run = await open();
    expect(run.doneAt('wait')).toBeUndefined();
    expect(run.progressed).toBe(false);
    await run.step('wait', async () => undefined);
    expect([run.doneAt('wait'), run.progressed, run.committed]).toEqual([clock.now(), true, false]);
    expect(await (await open()).step('wait', unsent)).toBeNull();
  });
});

describe('a commit that was never sent', () => {
  it('asks its guard, writes the intent, sends, and keeps the result', async () => {
    const asked: string[] = [];
    const job = await openJob({ guard: async () => void asked.push('guard') });
    const run = await job.open();
    const call: Commit<string> = {
      inDoubt: 'ask',
      act: async () => {
        asked.push((await job.row())?.state ?? 'no intent');
        return 'p1';
      },
    };
    expect(await run.commit('publish', call)).toBe('p1');
    expect([asked, run.committed]).toEqual([['guard', 'intent'], true]);
    expect(await (await job.open()).commit('publish', { ...call, act: unsent })).toBe('p1');
  });

  it('is not sent where the guard says no', async () => {
    const job = await openJob({ guard: refused(true) });
    expect(
      (await failureOf((await job.open()).commit('publish', { act: unsent, inDoubt: 'ask' }))).code,
    ).toBe('E_REFUSED');
    expect(await job.row()).toBeUndefined();
  });

  it('leaves no trace where it was certainly refused', async () => {
    const job = await openJob();
    const run = await job.open();
    const failure = await failureOf(run.commit('publish', { act: refused(true), inDoubt: 'ask' }));
    expect([failure.kind, run.committed, await job.row()]).toEqual(['reject', false, undefined]);
  });

  it('is in doubt after a refusal that proves nothing, and is not rejected for it', async () => {
    const job = await openJob();
    const run = await job.open();
    const failure = await failureOf(run.commit('publish', { act: refused(false), inDoubt: 'ask' }));
    expect([failure.kind, failure.code, failure.status]).toEqual(['retry', 'E_REFUSED', 400]);
    expect([run.committed, (await job.row())?.state]).toEqual([true, 'intent']);
  });

  it('is in doubt after a refusal without a status too', async () => {
    const job = await openJob();
    const act = () => Promise.reject(new Failure('E_REFUSED', { kind: 'reject', message: 'no' }));
    const failure = await failureOf((await job.open()).commit('publish', { act, inDoubt: 'ask' }));
    expect([failure.kind, failure.status]).toEqual(['retry', undefined]);
  });
});

describe('a commit in doubt', () => {
  it('is a person’s where the platform says so', async () => {
    const { open } = await openJob();
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'ask' }));
    const failure = await failureOf((await open()).commit('publish', { act: unsent, inDoubt: 'ask' }));
    expect(failure.kind).toBe('doubt');
  });

  it('is repeated where that changes nothing', async () => {
    const { open } = await openJob();
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'repeat' }));
    expect(await (await open()).commit('publish', { act: async () => 'p1', inDoubt: 'repeat' })).toBe('p1');
  });

  it('is over once the look-up finds it', async () => {
    const { open, jobId, journal } = await openJob();
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'ask' }));
    const call: Commit<string> = { act: unsent, inDoubt: looking({ found: 'p1' }) };
    expect(await (await open()).commit('publish', call)).toBe('p1');
    expect((await journal.load(jobId)).at(-1)).toMatchObject({ state: 'done', result: '"p1"' });
  });

  it.each(['absent', 'undecided'] as const)(
    'is looked at again until it must be listed: %s',
    async (said) => {
      const { open, clock } = await openJob();
      await failureOf((await open()).commit('publish', { act: lost, inDoubt: looking(said) }));
      const waits: number[] = [];
      for (;;) {
        const failure = await failureOf(
          (await open()).commit('publish', { act: refused(true), inDoubt: looking(said) }),
        );
        if (failure.kind !== 'later') {
          expect(failure.kind).toBe(said === 'absent' ? 'reject' : 'doubt');
          break;
        }
        waits.push((failure.notBefore ?? 0) - clock.now());
        clock.advance(waits.at(-1) ?? 0);
      }
      expect(clock.now() - T0).toBe(SETTLE_MS);
      expect(waits.slice(0, 3)).toEqual([SECOND, SECOND, 2 * SECOND]);
    },
  );

  it('is sent again once the look-up has said for certain that it is not there', async () => {
    const { open, clock } = await openJob();
    await failureOf(
      (await open()).commit('publish', { act: lost, inDoubt: looking('absent'), settleMs: MINUTE }),
    );
    clock.advance(MINUTE);
    const call: Commit<string> = { act: async () => 'p2', inDoubt: looking('absent'), settleMs: MINUTE };
    expect(await (await open()).commit('publish', call)).toBe('p2');
  });

  it('keeps the first doubt when the second sending is refused', async () => {
    const { open, clock, row } = await openJob();
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: looking('absent') }));
    clock.advance(HOUR);
    const run = await open();
    await failureOf(run.commit('publish', { act: refused(true), inDoubt: looking('absent') }));
    expect([run.committed, (await row())?.sends]).toEqual([true, 1]);
  });
});

describe('time that goes astray while a commit is in doubt', () => {
  it('does not count what passes between the question and its answer', async () => {
    const { open, clock } = await openJob();
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'ask' }));
    const slow = async () => {
      clock.advance(HOUR); // the lid was closed before the answer was read
      return 'absent' as const;
    };
    const failure = await failureOf((await open()).commit('publish', { act: unsent, inDoubt: slow }));
    expect(failure.kind).toBe('later');
  });

  it('counts from when the answer was given up, not from the intent', async () => {
    const { open, clock } = await openJob();
    const stopped = async () => {
      clock.advance(HOUR); // the lid was closed before the request left
      return lost();
    };
    await failureOf((await open()).commit('publish', { act: stopped, inDoubt: 'ask' }));
    const since: number[] = [];
    const look = async (sentAt: number) => {
      since.push(sentAt);
      return 'absent' as const;
    };
    expect((await failureOf((await open()).commit('publish', { act: unsent, inDoubt: look }))).kind).toBe(
      'later',
    );
    clock.advance(SETTLE_MS);
    expect(await (await open()).commit('publish', { act: async () => 'p2', inDoubt: look })).toBe('p2');
    expect(since).toEqual([T0, T0]);
  });

  it('counts from when the process went on, where it was stopped between intent and request', async () => {
    const { open, clock, journal, jobId } = await openJob();
    const stalled = {
      ...journal,
      intend: async (id: number, name: string, now: number) => {
        await journal.intend(id, name, now);
        clock.advance(HOUR);
      },
    };
    const run = await openRun({
      jobId,
      journal: stalled,
      clock,
      seal: await journalSeal(memoryVault()),
      settleMs: SETTLE_MS,
    });
    // And there it was killed: nothing more was written.
    await failureOf(
      run.commit('publish', {
        act: async () => {
          expect((await journal.load(jobId)).at(-1)?.latestAt).toBe(T0 + HOUR);
          return lost();
        },
        inDoubt: 'ask',
      }),
    );
    const failure = await failureOf(
      (await open()).commit('publish', { act: unsent, inDoubt: looking('absent') }),
    );
    expect(failure.kind).toBe('later');
  });

  it('looks far back, and waits no longer than needed, where the clock was set back', async () => {
    const { open, clock } = await openJob();
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'ask' }));
    clock.advance(-3 * DAY);
    const now = clock.now();
    let lookedFrom = 0;
    const look = async (sentAt: number) => {
      lookedFrom = sentAt;
      return 'absent' as const;
    };
    const failure = await failureOf((await open()).commit('publish', { act: unsent, inDoubt: look }));
    expect([failure.kind, lookedFrom]).toEqual(['later', now - 7 * DAY]);
    clock.advance(SETTLE_MS);
    expect(await (await open()).commit('publish', { act: async () => 'p2', inDoubt: look })).toBe('p2');
  });

  it('counts by the platform’s time, where a clock was behind at the sending and is set right', async () => {
    let aheadMs = 3 * DAY;
    const { open, clock } = await openJob({ aheadMs: () => aheadMs });
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'ask' }));
    clock.advance(3 * DAY + SECOND);
    aheadMs = 0;
    const call: Commit<string> = { act: unsent, inDoubt: looking('absent') };
    expect((await failureOf((await open()).commit('publish', call))).kind).toBe('later');
    clock.advance(SETTLE_MS);
    expect(await (await open()).commit('publish', { ...call, act: async () => 'p2' })).toBe('p2');
  });

  it('takes the platform’s time from the look-up, where nothing was asked of it before', async () => {
    let aheadMs = 0;
    const { open, clock } = await openJob({ aheadMs: () => aheadMs });
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'ask' }));
    // Behind for one look, and right again.
    clock.advance(-3 * DAY);
    const answered = async () => {
      aheadMs = 3 * DAY + SECOND;
      return 'absent' as const;
    };
    await failureOf((await open()).commit('publish', { act: unsent, inDoubt: answered }));
    clock.advance(3 * DAY + 2 * SECOND);
    aheadMs = 0;
    const failure = await failureOf(
      (await open()).commit('publish', { act: unsent, inDoubt: looking('absent') }),
    );
    expect(failure.kind).toBe('later');
  });

  it('takes an intent without an instant for one of now', async () => {
    const { open, journal, clock, jobId } = await openJob();
    const nameless = {
      ...journal,
      load: async () => [
        {
          jobId,
          seq: 1,
          name: 'publish',
          kind: 'commit',
          state: 'intent',
          result: null,
          sentAt: null,
          sends: 1,
          doneAt: null,
        } as const,
      ],
    };
    await failureOf((await open()).commit('publish', { act: lost, inDoubt: 'ask' }));
    const seal = await journalSeal(memoryVault());
    const run = await openRun({ jobId, journal: nameless, clock, seal, settleMs: SETTLE_MS });
    expect((await failureOf(run.commit('publish', { act: unsent, inDoubt: looking('absent') }))).kind).toBe(
      'later',
    );
  });
});
