import { afterEach, expect, it, vi } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Service } from '../../src/core/platform.ts';
import { startDaemon } from '../../src/engine/daemon.ts';
import type { EngineDeps } from '../../src/engine/deps.ts';
import { createEngine, type Engine } from '../../src/engine/engine.ts';
import { openStore } from '../../src/store/sqlite.ts';

/** Time that passes with every look at it, as it does on a busy machine. */
class PassingClock extends TestClock {
  override now(): number {
    super.advance(1);
    return super.now();
  }
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/**
 * A daemon over one source that is asked every few milliseconds and never has anything. `hold`: what its answer waits
 * for; `freshen`: how the sign-ins of three accounts are renewed; `others`: sources that answer at once; `change`: what
 * else the engine does.
 */
async function watchOne(
  clock: TestClock,
  hold?: Promise<void>,
  freshen = async () => {},
  others: readonly string[] = [],
  change: (engine: Engine) => Partial<Engine> = () => ({}),
) {
  const store = await openStore({ path: ':memory:', clock });
  let polls = 0;
  for (const locator of ['/nowhere', ...others])
    await store.sources.add(
      { kind: 'folder', accountId: null, locator, name: locator, user: 'me' },
      clock.now(),
    );
  for (const remoteId of ['1', '2', '3'])
    await store.accounts.save(
      { platform: 'x', handle: `@${remoteId}`, name: '', remoteId, user: 'me', scopes: [], settings: {} },
      clock.now(),
    );
  const unused = () => {
    throw new Error('nothing is published here');
  };
  const deps: EngineDeps = {
    store,
    clock,
    random: () => 0.5,
    registry: {
      platform: () => undefined,
      service: () => ({ id: 'x' }) as Service,
      source: () => ({
        id: 'folder',
        poll: async ({ locator }) => {
          polls += 1;
          if (locator === '/nowhere') await hold;
          return [];
        },
        stillPublic: async () => 'public',
      }),
    },
    connect: unused,
    anonymous: {} as EngineDeps['anonymous'],
    freshen,
    obtain: unused,
    seal: { seal: (text) => text, unseal: (text) => text },
    settings: {
      retry: { baseMs: 1, capMs: 1, attempts: 1, giveUpMs: 1 },
      concurrency: 1,
      pollIntervalMs: 20,
    },
    emit: () => undefined,
  };
  const engine = createEngine(deps);
  const errors: unknown[] = [];
  const daemon = startDaemon(deps, { ...engine, ...change(engine) }, (error) => void errors.push(error));
  closing.push(async () => {
    await daemon.drain().catch(() => undefined);
    await store.close();
  });
  return { ...daemon, polls: () => polls, errors };
}

it('asks a source again that came due between two looks, without waiting for the tick', async () => {
  const clock = new PassingClock();
  const { polls } = await watchOne(clock);
  await expect
    .poll(
      () => {
        clock.advance(1000);
        return polls();
      },
      { timeout: 5000, interval: 5 },
    )
    .toBeGreaterThan(50);
});

it('shows that it lives while it drains, so that nobody takes it for hanging', async () => {
  let answer: () => void = () => undefined;
  const daemon = await watchOne(
    new TestClock(),
    new Promise<void>((resolve) => {
      answer = resolve;
    }),
  );
  await vi.waitFor(() => expect(daemon.polls()).toBe(1));
  const drained = daemon.drain();
  const before = daemon.turns();
  daemon.nudge();
  daemon.nudge();
  expect(daemon.turns()).toBe(before + 2);
  answer();
  await drained;
});

it('polls on while a sign-in takes for ever to be renewed, and renews the others', async () => {
  let renewals = 0;
  let end: () => void = () => undefined;
  const clock = new PassingClock();
  const daemon = await watchOne(clock, undefined, () => {
    renewals += 1;
    return renewals === 1
      ? new Promise<void>((resolve) => {
          end = resolve;
        })
      : Promise.resolve();
  });
  await expect
    .poll(
      () => {
        clock.advance(1000);
        return daemon.polls();
      },
      { timeout: 5000, interval: 5 },
    )
    .toBeGreaterThan(20);
  expect(renewals).toBe(3);
  end();
});

it('polls the other sources on while one of them does not answer, and asks that one once', async () => {
  let answer: () => void = () => undefined;
  const hold = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const clock = new PassingClock();
  const daemon = await watchOne(clock, hold, undefined, ['/elsewhere']);
  await expect
    .poll(
      () => {
        clock.advance(1000);
        return daemon.polls();
      },
      { timeout: 5000, interval: 5 },
    )
    .toBeGreaterThan(20);
  answer();
});

it('looks at once when the machine has slept, and says nothing about it on the terminal', async () => {
  const said = (['log', 'info', 'warn', 'error'] as const).map((how) =>
    vi.spyOn(console, how).mockImplementation(() => undefined),
  );
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  try {
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const daemon = await watchOne(new TestClock(), held);
    await vi.waitFor(() => expect(daemon.polls()).toBe(1));
    // While it drains, every look counts and nothing else does.
    const drained = daemon.drain();
    const before = daemon.turns();
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(15_000);
    vi.useRealTimers();
    await new Promise(setImmediate);
    const after = daemon.turns();
    answer();
    await drained;
    expect(after).toBeGreaterThan(before);
    expect(said.flatMap((spy) => spy.mock.calls)).toEqual([]);
  } finally {
    vi.useRealTimers();
    vi.restoreAllMocks();
  }
});

/** An engine whose store fails at the first question after the first poll. */
const failingOnce = (code: 'E_DB_UNREACHABLE' | 'E_STORE_MOVED') => {
  let asked = 0;
  return (engine: Engine): Partial<Engine> => ({
    nextDueAt: async () => {
      asked += 1;
      if (asked === 2) throw new Failure(code, { message: 'The database does not answer.' });
      return engine.nextDueAt();
    },
  });
};

it('says so and goes on where the store does not answer for a while', async () => {
  const clock = new PassingClock();
  const { polls, errors } = await watchOne(clock, undefined, undefined, [], failingOnce('E_DB_UNREACHABLE'));
  await expect
    .poll(
      () => {
        clock.advance(100);
        return polls();
      },
      { timeout: 10_000 },
    )
    .toBeGreaterThan(5);
  expect(errors).toMatchObject([{ code: 'E_DB_UNREACHABLE' }]);
});

it('ends where the store is not its own any more', async () => {
  const clock = new PassingClock();
  const { done } = await watchOne(clock, undefined, undefined, [], failingOnce('E_STORE_MOVED'));
  await expect(done).rejects.toMatchObject({ code: 'E_STORE_MOVED' });
});
