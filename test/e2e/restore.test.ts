import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type FaultStage, openStage } from './stage.ts';

const MINUTE = 60_000;

describeWith({ faketime: 'faketime' }, 'a backup that is put back', () => {
  let stage: FaultStage;
  beforeAll(async () => {
    stage = await openStage(['x']);
  });
  afterAll(() => stage?.close());

  it('publishes nothing that went out after it was made, and says what is held and the way out', async () => {
    const copy = join(stage.dir, 'copy.db');
    await stage.publish('before the backup');
    expect((await stage.sync()).summary.published).toBe(1);
    expect((await stage.run('backup', copy)).code).toBe(0);
    await stage.publish('after the backup');
    expect((await stage.sync()).summary.published).toBe(1);

    const restored = await stage.run('restore', copy);
    expect(restored.code).toBe(0);
    expect(restored.stderr).toContain('publishing is held until each account shows nothing unknown');
    expect(restored.stderr).toContain('repost quarantine release ACCOUNT');

    const first = await stage.sync();
    expect(first.stdout).toContain('a backup was restored');
    // Once at once, once when X lists all that was posted, once when it is looked at again.
    for (const laterMs of [0, 30 * MINUTE, 2 * 60 * MINUTE]) {
      stage.skip(laterMs);
      expect((await stage.sync()).summary.published).toBe(0);
    }
    for (const caption of ['before the backup', 'after the backup'])
      expect(stage.shown('x', caption), caption).toHaveLength(1);
    const [held] = await stage.jobs('after the backup');
    expect(held).toMatchObject({ state: 'waiting', reason: 'paused' });

    const { stdout } = await stage.run('quarantine');
    expect(stdout).toMatch(/^Held since .*a backup was restored/u);
    expect(stdout).toContain('x:@creator shows what repost does not know:');
    expect(stdout).toContain('after the backup');
    expect(stdout).toContain('$ repost quarantine release ACCOUNT');

    // As it says: what is out already is cancelled, then the account goes on with what is new.
    expect((await stage.run('jobs', 'cancel', String(held?.id))).code).toBe(0);
    expect((await stage.run('quarantine', 'release', 'x:@creator')).code).toBe(0);
    await stage.publish('after the release');
    expect((await stage.sync()).summary.published).toBe(1);
    for (const caption of ['before the backup', 'after the backup', 'after the release'])
      expect(stage.shown('x', caption), caption).toHaveLength(1);
  });
});
