import { describe, expect, it } from 'vitest';
import { MINUTE, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { EngineDeps } from '../../src/engine/deps.ts';
import { pollSource } from '../../src/engine/watcher.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { T0 } from '../store/examples.ts';

/** A watched folder whose polls all fail so. */
async function openWatched(failure: () => Failure) {
  const clock = new TestClock(T0);
  const store = await openStore({ path: ':memory:', clock });
  const { id } = await store.sources.add(
    { kind: 'folder', accountId: null, locator: '/videos', name: '/videos', user: 'me' },
    T0,
  );
  const source = {
    poll: async () => {
      throw failure();
    },
  };
  const deps = {
    store,
    clock,
    registry: { source: () => source, service: () => undefined },
    anonymous: {},
    settings: { pollIntervalMs: 2 * MINUTE, retry: { attempts: 5 } },
    emit: () => undefined,
  } as unknown as EngineDeps;
  const read = async () => {
    const row = await store.sources.get(id);
    if (!row) throw new Error('the source is gone');
    return row;
  };
  return {
    clock,
    read,
    /** It was read well then. */
    watched: (at: number) => store.sources.polled(id, at, at, null),
    poll: async () => {
      await pollSource(deps, await read());
      return (await read()).nextPollAt - clock.now();
    },
  };
}

describe('a source that can’t be read', () => {
  it('is asked ever less often where it fails', async () => {
    const { poll } = await openWatched(() => new Failure('E_NETWORK'));
    expect([await poll(), await poll(), await poll()]).toEqual([2 * MINUTE, 4 * MINUTE, 8 * MINUTE]);
    for (let n = 0; n < 10; n += 1) await poll();
    expect(await poll()).toBe(30 * MINUTE);
  });

  it('is asked again soon after a full limit frees, however often that held it', async () => {
    const { clock, poll, read } = await openWatched(
      () => new Failure('E_QUOTA', { kind: 'later', reason: 'quota', notBefore: clock.now() + 20_000 }),
    );
    for (let n = 0; n < 12; n += 1) {
      const wait = await poll();
      expect(wait).toBeGreaterThanOrEqual(20_000);
      expect(wait).toBeLessThan(20_000 + MINUTE / 2);
      clock.advance(wait);
    }
    expect(await read()).toMatchObject({ failures: 1, error: { code: 'E_QUOTA' } });
  });

  it('comes the sooner the longer a full limit has held it, so that none takes each free place', async () => {
    const { clock, poll, watched } = await openWatched(
      () => new Failure('E_QUOTA', { kind: 'later', reason: 'quota', notBefore: clock.now() + 20_000 }),
    );
    await watched(T0);
    const soon = (await poll()) - 20_000;
    expect(soon).toBeGreaterThan(0);
    clock.advance(40 * MINUTE);
    expect((await poll()) - 20_000).toBe(Math.floor(soon / 20));
  });
});
