import { spawn } from 'node:child_process';
import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweepFaketime } from '../faketime.ts';
import type { Gate } from '../gate.ts';
import { describeWith } from '../tools.ts';
import { entry } from './home.ts';
import { type FaultStage, openStage } from './stage.ts';

const MINUTE = 60_000;
const CAPTION = 'posted, and then the power went';

/** Kills when the post has been made and before its answer leaves. */
let kill: (() => Promise<void>) | undefined;

const gate: Gate = async (request, platform, answer) => {
  const answered = await answer();
  if (kill && platform === 'x' && request.path === '/2/tweets') await kill();
  return answered;
};

describeWith({ faketime: 'faketime' }, 'a database that is cut off, its post out and not recorded', () => {
  let stage: FaultStage;
  const home = () => join(stage.dir, 'home');
  const kept = () => join(stage.dir, 'kept');
  const database = (part = '') => join(home(), 'data', `repost.db${part}`);

  beforeAll(async () => {
    stage = await openStage(['x'], { gate });
    await stage.publish(CAPTION);
    const child = spawn(process.execPath, [entry, 'sync'], { env: stage.movedEnv(), stdio: 'ignore' });
    child.once('exit', () => sweepFaketime(child.pid));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    kill = async () => {
      child.kill('SIGKILL');
      await gone;
    };
    await gone;
    kill = undefined;
    expect(child.signalCode).toBe('SIGKILL');
    expect(stage.shown('x', CAPTION)).toHaveLength(1);
    cpSync(home(), kept(), { recursive: true });
    stage.skip(31 * MINUTE);
  }, 180_000);
  afterAll(() => stage?.close());

  /** Brings the home back to the moment of the kill, in its own place: elsewhere it would be a copy. */
  function rewind(): void {
    rmSync(home(), { recursive: true });
    cpSync(kept(), home(), { recursive: true });
  }

  it('is not cut: the post is found, and nothing is posted', async () => {
    rewind();
    expect((await stage.sync()).summary).toMatchObject({ waiting: 0, unknown: 0 });
    expect((await stage.jobs(CAPTION)).map(({ state }) => state)).toEqual(['published']);
    expect(stage.shown('x', CAPTION)).toHaveLength(1);
  });

  it('in its log, anywhere: the post is found or its account is held; nothing is posted twice', async () => {
    rewind();
    const log = readFileSync(database('-wal'));
    const seen = new Set<string>();
    // The latest pages hold the intent: there it must be cut finely, before them coarsely.
    const cuts = [0.02, 0.3, 0.6, 0.85, 0.93, 0.97, 0.99, 0.999].map((part) => Math.floor(log.length * part));
    for (const at of cuts) {
      rewind();
      truncateSync(database('-wal'), at);
      const { code, stderr } = await stage.run('sync', '--json');
      expect(code, `cut at ${at} of ${log.length}: ${stderr}`).toBe(0);
      const status = JSON.parse((await stage.run('status', '--json')).stdout) as {
        attention: { command: string | null }[];
      };
      const held = status.attention.some(({ command }) => command === 'repost quarantine');
      const [job] = await stage.jobs(CAPTION);
      expect(stage.shown('x', CAPTION), `cut at ${at}: posted twice`).toHaveLength(1);
      expect(held || job?.state === 'published', `cut at ${at}: ${job?.state}`).toBe(true);
      seen.add(held ? 'held' : 'found');
    }
    expect([...seen]).toContain('held');
  });

  it('in the file itself: says that it is damaged and which command helps; nothing is posted', async () => {
    const size = readFileSync(database()).length;
    const damages: [string, () => void][] = [
      ['empty', () => truncateSync(database(), 0)],
      ['half', () => truncateSync(database(), size / 2)],
      ['its last page gone', () => truncateSync(database(), size - 4096)],
      ['its head overwritten', () => writeFileSync(database(), Buffer.alloc(200, 0x5a), { flag: 'r+' })],
    ];
    for (const [what, damage] of damages) {
      rewind();
      rmSync(database('-wal'), { force: true });
      rmSync(database('-shm'), { force: true });
      damage();
      const { code, stderr } = await stage.run('sync', '--json');
      const { error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as {
        error: { code: string; hint: string; command: string | null };
      };
      expect([code, error.code], what).toEqual([1, 'E_DB_CORRUPT']);
      expect(`${error.hint} ${error.command}`, what).toMatch(/backup.*repost restore/u);
      expect(stage.shown('x', CAPTION), what).toHaveLength(1);
    }
  });
});
