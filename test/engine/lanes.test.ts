import { expect, it, onTestFinished } from 'vitest';
import { MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { Failure, later } from '../../src/core/failure.ts';
import type { Platform } from '../../src/core/platform.ts';
import type { EngineDeps, EngineEvent } from '../../src/engine/deps.ts';
import { Lanes } from '../../src/engine/lanes.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/types.ts';
import { openLane, T0 } from '../store/examples.ts';

type Publish = Platform['publish'];

/** Lanes over a store in memory, to a platform that does what the test says. */
async function openLanes(publish: Publish, change: (store: Store) => Store = (store) => store) {
  const clock = new TestClock(T0);
  const store = await openStore({ path: ':memory:', clock });
  onTestFinished(() => store.close());
  const events: EngineEvent[] = [];
  const platform = {
    id: 'youtube',
    name: 'YouTube',
    limits: [],
    costs: {},
    settleMs: MINUTE,
    fit: () => ({ body: '', count: { used: 0, max: 1, unit: 'characters' }, notes: [] }),
    publish,
  } as unknown as Platform;
  let ended = 0;
  const deps = {
    store: change(store),
    clock,
    random: () => 0.5,
    registry: {
      platform: (id: string) => (id === 'youtube' ? platform : undefined),
      service: () => undefined,
      source: () => undefined,
    },
    connect: () => ({}),
    obtain: async () => ({ sha256: 'f' }),
    seal: { seal: (text: string) => text, unseal: (text: string) => text },
    settings: {
      retry: { baseMs: SECOND, capMs: MINUTE, attempts: 3, giveUpMs: 3_600_000 },
      concurrency: 4,
      pollIntervalMs: MINUTE,
    },
    emit: (event: EngineEvent) => void events.push(event),
  } as unknown as EngineDeps;
  const lanes = new Lanes(deps, () => {
    ended += 1;
  });
  const fill = async () => {
    while (await lanes.fill());
    await lanes.idle();
  };
  return { lanes, store, clock, deps, events, fill, ended: () => ended };
}

const published: Publish = async ({ run }) => {
  const id = await run.commit('publish', { act: async () => `post-${run.jobId}`, inDoubt: 'ask' });
  return { id, url: null };
};

it('run one job of each account at a time, within what a platform may take of the bound', async () => {
  let now = 0;
  let most = 0;
  const gate: (() => void)[] = [];
  const { lanes, store, ended } = await openLanes(async (request) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise<void>((resolve) => gate.push(resolve));
    now -= 1;
    return published(request);
  });
  for (const handle of ['@one', '@two', '@three']) {
    const lane = await openLane(store, handle);
    await lane.addJob();
    await lane.addJob();
  }
  expect(await lanes.fill()).toBe(true);
  // Two run: the other two places are kept for other platforms, and asking again changes nothing.
  expect(await lanes.fill()).toBe(false);
  expect(lanes.busy).toHaveLength(2);
  expect(lanes.running).toBe(2);
  for (let done = 0; done < 6; done += 1) {
    await expect.poll(() => gate.length).toBeGreaterThan(0);
    gate.shift()?.();
    await expect.poll(ended).toBe(done + 1);
    while (await lanes.fill());
  }
  await lanes.idle();
  expect(most).toBe(2);
  expect((await store.jobs.counts()).published).toBe(6);
});

it('rest behind a job that a limit holds up, five minutes at most, while others go on', async () => {
  const held = new Set<number>();
  const { lanes, store, clock, fill } = await openLanes(async (request) => {
    if (!held.has(request.account.id)) return published(request);
    throw later(T0 + 3_600_000, 'full', 'quota');
  });
  const full = await openLane(store, '@full');
  const free = await openLane(store, '@free');
  held.add(full.account.id);
  for (let n = 0; n < 3; n += 1) await full.addJob();
  await free.addJob();
  await fill();
  // One was tried; the two behind it are due, and rest.
  expect((await store.jobs.list({ accountId: full.account.id })).map(({ reason }) => reason).sort()).toEqual([
    'quota',
    'ready',
    'ready',
  ]);
  expect(await lanes.nextDueAt()).toBe(T0 + 5 * MINUTE);
  held.clear();
  clock.advance(5 * MINUTE);
  await fill();
  await fill();
  expect((await store.jobs.counts()).published).toBe(3);
  // What was held up comes due by itself.
  expect(await lanes.nextDueAt()).toBe(T0 + 3_600_000);
});

it('do not rest for a job that only backs off, nor where nothing is due behind it', async () => {
  const { lanes, store, fill } = await openLanes(async () => {
    throw later(T0 + 20 * MINUTE, 'full', 'quota');
  });
  const { addJob } = await openLane(store);
  await addJob();
  await fill();
  expect(await lanes.nextDueAt()).toBe(T0 + 20 * MINUTE);

  const failing = await openLanes(async () => {
    throw new Failure('E_NETWORK', { message: 'unreachable', certain: true });
  });
  const lane = await openLane(failing.store);
  await lane.addJob();
  await lane.addJob();
  await failing.fill();
  expect((await failing.store.jobs.list({})).map(({ reason }) => reason).sort()).toEqual([
    'backoff',
    'ready',
  ]);
  expect(await failing.lanes.nextDueAt()).toBe(T0);
});

it('start nothing while all places are taken', async () => {
  let finish = () => {};
  const { lanes, store, deps } = await openLanes(async (request) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return published(request);
  });
  deps.settings.concurrency = 1;
  for (const handle of ['@one', '@two']) await (await openLane(store, handle)).addJob();
  expect(await lanes.fill()).toBe(true);
  await expect.poll(() => lanes.running).toBe(1);
  expect(await lanes.fill()).toBe(false);
  expect(lanes.running).toBe(1);
  await expect.poll(async () => (await store.jobs.counts()).running).toBe(1);
  lanes.abort();
  await expect
    .poll(() => {
      finish();
      return lanes.running;
    })
    .toBe(0);
  expect((await store.jobs.counts()).waiting).toBe(1);
});

it('have nothing due where nothing waits, and start nothing', async () => {
  const { lanes, ended } = await openLanes(published);
  expect(await lanes.nextDueAt()).toBeNull();
  expect(await lanes.fill()).toBe(false);
  await lanes.idle();
  expect(ended()).toBe(0);
});

it('start nothing of an account that its person removed at that moment', async () => {
  const { store, fill, ended, events } = await openLanes(published, (real) => ({
    ...real,
    jobs: {
      ...real.jobs,
      async dueLanes(...given) {
        const due = await real.jobs.dueLanes(...given);
        for (const id of due) await real.accounts.remove(id, T0);
        return due;
      },
    },
  }));
  const id = await (await openLane(store)).addJob();
  await fill();
  expect(ended()).toBe(1);
  expect(events).toEqual([]);
  expect((await store.jobs.get(id))?.state).toBe('cancelled');
});

it('let go of a job that is gone before it begins', async () => {
  const { store, lanes, fill, ended, events } = await openLanes(published, (real) => ({
    ...real,
    jobs: { ...real.jobs, get: async () => undefined },
  }));
  await (await openLane(store)).addJob();
  await fill();
  expect(ended()).toBe(1);
  expect(events).toEqual([]);
  expect(lanes.running).toBe(0);
});

it('give a job back whose outcome could not be written, as soon as the store takes it', async () => {
  let full = true;
  const { store, clock, fill, events } = await openLanes(published, (real) => ({
    ...real,
    jobs: {
      ...real.jobs,
      publish: (...given) =>
        full ? Promise.reject(new Failure('E_DISK_FULL', { message: 'full' })) : real.jobs.publish(...given),
      settle: (...given) =>
        full ? Promise.reject(new Failure('E_DISK_FULL', { message: 'full' })) : real.jobs.settle(...given),
    },
  }));
  const id = await (await openLane(store)).addJob();
  await fill();
  expect(events.filter(({ kind }) => kind === 'trouble')).toHaveLength(1);
  expect((await store.jobs.get(id))?.state).toBe('running');
  full = false;
  await fill();
  expect(await store.jobs.get(id)).toMatchObject({ state: 'waiting', reason: 'backoff', runAt: T0 + 15_000 });
  clock.advance(15 * SECOND);
  await fill();
  // It was sent once; its result came from the journal.
  expect(await store.jobs.get(id)).toMatchObject({ state: 'published', post: { id: `post-${id}` } });
});

it('tell what runs to end where they are aborted', async () => {
  const { lanes, store } = await openLanes(
    ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(later(T0 + SECOND, 'stopped')));
      }),
  );
  const id = await (await openLane(store)).addJob();
  await lanes.fill();
  await expect.poll(async () => (await store.jobs.get(id))?.state).toBe('running');
  lanes.abort();
  await lanes.idle();
  expect(await store.jobs.get(id)).toMatchObject({ state: 'waiting' });
});
