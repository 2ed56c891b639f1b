import { MINUTE } from '../../../src/core/clock.ts';
import type { Life } from '../stage.ts';
import { type LeanWorld, signIn } from './world.ts';

/** The two look at their accounts: sign in where it is asked, say what became of unknown posts, retry dead jobs. */
export async function visit(world: LeanWorld, life: Pick<Life, 'raw' | 'ended'>): Promise<void> {
  const { server, clock, callers } = world;
  const random = world.random.person;
  const store = life.raw;
  const now = clock.now();
  for (const account of await store.accounts.list()) {
    if (account.status !== 'login-needed') continue;
    const caller = callers.find(({ accountId }) => accountId === account.remoteId);
    if (caller) await signIn(world, store, caller);
  }
  for (const job of await store.jobs.list({ states: ['unknown', 'dead'], limit: 1000 })) {
    const { platform, remoteId } = job.account;
    const flavour = world.flavours.find(({ id }) => id === platform);
    // A person looks when the platform shows everything.
    if (now - job.updatedAt < (flavour?.settleMs ?? 0) + 10 * MINUTE || !random.chance(0.7)) continue;
    const [post] = server.postsOf(platform, remoteId, `v${job.video.remoteId}`);
    if (job.state === 'dead') {
      if (random.chance(0.5)) await store.jobs.retry(job.id, now);
    } else if (post) {
      const published = { id: post.id, url: null, publishedAt: post.at, lagMs: 0, warnings: [] };
      await store.jobs.resolve(job.id, { published }, now);
    } else await store.jobs.resolve(job.id, 'not-published', now);
  }
  life.ended += 1;
}
