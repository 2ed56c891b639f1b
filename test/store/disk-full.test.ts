import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { backupDatabase } from '../../src/store/backup.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { codeOf, openLane, T0, temporaryFolder } from './examples.ts';

/** A disk of 4 MiB, or undefined where we may not mount one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'repost-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmdirSync(folder);
    return undefined;
  }
  return folder;
}

function unmount(folder: string): void {
  execFileSync('umount', ['-l', folder]);
  rmdirSync(folder);
}

const probe = smallDisk();
if (probe) unmount(probe);
const able = probe !== undefined || process.env['REPOST_TEST_REQUIRE'] === 'all';
const name = `a disk that is full${able ? '' : ' (skipped: only root may mount a small disk)'}`;

(able ? describe : describe.skip)(name, () => {
  const clock = new TestClock(T0);

  function openDisk(): { folder: string; fill: (leaveBytes: number) => void; free: () => void } {
    const folder = smallDisk();
    if (!folder) throw new Error('a small disk could not be mounted');
    onTestFinished(() => unmount(folder));
    const filler = join(folder, 'filler');
    return {
      folder,
      fill(leaveBytes) {
        const { bavail, bsize } = statfsSync(folder);
        writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
      },
      free: () => rmSync(filler),
    };
  }

  it('fails what can’t be written, keeps what was, and goes on once there is room', async () => {
    const disk = openDisk();
    const path = join(disk.folder, 'repost.db');
    const store = await openStore({ path, clock });
    const lane = await openLane(store);
    const id = await lane.addJob();
    disk.fill(64 * 1024);
    let code: unknown;
    let written = 0;
    for (; code === undefined && written < 100; written += 1) {
      code = await codeOf(store.journal.done(id, `step ${written}`, 'step', 'x'.repeat(20_000), T0));
    }
    expect(code).toBe('E_DISK_FULL');
    expect(await store.journal.load(id)).toHaveLength(written - 1);
    const error = await store.journal.done(id, 'more', 'step', 'x'.repeat(20_000), T0).catch((e) => e);
    expect(error).toMatchObject({ code: 'E_DISK_FULL', kind: 'retry' });
    disk.free();
    await store.journal.intend(id, 'publish', T0);
    expect(await store.journal.load(id)).toHaveLength(written);
    await store.close();
    const again = await openStore({ path, clock, check: 'always' });
    expect(await again.journal.load(id)).toHaveLength(written);
    await again.close();
  });

  it('fails each of a group alone: what still fits is written', async () => {
    const disk = openDisk();
    const store = await openStore({ path: join(disk.folder, 'repost.db'), clock });
    disk.fill(48 * 1024);
    const codes = await Promise.all([
      codeOf(store.meta.set('small', 'x')),
      codeOf(store.meta.set('large', 'x'.repeat(500_000))),
      codeOf(store.meta.set('tiny', 'y')),
    ]);
    expect(codes).toEqual([undefined, 'E_DISK_FULL', undefined]);
    expect(await store.meta.get('tiny')).toBe('y');
    expect(await store.meta.get('large')).toBeUndefined();
    disk.free();
    await store.close();
  });

  it('makes no database that is only begun', async () => {
    const disk = openDisk();
    const path = join(disk.folder, 'repost.db');
    disk.fill(8 * 1024);
    expect(await codeOf(openStore({ path, clock }))).toBe('E_DISK_FULL');
    disk.free();
    const store = await openStore({ path, clock });
    expect(await store.meta.get('who')).toBeUndefined();
    await store.close();
  });

  it('leaves no half backup behind', async () => {
    const disk = openDisk();
    const path = join(temporaryFolder(), 'repost.db');
    await (await openStore({ path, clock })).close();
    disk.fill(16 * 1024);
    const { bavail } = statfsSync(disk.folder);
    expect(await codeOf(backupDatabase(path, join(disk.folder, 'backup.db')))).toBe('E_DISK_FULL');
    expect(statfsSync(disk.folder).bavail).toBe(bavail);
  });
});
