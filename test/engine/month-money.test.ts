import { expect, it } from 'vitest';
import { x } from '../../src/platforms/x.ts';
import { xPrices } from '../../src/platforms/x-rules.ts';
import { drive, giveJob, openWorld, signInTo, startLife } from '../contract/home.ts';

it('money of a month that is spent holds the posts, and the next month’s lets them go on, one a month', async () => {
  const world = await openWorld();
  const account = await signInTo(world, x);
  await world.store.limits.setMax(`account:${account.id}`, 'money', xPrices.createPost);
  const start = world.clock.now();
  for (const caption of ['One', 'Two', 'Three']) await giveJob(world, account, caption);
  await drive(
    world,
    await startLife(world, {
      platform: x,
      settings: {
        retry: {
          baseMs: 2000,
          capMs: 3_600_000,
          attempts: 8,
          giveUpMs: 100 * 86_400_000,
        },
      },
    }),
  );
  const months = world.sandbox
    .posts()
    .map(({ publishedAt }) => new Date(publishedAt).toISOString().slice(0, 7))
    .sort();
  const monthAfter = (n: number) => {
    const at = new Date(start);
    return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + n, 1)).toISOString().slice(0, 7);
  };
  expect(months).toEqual([monthAfter(0), monthAfter(1), monthAfter(2)]);
});
