import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { HttpRequest } from '../../src/core/http.ts';
import type { Platform } from '../../src/core/platform.ts';
import type { Meter } from '../../src/core/session.ts';
import { steered } from '../../src/core/steered-clock.ts';
import type { EngineDeps, EngineEvent } from '../../src/engine/deps.ts';
import { Lanes } from '../../src/engine/lanes.ts';
import { openPresence } from '../../src/engine/presence.ts';
import { openPostgresStore } from '../../src/store/postgres/open.ts';
import { openStore } from '../../src/store/sqlite.ts';
import type { Holder, Store } from '../../src/store/types.ts';
import { openLane, T0 } from '../store/examples.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';

const LEASE_MS = MINUTE;
const SETTLE_MS = 2 * MINUTE;

/** Where a host can be made to stand still, and let go. */
class Gate {
  #open: (() => void) | undefined;
  #reached: (() => void) | undefined;
  readonly reached = new Promise<void>((resolve) => {
    this.#reached = resolve;
  });
  readonly passed = new Promise<void>((resolve) => {
    this.#open = resolve;
  });

  async stop(): Promise<void> {
    this.#reached?.();
    await this.passed;
  }

  open(): void {
    this.#open?.();
  }
}

interface Stalls {
  /** In a step, right before its request. */
  step?: Gate;
  /** Between the intent and the last look at the lease. */
  intent?: Gate;
  /** After that look, before the request reaches the platform. */
  request?: Gate;
  /** The request that stood still does not reach the platform at all. */
  lost?: boolean;
}

/** Two hosts over one store, and a platform that lists what it was sent. */
async function openHosts(store: Store, clock: TestClock) {
  const posts: string[] = [];
  const prepared: string[] = [];
  let mono = 0;
  const startHost = async (host: string, stalls: Stalls = {}, instance = `${host} 1`) => {
    const holder: Holder = { host, instance, leaseMs: LEASE_MS };
    const events: EngineEvent[] = [];
    const its = steered(clock);
    const presence = openPresence({
      store,
      clock: its,
      monotonic: () => mono,
      holder,
      version: '1.0.0',
      onChange: () => undefined,
      onError: () => undefined,
    });
    await presence.enter();
    const publish: Platform['publish'] = async ({ run, http }) => {
      await run.step('prepare', async () => {
        await stalls.step?.stop();
        return http.send({ url: 'https://x.test', call: 'prepare' });
      });
      const name = `post-${run.jobId}`;
      const id = await run.commit('publish', {
        act: async () => {
          await stalls.request?.stop();
          if (stalls.lost) throw new Failure('E_NETWORK');
          posts.push(`${name} by ${host}`);
          return name;
        },
        inDoubt: async () => (posts.length > 0 ? { found: name } : 'absent'),
      });
      return { id, url: null };
    };
    const platform = {
      id: 'youtube',
      name: 'YouTube',
      limits: [],
      costs: {},
      settleMs: SETTLE_MS,
      fit: () => ({ body: '', count: { used: 0, max: 1, unit: 'characters' }, notes: [] }),
      publish,
    } as unknown as Platform;
    const deps = {
      store,
      clock,
      random: () => 0.5,
      registry: {
        platform: () => platform,
        service: () => undefined,
        source: () => undefined,
      },
      connect: (_account: unknown, _service: unknown, meter: Meter) => ({
        async send(request: HttpRequest) {
          await meter.spend(request);
          prepared.push(host);
        },
      }),
      obtain: async () => ({ sha256: 'f' }),
      seal: { seal: (text: string) => text, unseal: (text: string) => text },
      witness: () => stalls.intent?.stop(),
      presence,
      settings: {
        retry: { baseMs: SECOND, capMs: MINUTE, attempts: 3, giveUpMs: DAY },
        concurrency: 4,
        pollIntervalMs: MINUTE,
      },
      emit: (event: EngineEvent) => void events.push(event),
    } as unknown as EngineDeps;
    const lanes = new Lanes(deps, () => undefined);
    const work = async () => {
      await store.jobs.recover(clock.now(), holder);
      while (await lanes.fill());
      await lanes.idle();
    };
    return { holder, presence, clock: its, lanes, events, work };
  };
  /** Moves all clocks. */
  const pass = (ms: number) => {
    mono += ms;
    clock.advance(ms);
  };
  const addMono = (ms: number) => {
    mono += ms;
  };
  return { store, clock, posts, prepared, startHost, pass, addMono };
}

type World = Awaited<ReturnType<typeof openHosts>>;
type Host = Awaited<ReturnType<World['startHost']>>;

/** Lets a host look again and again, for so long. */
async function lookFor({ pass }: World, host: Host, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= MINUTE) {
    pass(MINUTE);
    await host.presence.leads('nothing', MINUTE);
    await host.work();
  }
}

function describeStall(open: (clock: TestClock) => Promise<Store>): void {
  const openWorld = async () => {
    const clock = new TestClock(T0);
    const store = await open(clock);
    onTestFinished(() => store.close());
    const world = await openHosts(store, clock);
    return { world, id: await (await openLane(store)).addJob() };
  };
  const jobOf = async ({ store }: World, id: number) => store.jobs.get(id);

  it('between intent and request, beyond its lease, sends nothing when it goes on', async () => {
    const { world, id } = await openWorld();
    const intent = new Gate();
    const a = await world.startHost('a', { intent });
    const b = await world.startHost('b');
    const stalled = a.work();
    await intent.reached;
    await lookFor(world, b, 10 * MINUTE);
    expect(await jobOf(world, id)).toMatchObject({ state: 'waiting', reason: 'processing', sender: 'a' });
    expect(world.posts).toEqual([]);
    intent.open();
    await stalled;
    expect(world.posts).toEqual([]);
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'trouble' }));
    // What it took back is in doubt no more: the other may send.
    await lookFor(world, b, 10 * MINUTE);
    expect(world.posts).toEqual([`post-${id} by b`]);
    expect(await jobOf(world, id)).toMatchObject({ state: 'published' });
  });

  it('in a step, beyond its lease, sends nothing when it goes on', async () => {
    const { world, id } = await openWorld();
    const step = new Gate();
    const a = await world.startHost('a', { step });
    const b = await world.startHost('b');
    const stalled = a.work();
    await step.reached;
    await lookFor(world, b, 2 * MINUTE);
    expect(world.posts).toEqual([`post-${id} by b`]);
    step.open();
    await stalled;
    expect(world.prepared).toEqual(['b']);
    expect(a.events).toContainEqual(expect.objectContaining({ kind: 'trouble' }));
    expect(await jobOf(world, id)).toMatchObject({ state: 'published' });
  });

  it('after its last look at the lease, posts late: the other only looks, and finds it', async () => {
    const { world, id } = await openWorld();
    const request = new Gate();
    const a = await world.startHost('a', { request });
    const b = await world.startHost('b');
    const stalled = a.work();
    await request.reached;
    await lookFor(world, b, 30 * MINUTE);
    expect(world.posts).toEqual([]);
    request.open();
    await stalled;
    // An outcome is written whatever the lease says.
    expect(await jobOf(world, id)).toMatchObject({ state: 'published', sender: null });
    await lookFor(world, b, 10 * MINUTE);
    expect(world.posts).toEqual([`post-${id} by a`]);
  });

  it('after its last look at the lease, and whose request is lost: it says so, and another sends', async () => {
    const { world, id } = await openWorld();
    const request = new Gate();
    const a = await world.startHost('a', { request, lost: true });
    const b = await world.startHost('b');
    const stalled = a.work();
    await request.reached;
    await lookFor(world, b, 30 * MINUTE);
    expect(await jobOf(world, id)).toMatchObject({ state: 'waiting', reason: 'processing', sender: 'a' });
    request.open();
    await stalled;
    await a.work();
    expect(await jobOf(world, id)).toMatchObject({ sender: null });
    await lookFor(world, b, SETTLE_MS);
    expect(world.posts).toEqual([]);
    await lookFor(world, b, 10 * MINUTE);
    expect(world.posts).toEqual([`post-${id} by b`]);
    expect(await jobOf(world, id)).toMatchObject({ state: 'published' });
  });

  it('while the database takes longer to answer than a lease is sure: its job goes on all the same', async () => {
    const { world, id } = await openWorld();
    const request = new Gate();
    const a = await world.startHost('a', { request, lost: true });
    const failing = a.work();
    await request.reached;
    const { beat } = world.store.hosts;
    world.store.hosts.beat = async (...given) => {
      const answer = await beat(...given);
      world.pass(40 * SECOND);
      return answer;
    };
    world.pass(40 * SECOND);
    request.open();
    await failing;
    expect(await jobOf(world, id)).toMatchObject({ state: 'waiting' });
  });

  it('and is wrongly taken for dead by a person: it sees that the job is another’s, and leaves its sending alone', async () => {
    const { world, id } = await openWorld();
    const intent = new Gate();
    const request = new Gate();
    const a = await world.startHost('a', { intent });
    const b = await world.startHost('b', { request });
    const stalled = a.work();
    await intent.reached;
    world.pass(10 * MINUTE);
    await world.store.hosts.declareDead('a', world.clock.now());
    await b.work();
    world.pass(10 * MINUTE);
    const sending = b.work();
    await request.reached;
    intent.open();
    await stalled;
    // Its own is taken back, the other’s stands.
    expect(await world.store.journal.load(id)).toMatchObject([{}, {}, { state: 'intent', sends: 1 }]);
    request.open();
    await sending;
    expect(world.posts).toEqual([`post-${id} by b`]);
    expect(await jobOf(world, id)).toMatchObject({ state: 'published' });
  });

  it('for ever: the job ends unknown, and says why', async () => {
    const { world, id } = await openWorld();
    const request = new Gate();
    const a = await world.startHost('a', { request });
    const b = await world.startHost('b');
    const stalled = a.work();
    await request.reached;
    world.pass(2 * MINUTE);
    await b.work();
    world.pass(DAY);
    await b.work();
    world.pass(DAY + MINUTE);
    await b.work();
    const job = await jobOf(world, id);
    expect(job).toMatchObject({ state: 'unknown', error: { code: 'E_UNKNOWN_OUTCOME' } });
    expect(job?.error?.message).toMatch(/host “a” sent it once without an answer/);
    expect(world.posts).toEqual([]);
    request.open();
    await stalled;
    expect(await jobOf(world, id)).toMatchObject({ state: 'published' });
  });

  it('and starts anew under its name: its sending has left by then, and is sent again once it must be listed', async () => {
    const { world, id } = await openWorld();
    const lost = new Gate();
    const a = await world.startHost('a', { request: lost });
    void a.work();
    await lost.reached;
    const again = await world.startHost('a', {}, 'a 2');
    await again.work();
    expect(world.posts).toEqual([]);
    await lookFor(world, again, 10 * MINUTE);
    expect(world.posts).toEqual([`post-${id} by a`]);
  });
}

describe('a host that stands still, over one file', () => {
  describeStall((clock) => openStore({ path: ':memory:', clock }));

  it('is not saved by a clock that was set back', async () => {
    const clock = new TestClock(T0);
    const store = await openStore({ path: ':memory:', clock });
    onTestFinished(() => store.close());
    const world = await openHosts(store, clock);
    const id = await (await openLane(store)).addJob();
    const a = await world.startHost('a');
    const { accountId } = (await store.jobs.get(id)) ?? { accountId: 0 };
    await a.presence.claim((holder) => store.jobs.claim(accountId, clock.now(), holder));
    let asked = 0;
    const { beat } = store.hosts;
    store.hosts.beat = (...given) => {
      asked += 1;
      return beat(...given);
    };
    world.pass(20 * SECOND);
    await a.presence.witness(id);
    expect(asked).toBe(0);
    clock.advance(-10 * MINUTE);
    world.addMono(40 * SECOND);
    await a.presence.witness(id);
    expect(asked).toBe(1);
    store.hosts.beat = () => Promise.reject(new Failure('E_DB_UNREACHABLE'));
    world.pass(LEASE_MS);
    await expect(a.presence.witness(id)).rejects.toMatchObject({ code: 'E_LEASE_LOST', certain: true });
  });
});

describe('a host', () => {
  const openHost = async () => {
    const clock = new TestClock(T0);
    const store = await openStore({ path: ':memory:', clock });
    onTestFinished(() => store.close());
    const world = await openHosts(store, clock);
    const id = await (await openLane(store)).addJob();
    const host = await world.startHost('a');
    const { accountId } = (await store.jobs.get(id)) ?? { accountId: 0 };
    await host.presence.claim((holder) => store.jobs.claim(accountId, clock.now(), holder));
    return { world, store, id, ...host };
  };

  it('knows for certain that nothing left where its lease ended before the first request of a post', async () => {
    const { world, id, presence } = await openHost();
    await presence.witness(id);
    await world.store.hosts.declareDead('a', world.clock.now());
    world.pass(LEASE_MS);
    await expect(presence.attend(id)).rejects.toMatchObject({ code: 'E_LEASE_LOST', certain: true });
  });

  it('does not know it where a request of it has left', async () => {
    const { world, id, presence } = await openHost();
    await presence.witness(id);
    await presence.attend(id);
    await world.store.hosts.declareDead('a', world.clock.now());
    world.pass(LEASE_MS);
    await expect(presence.attend(id)).rejects.toMatchObject({ code: 'E_LEASE_LOST', certain: false });
  });

  it('is set right by each sign of life', async () => {
    const { world, store, id, presence, clock } = await openHost();
    const { beat } = store.hosts;
    store.hosts.beat = async (...given) => {
      const answer = await beat(...given);
      return answer && { ...answer, at: answer.at + 3 * 60 * MINUTE };
    };
    world.pass(40 * SECOND);
    await presence.witness(id);
    expect(clock.now()).toBe(world.clock.now() + 3 * 60 * MINUTE);
  });
});

describeWithPostgres('a host that stands still, over PostgreSQL', (server) => {
  describeStall(() =>
    openPostgresStore({ address: server.address(), env: {}, serverTime: false, connections: 3 }),
  );
});
