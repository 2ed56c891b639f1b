import { expect, it, onTestFinished } from 'vitest';
import { HOUR, TestClock } from '../../src/core/clock.ts';
import type { EngineDeps } from '../../src/engine/deps.ts';
import { openRun } from '../../src/engine/journal.ts';
import { checkUserRoom, takeUserRoom } from '../../src/engine/user-limit.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { openLane, T0 } from '../store/examples.ts';

it('counts a post once a day, and anew where it goes out on another', async () => {
  const clock = new TestClock(T0);
  const store = await openStore({ path: ':memory:', clock });
  onTestFinished(() => store.close());
  const lane = await openLane(store);
  const [held, other] = [await lane.addJob(), await lane.addJob()];
  const deps = { store, clock } as unknown as EngineDeps;
  const seal = { seal: (text: string) => text, unseal: (text: string) => text };
  const attempt = async (jobId: number) => {
    const job = await store.jobs.get(jobId);
    if (!job) throw new Error('the job is gone');
    await store.users.save({ name: job.user, role: 'admin', limits: { postsPerDay: 1 } }, clock.now());
    const run = await openRun({ jobId, journal: store.journal, clock, seal, settleMs: 0 });
    const spends = await checkUserRoom(deps, job, run);
    await takeUserRoom(deps, spends ?? [], job, run);
  };
  await attempt(held);
  await attempt(held);
  await expect(attempt(other)).rejects.toMatchObject({ code: 'E_USER_LIMIT' });
  // The first was refused, and waits; the day goes to the second.
  clock.advance(25 * HOUR);
  await attempt(other);
  await expect(attempt(held)).rejects.toMatchObject({ code: 'E_USER_LIMIT' });
  clock.advance(25 * HOUR);
  await attempt(held);
});
