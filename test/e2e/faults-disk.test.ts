import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gate } from '../gate.ts';
import { hasTool } from '../tools.ts';
import { type FaultStage, openStage } from './stage.ts';

const MINUTE = 60_000;
const isRoot = process.getuid?.() === 0;
const able = (isRoot && hasTool('faketime')) || process.env['REPOST_TEST_REQUIRE'] === 'all';
const name = `a disk that fails under the home${able ? '' : ' (skipped: wants root, to mount a small disk, and faketime)'}`;

/** Done when the post has been made and before its answer leaves. */
let afterPosting: (() => void) | undefined;

const gate: Gate = async (request, platform, answer) => {
  const answered = await answer();
  if (platform === 'x' && request.method === 'POST' && request.path === '/2/tweets') {
    afterPosting?.();
    afterPosting = undefined;
  }
  return answered;
};

(able ? describe : describe.skip)(name, () => {
  let disk = '';
  let stage: FaultStage;

  beforeAll(async () => {
    disk = mkdtempSync(join(tmpdir(), 'repost-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk], { stdio: 'ignore' });
    stage = await openStage(['x'], { gate, env: { REPOST_HOME: join(disk, 'home') } });
  }, 180_000);
  afterAll(async () => {
    await stage?.close();
    if (!disk) return;
    execFileSync('umount', ['-l', disk]);
    rmdirSync(disk);
  });

  const filler = () => join(disk, 'filler');
  function fill(): void {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(filler(), Buffer.alloc(bavail * bsize));
  }
  const free = () => rmSync(filler());
  const remount = (how: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${how}`, disk]);
  const errorOf = (stderr: string) => {
    const said = stderr.trim().split('\n').at(-1) ?? '';
    return (JSON.parse(said) as { error: { code: string; hint: string } }).error ?? said;
  };

  it('full before anything is sent: says so, posts nothing; with room again, one post', async () => {
    await stage.publish('before a full disk');
    fill();
    const { code, stderr } = await stage.run('sync', '--json');
    expect([code, errorOf(stderr).code]).toEqual([5, 'E_DISK_FULL']);
    expect(errorOf(stderr).hint).not.toBe('');
    expect(stage.shown('x', 'before a full disk')).toEqual([]);
    free();
    expect((await stage.sync()).summary).toMatchObject({ published: 1, waiting: 0 });
    expect(stage.shown('x', 'before a full disk')).toHaveLength(1);
  });

  it('full between the request that publishes and its answer: still one post', async () => {
    await stage.publish('in the middle of a full disk');
    afterPosting = fill;
    const { code } = await stage.run('sync', '--json');
    expect(code).not.toBe(null);
    expect(stage.shown('x', 'in the middle')).toHaveLength(1);
    free();
    stage.skip(31 * MINUTE);
    expect((await stage.sync()).summary).toMatchObject({ waiting: 0, dead: 0, unknown: 0 });
    expect(stage.shown('x', 'in the middle')).toHaveLength(1);
    expect((await stage.jobs('in the middle')).map(({ state }) => state)).toEqual(['published']);
  });

  it('read-only: says so and what to do, posts nothing; writable again, one post', async () => {
    await stage.publish('on a read-only disk');
    remount('ro');
    try {
      const { code, stderr } = await stage.run('sync', '--json');
      expect(code).toBe(1);
      expect(['E_DB_READONLY', 'E_HOME']).toContain(errorOf(stderr).code);
      expect(errorOf(stderr).hint).not.toBe('');
      expect(stage.shown('x', 'read-only')).toEqual([]);
    } finally {
      remount('rw');
    }
    expect((await stage.sync()).summary).toMatchObject({ published: 1, waiting: 0 });
    expect(stage.shown('x', 'read-only')).toHaveLength(1);
  });
});
