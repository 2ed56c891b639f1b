import { beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../src/core/account.ts';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import type { EngineDeps } from '../../src/engine/deps.ts';
import { pollSource } from '../../src/engine/watcher.ts';
import { tiktokSource } from '../../src/platforms/tiktok.ts';
import { tiktok } from '../../src/platforms/tiktok-post.ts';
import { postingSignIn } from '../../src/platforms/tiktok-sign-in.ts';
import { x } from '../../src/platforms/x.ts';
import type { SourceRow } from '../../src/store/types.ts';
import { drive, giveJob, openWorld, signInTo, startLife, type World } from '../contract/home.ts';

/** One TikTok account that is posted to, and watched for X. */
describe('a TikTok account in the middle of a chain', () => {
  let world: World;
  let middle: Account;
  let end: Account;
  let watched: SourceRow;
  let deps: EngineDeps;

  const poll = async () => {
    world.clock.advance(2 * MINUTE);
    await pollSource(deps, watched);
    watched = (await world.store.sources.get(watched.id)) as SourceRow;
  };
  const onward = async () =>
    (await world.store.jobs.list({ accountId: end.id })).map(({ video }) => video.remoteId);
  const byHand = async (caption: string) =>
    ((await world.sandbox.control('tiktok', 'publish', { caption, durationSeconds: 20 })) as { id: string })
      .id;
  const skipped = async () =>
    (await world.store.videos.list({ sourceId: watched.id })).map(({ remoteId, skipped: why }) => [
      remoteId,
      why,
    ]);

  beforeEach(async () => {
    world = await openWorld();
    const { store, clock } = world;
    end = await signInTo(world, x);
    middle = await signInTo(world, { ...tiktok, signIn: postingSignIn });
    const now = clock.now();
    // Jobs come from elsewhere: the first source is theirs.
    await store.sources.add(
      { kind: 'none', accountId: null, locator: 'nowhere', name: 'nowhere', user: 'me' },
      now,
    );
    watched = await store.sources.add(
      { kind: 'tiktok', accountId: middle.id, locator: null, name: middle.account, user: 'me' },
      now,
    );
    await store.rules.add(
      {
        name: 'onward',
        user: 'me',
        sourceId: watched.id,
        destinations: [{ accountId: end.id, options: {} }],
        media: [],
        delayMs: 0,
        approve: false,
        catchUp: { kind: 'all' },
        paused: false,
        startsAt: now,
        spec: {},
      },
      now,
    );
    const life = await startLife(world, { platform: tiktok });
    deps = {
      ...life.deps,
      registry: {
        ...life.deps.registry,
        service: () => tiktok,
        source: (kind) => (kind === 'tiktok' ? tiktokSource : undefined),
      },
    };
    await poll();
  });

  it('sends on what its person posts, and never what repost posted there', async () => {
    const id = await giveJob(world, middle, 'A morning ride');
    await drive(world, await startLife(world, { platform: tiktok }));
    const job = await world.store.jobs.get(id);
    expect(job?.state).toBe('published');
    const own = await byHand('by hand');
    await poll();
    expect(await onward()).toEqual([own]);
    expect(await skipped()).toContainEqual([
      job?.post?.id,
      [{ rule: 'onward', why: 'repost posted it there itself' }],
    ]);
    await poll();
    expect(await onward()).toEqual([own]);
  });

  it('waits while a job is just posting there: its post may be listed before the job knows its id', async () => {
    await giveJob(world, middle, 'A morning ride');
    const { engine } = await startLife(world, { platform: tiktok });
    await engine.pump();
    await engine.idle();
    expect(world.sandbox.requests().some(({ method }) => method === 'PUT')).toBe(true);
    // Out and listed by now; the job has not looked again yet.
    world.clock.advance(MINUTE);
    const own = await byHand('posted by hand meanwhile');
    await poll();
    expect(await skipped()).toEqual([]);
    await drive(world, { engine });
    await poll();
    expect(await onward()).toEqual([own]);
    expect(await skipped()).toHaveLength(2);
  });

  it('knows its post by its words where nobody ever learned whether it came out', async () => {
    const id = await giveJob(world, middle, 'Lost on the way');
    world.sandbox.faults.add({ path: 'status/fetch', times: 1000, action: { kind: 'status', status: 500 } });
    await drive(world, await startLife(world, { platform: tiktok }));
    expect((await world.store.jobs.get(id))?.state).toBe('unknown');
    world.sandbox.faults.clear();
    world.clock.advance(2 * HOUR);
    const own = await byHand('something else');
    await poll();
    expect(await onward()).toEqual([own]);
    const [, ours] = (await skipped()).find(([remoteId]) => remoteId !== own) ?? [];
    expect(ours).toEqual([{ rule: 'onward', why: `it looks like what repost’s job ${id} sent there` }]);
  });

  it('is not caught up by a backfill either', async () => {
    const id = await giveJob(world, middle, 'A morning ride');
    await drive(world, await startLife(world, { platform: tiktok }));
    const own = await byHand('by hand');
    await poll();
    const { store, clock } = world;
    const [rule] = await store.rules.list();
    const backfill = { ...rule!, name: 'later', spec: { backfill: { count: 10 } } };
    const { id: _id, createdAt: _created, updatedAt: _updated, ...wish } = backfill;
    const other = await signInTo(world, { ...x }, 'me');
    await store.rules.add({ ...wish, destinations: [{ accountId: other.id, options: {} }] }, clock.now());
    const { planBackfill } = await import('../../src/engine/backfill.ts');
    const made = await planBackfill(
      { ...deps, registry: { platform: () => x } },
      (await store.rules.list()).find(({ name }) => name === 'later')!,
      { count: 10 },
      clock.now(),
    );
    const posted = (await store.jobs.get(id))?.post?.id;
    expect(made.map(({ video }) => video.remoteId)).not.toContain(posted);
    expect(
      (await store.videos.list({ sourceId: watched.id })).map(({ remoteId }) => remoteId).sort(),
    ).toEqual([posted, own].sort());
  });
});
