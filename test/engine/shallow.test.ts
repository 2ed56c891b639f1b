import { expect, it, onTestFinished } from 'vitest';
import { HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import { openMeter } from '../../src/engine/meter.ts';
import { isShallow } from '../../src/engine/shallow.ts';
import { tiktokService, tiktokSource } from '../../src/platforms/tiktok.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { addAccount, T0 } from '../store/examples.ts';

async function openBooks() {
  const clock = new TestClock(T0);
  const store = await openStore({ path: ':memory:', clock });
  onTestFinished(() => store.close());
  const account = await addAccount(store, '@creator', 'tiktok');
  const meter = openMeter({ service: tiktokService, account, limits: store.limits, clock });
  return {
    clock,
    list: async (times: number) => {
      for (let n = 0; n < times; n += 1) await meter.spend({ url: 'https://x.test', call: 'video.list' });
    },
    shallow: (lastGoodPollAt: number | null, { id = 1, source = tiktokSource } = {}) =>
      isShallow({ store, clock }, { id, lastGoodPollAt }, source, tiktokService, account),
  };
}

it('reads a source deeply as long as a quarter of the listings is free', async () => {
  const { list, shallow } = await openBooks();
  await list(450);
  expect(await shallow(T0)).toBe(false);
  await list(1);
  expect(await shallow(T0)).toBe(true);
  // What was never read, and what is not counted, has nothing to save.
  expect(await shallow(null)).toBe(false);
  expect(await shallow(T0, { source: { ...tiktokSource, listing: 'somewhere.else' } })).toBe(false);
});

it('reads it deeply once in ten minutes where they are scarce, each source at its own instant', async () => {
  const { clock, list, shallow } = await openBooks();
  const deepAt = async (id: number) => {
    const minutes: number[] = [];
    for (let polledAt = clock.now(), end = polledAt + HOUR; polledAt < end; polledAt = clock.now()) {
      clock.advance(2 * MINUTE);
      await list(451);
      if (!(await shallow(polledAt, { id }))) minutes.push((clock.now() / MINUTE) % 10);
    }
    return minutes;
  };
  const [one, other] = [await deepAt(1), await deepAt(40)];
  expect(one).toHaveLength(6);
  expect(new Set(one).size).toBe(1);
  expect(other).toHaveLength(6);
  expect(other[0]).not.toBe(one[0]);
});
