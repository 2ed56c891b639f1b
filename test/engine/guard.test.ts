import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR } from '../../src/core/clock.ts';
import { createEngine } from '../../src/engine/engine.ts';
import {
  enterHome,
  type HomeFacts,
  type Marker,
  openWitness,
  readQuarantine,
  releaseQuarantine,
} from '../../src/engine/guard.ts';
import { x } from '../../src/platforms/x.ts';
import { breachesOf, drive, giveJob, openWorld, signInTo, startLife, type World } from '../contract/home.ts';

let marker: Marker | undefined;

const facts = (change: Partial<HomeFacts> = {}): HomeFacts => ({
  machineId: 'this-machine',
  path: '/home/me/repost.db',
  newId: () => 'home-1',
  readMarker: async () => marker,
  writeMarker: async (next) => {
    marker = next;
  },
  noteMarker: async (next) => {
    marker = next;
  },
  ...change,
});

describe('a home that may not know all that was posted', () => {
  let world: World;
  const enter = (change: Partial<HomeFacts> = {}) => enterHome(world.store, facts(change), world.clock.now());

  beforeEach(async () => {
    marker = undefined;
    world = await openWorld();
  });

  it('is entered again and again without a word', async () => {
    expect(await enter()).toBeUndefined();
    expect(await enter()).toBeUndefined();
    expect(marker).toEqual({ homeId: 'home-1', generation: 2 });
  });

  it('is held when the database is older than the last run', async () => {
    await enter();
    marker = { homeId: 'home-1', generation: 9 };
    expect((await enter())?.reason).toMatch(/backup was restored/);
    expect(marker?.generation).toBe(10);
  });

  it('is held when it was copied while a run was under way, and the run went on to post', async () => {
    const account = await signInTo(world, x);
    await enter();
    // Copied now, the database has the count of this very run: only what is counted with each post tells.
    const copied = await world.store.meta.get('home.generation');
    const { deps, engine } = await startLife(world, { platform: x });
    const witness = openWitness(world.store, facts());
    await giveJob(world, account);
    await drive(world, { engine: createEngine({ ...deps, witness }) });
    await engine.idle();
    await world.store.meta.set('home.generation', copied ?? '');
    expect((await enter())?.reason).toMatch(/older than what was posted last/);
  });

  it('counts each post of lanes that publish at once by itself', async () => {
    await enter();
    const witness = openWitness(world.store, facts());
    await Promise.all([witness(), witness(), witness()]);
    expect(marker?.generation).toBe(4);
    expect(await world.store.meta.get('home.generation')).toBe('4');
    expect(await enter()).toBeUndefined();
  });

  it('is not held where a database server commits two counts in the other order', async () => {
    await enter();
    const { meta } = world.store;
    const held: (() => void)[] = [];
    const set: typeof meta.set = async (key, value) => {
      // Both are on their way at once, and the one that left last arrives first.
      if (held.length < 1) await new Promise<void>((resolve) => void held.push(resolve));
      await meta.set(key, value);
    };
    const witness = openWitness({ ...world.store, meta: { ...meta, set } }, facts());
    const both = Promise.all([witness(), witness()]);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    for (const release of held) release();
    await both;
    expect(await enter()).toBeUndefined();
  });

  it('is held on another machine and in another place', async () => {
    await enter();
    expect((await enter({ machineId: 'another' }))?.reason).toMatch(/another machine/);
    await releaseQuarantine(world.store);
    expect((await enter({ machineId: 'another', path: '/mnt/copy/repost.db' }))?.reason).toMatch(
      /live twice/,
    );
  });

  it('stays held over restarts until somebody lets it go', async () => {
    await enter();
    await enter({ machineId: 'another' });
    expect(await enter({ machineId: 'another' })).toBeDefined();
    await releaseQuarantine(world.store);
    expect(await enter({ machineId: 'another' })).toBeUndefined();
  });

  it('publishes where the account shows nothing unknown', async () => {
    const account = await signInTo(world, x);
    await enter();
    await enter({ machineId: 'another' });
    const job = await giveJob(world, account);
    await drive(world, await startLife(world, { platform: x }));
    expect((await world.store.jobs.get(job))?.state).toBe('published');
    expect(await readQuarantine(world.store)).toBeUndefined();
  });

  it('posts nothing again that a restored backup forgot, until a person says so', async () => {
    const account = await signInTo(world, x);
    await enter();
    const forgotten = await openWorldBehind(world);
    const job = await giveJob(forgotten, account, 'posted before the backup came back');
    // The account already shows this video: the lost half of the history posted it.
    const first = await giveJob(world, account, 'posted before the backup came back');
    await drive(world, await startLife(world, { platform: x }));
    expect((await world.store.jobs.get(first))?.state).toBe('published');

    await enterHome(forgotten.store, facts({ machineId: 'elsewhere' }), forgotten.clock.now());
    await drive(forgotten, await startLife(forgotten, { platform: x }));
    const held = await forgotten.store.jobs.get(job);
    expect([held?.state, held?.reason]).toEqual(['waiting', 'paused']);
    expect(held?.error?.message).toMatch(/1 post\(s\) that it does not know/);
    expect(await breachesOf(world, x, [first])).toEqual([]);
  });
});

/** The same platforms, vault and time, with an empty memory: what a lost database leaves. */
async function openWorldBehind(world: World): Promise<World> {
  const fresh = await openWorld();
  const accounts = await world.store.accounts.list();
  for (const { platform, handle, name, remoteId, user, scopes, settings } of accounts) {
    await fresh.store.accounts.save(
      { platform, handle, name, remoteId, user, scopes, settings },
      world.clock.now(),
    );
  }
  await fresh.store.meta.set('home.id', 'home-1');
  await fresh.store.meta.set('home.generation', '1');
  await fresh.store.meta.set('home.enteredAt', String(world.clock.now() - HOUR));
  return { ...world, store: fresh.store };
}
