import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MINUTE, TestClock } from '../../src/core/clock.ts';
import { asFailure } from '../../src/core/failure.ts';
import { openStore } from '../../src/store/sqlite.ts';
import { openLane, T0 } from '../store/examples.ts';
import { openAlertWorld } from './alert-world.ts';

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
const name = `a database that can’t be written${able ? '' : ' (skipped: only root may mount a small disk)'}`;

(able ? describe : describe.skip)(name, () => {
  it('does not keep what is critical from being told, once, nor its end', async () => {
    const folder = smallDisk();
    if (!folder) throw new Error('a small disk could not be mounted');
    onTestFinished(() => unmount(folder));
    const store = await openStore({ path: join(folder, 'repost.db'), clock: new TestClock(T0) });
    const world = await openAlertWorld(store);
    const { alerts, clock, disk, told } = world;
    await world.addChannel();
    await openLane(store);
    await world.live(2 * MINUTE);
    const filler = join(folder, 'filler');
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(filler, Buffer.alloc(bavail * bsize));
    disk.freeBytes = 0;
    let failed: unknown;
    for (let n = 0; n < 50 && failed === undefined; n += 1)
      failed = await store.meta.set(`k${n}`, 'x'.repeat(20_000)).catch((error: unknown) => error);
    expect(asFailure(failed).code).toBe('E_DISK_FULL');
    alerts.trouble(failed);
    await world.live(10 * MINUTE);
    expect(told).toHaveLength(1);
    expect(told[0]?.message).toMatchObject({ severity: 'critical', title: 'The disk is full.' });
    expect(world.errors.length).toBeGreaterThan(0);

    rmSync(filler);
    disk.freeBytes = 50e9;
    await world.live(20 * MINUTE);
    expect(world.items()).toEqual(['open The disk is full.', 'resolved The disk is full.']);
    const notices = await store.alerts.open();
    expect(notices).toEqual([]);
    expect(clock.now()).toBeGreaterThan(T0);
  });
});
