import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { EngineEvent } from '../../src/engine/deps.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { clearHosted } from '../../src/engine/hosting.ts';
import { threads } from '../../src/platforms/threads.ts';
import { drive, giveJob, openWorld, signInTo, startLife, type World } from '../contract/home.ts';
import { mortality } from '../contract/mortal.ts';
import { sandboxTransport } from '../platforms/in-process.ts';

const objects = (world: World) => world.sandbox.control('bucket', 'objects') as Promise<unknown[]>;
const uploads = (world: World) => world.sandbox.requests().filter(({ method }) => method === 'PUT').length;

async function worldWithJob() {
  const world = await openWorld();
  const account = await signInTo(world, threads);
  return { world, account, jobId: await giveJob(world, account) };
}

describe('copies on the media host', () => {
  it('are gone, and forgotten, once the job is published', async () => {
    const { world, jobId } = await worldWithJob();
    await drive(world, await startLife(world, { platform: threads }));
    expect((await world.store.jobs.get(jobId))?.state).toBe('published');
    expect(uploads(world)).toBe(1);
    expect(await objects(world)).toEqual([]);
    expect(await world.store.hosted.list()).toEqual([]);
  });

  it.each(['dead', 'cancelled'])('are gone when the job ends %s', async (state) => {
    const { world, jobId } = await worldWithJob();
    const life = await startLife(world, { platform: threads });
    const error = state === 'dead' ? 'INVALID_BIT_RATE' : '';
    await world.sandbox.control('threads', 'quirks', { processingError: error, processingMs: DAY });
    await life.engine.pump();
    await life.engine.idle();
    expect(await objects(world)).toHaveLength(1);
    if (state === 'cancelled') await world.store.jobs.cancel(jobId, null, world.clock.now());
    else await world.sandbox.control('threads', 'quirks', { processingMs: 0 });
    await drive(world, life);
    await clearHosted(life.deps);
    expect((await world.store.jobs.get(jobId))?.state).toBe(state);
    expect(await objects(world)).toEqual([]);
    expect(await world.store.hosted.list()).toEqual([]);
  });

  it('are found and taken away after a kill at any point', async () => {
    for (let point = 1; ; point += 1) {
      const { world, jobId } = await worldWithJob();
      const life = mortality(point);
      const { engine } = await startLife(world, {
        platform: threads,
        store: life.store(world.store),
        transport: life.transport(sandboxTransport(world.sandbox)),
      });
      await drive(world, {
        engine: { ...engine, pump: () => (life.dead ? Promise.reject(new Error('dead')) : engine.pump()) },
      }).catch(() => undefined);
      await engine.idle();
      const last = await startLife(world, { platform: threads });
      await last.engine.recover();
      await drive(world, last);
      await last.engine.poll('all');
      const at = `killed at ${point}`;
      expect((await world.store.jobs.get(jobId))?.state, at).toBe('published');
      expect(await objects(world), at).toEqual([]);
      expect(await world.store.hosted.list(), at).toEqual([]);
      await world.store.close();
      if (!life.dead) break;
    }
  });

  it('are made anew where the address ran out while the job waited, or the copy was taken away', async () => {
    for (const trouble of ['late', 'gone'] as const) {
      const { world, jobId } = await worldWithJob();
      const life = await startLife(world, { platform: threads });
      // The copy is there; the container can’t be made yet.
      const stop = world.sandbox.faults.add({
        path: '^/v1\\.0/\\d+/threads$',
        action: { kind: 'status', status: 503 },
      });
      await life.engine.pump();
      await life.engine.idle();
      expect(uploads(world)).toBe(1);
      if (trouble === 'late') world.clock.advance(12 * HOUR);
      else for (const { id } of await world.store.hosted.list()) await world.store.hosted.remove(id);
      stop();
      await drive(world, life);
      expect((await world.store.jobs.get(jobId))?.state, trouble).toBe('published');
      expect(uploads(world), trouble).toBe(2);
    }
  });

  it('keep their names sealed in the database', async () => {
    const { world } = await worldWithJob();
    const life = await startLife(world, { platform: threads });
    await world.sandbox.control('threads', 'quirks', { processingMs: DAY });
    await life.engine.pump();
    await life.engine.idle();
    const [row] = await world.store.hosted.list();
    const [object] = (await objects(world)) as { name: string }[];
    expect(row?.handle).toMatch(/^sealed:/u);
    expect(JSON.stringify([row, await world.store.journal.load(row?.jobId ?? 0)])).not.toContain(
      object?.name.slice(-20) ?? 'none',
    );
  });

  it('that can’t be deleted now are told of, kept in mind, and deleted later', async () => {
    const { world, jobId } = await worldWithJob();
    const { deps } = await startLife(world, { platform: threads });
    const events: EngineEvent[] = [];
    const engine = createEngine({ ...deps, emit: (event) => void events.push(event) });
    const stop = world.sandbox.faults.add({ platform: 'bucket', method: 'DELETE', action: 'refuse' });
    await drive(world, { engine });
    expect((await world.store.jobs.get(jobId))?.state).toBe('published');
    expect(await objects(world)).toHaveLength(1);
    expect(events.some(({ kind }) => kind === 'trouble')).toBe(true);
    stop();
    await engine.poll('all');
    expect(await objects(world)).toEqual([]);
    expect(await world.store.hosted.list()).toEqual([]);
  });

  it('wait for a host that is missing or broken without using attempts', async () => {
    for (const host of [
      async () => undefined,
      async () => {
        throw new Failure('E_HOST', { kind: 'later', reason: 'media', notBefore: 0, message: 'broken' });
      },
    ]) {
      const { world, jobId } = await worldWithJob();
      const { deps } = await startLife(world, { platform: threads });
      const engine = createEngine({ ...deps, host });
      await engine.pump();
      await engine.idle();
      expect(await world.store.jobs.get(jobId)).toMatchObject({
        state: 'waiting',
        reason: 'media',
        attempt: 0,
      });
      await drive(world, await startLife(world, { platform: threads }));
      expect((await world.store.jobs.get(jobId))?.state).toBe('published');
    }
  });
});
