import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../tools.ts';
import { type FaultStage, openStage, type ShownJob } from './stage.ts';

const MINUTE = 60_000;
const captions = ['first ride', 'second ride', 'third ride'];

describeWith({ faketime: 'faketime' }, 'what could not be published', () => {
  let stage: FaultStage;
  beforeAll(async () => {
    stage = await openStage(['x', 'youtube']);
    await stage.run('config', 'set', 'retry.attempts', '2');
    // Uploads that were begun and failed count too: a channel's day would be used up.
    await stage.run('limits', 'set', 'youtube:@creator', 'channel', '1000');
  }, 180_000);
  afterAll(() => stage?.close());
  afterEach(() => stage.sandbox.faults.clear());

  /** X refuses for good, YouTube is in trouble. */
  function trouble(): void {
    const body = { title: 'Forbidden', detail: 'You are not allowed to do this.', status: 403 };
    stage.sandbox.faults.add({
      platform: 'x',
      path: '/2/tweets',
      method: 'POST',
      times: 1000,
      action: { kind: 'status', status: 403, body },
    });
    stage.sandbox.faults.add({
      platform: 'youtube',
      path: '/upload/',
      times: 1000,
      action: { kind: 'status', status: 500, body: '{}' },
    });
  }

  /** Runs until nothing is open. */
  async function syncOut(): Promise<void> {
    for (let turn = 0, waiting = 1; turn < 12 && waiting > 0; turn += 1) {
      waiting = (await stage.sync()).summary.waiting;
      stage.skip(31 * MINUTE);
    }
  }
  const dead = async () => (await stage.jobs()).filter(({ state }) => state === 'dead');
  const json = async <T>(...args: string[]) => JSON.parse((await stage.run(...args, '--json')).stdout) as T;

  it('lies in the dead letters, with cause, next step and the masked last exchange', async () => {
    trouble();
    for (const caption of captions) await stage.publish(caption);
    await syncOut();
    const letters = await dead();
    expect(letters).toHaveLength(6);
    const [onX] = letters.filter(({ destination }) => destination.platform === 'x');
    expect(onX?.error).toMatchObject({
      class: expect.stringMatching(/permanent|auth|config/u),
      message: expect.stringContaining('You are not allowed to do this.'),
      hint: expect.stringMatching(/\w/u),
    });
    const shown = (await stage.run('jobs', 'show', String(onX?.id), '--raw')).stdout;
    expect(shown).toContain(onX?.error?.hint ?? '-');
    expect(shown).toMatch(/^\s+\$ repost /mu);
    expect(shown).toContain('POST https://api.x.com/2/tweets');
    expect(shown).toContain('HTTP 403');
    expect(shown).toContain('first ride');
    expect(shown).not.toMatch(/Bearer [\w.-]{8,}/u);
    const status = await json<{ ok: boolean; attention: { command: string | null }[] }>('status');
    expect(status.ok).toBe(false);
    expect(status.attention.map(({ command }) => command).join()).toContain('repost jobs');
  });

  it('is tried again by id, platform, class and time, or all of it; what is cancelled is not', async () => {
    const letters = await dead();
    const of = (platform: string) => letters.filter((job) => job.destination.platform === platform);
    const ids = (jobs: readonly ShownJob[]) => jobs.map(({ id }) => id).sort((a, b) => a - b);
    const [first] = of('x');
    expect((await stage.run('jobs', 'retry')).code).toBe(2);
    expect(await json('jobs', 'retry', '--class', 'limit')).toEqual([]);
    expect(await json('jobs', 'retry', '--since', '1m')).toEqual([]);
    expect(ids(await json('jobs', 'retry', String(first?.id)))).toEqual([first?.id]);
    expect(ids(await json('jobs', 'retry', '--platform', 'youtube', '--class', 'transient'))).toEqual(
      ids(of('youtube')),
    );
    expect(ids(await json('jobs', 'retry', '--since', '3d'))).toEqual(
      ids(of('x')).filter((id) => id !== first?.id),
    );
    const [cancelled] = of('youtube');
    expect(await json('jobs', 'cancel', String(cancelled?.id))).toMatchObject([{ state: 'cancelled' }]);
    trouble();
    await syncOut();
    expect(await dead()).toHaveLength(5);
    expect(await json<ShownJob[]>('jobs', 'retry', '--all-dead')).toHaveLength(5);
    stage.sandbox.faults.clear();
    await syncOut();
    const posts = captions.flatMap((one) => [...stage.shown('x', one), ...stage.shown('youtube', one)]);
    expect(posts).toHaveLength(5);
    expect((await stage.jobs()).map(({ state }) => state).sort()).toEqual([
      'cancelled',
      ...Array.from({ length: 5 }, () => 'published'),
    ]);
  }, 240_000);

  it('keeps the history of its attempts', async () => {
    const job = (await stage.jobs('first ride')).find(({ destination }) => destination.platform === 'x');
    const { attempts } = await json<{ attempts: { outcome: string; error: { code: string } | null }[] }>(
      'jobs',
      'show',
      String(job?.id),
    );
    expect(attempts.map(({ outcome }) => outcome).filter((one) => one === 'dead')).toHaveLength(2);
    expect(attempts.at(-1)).toMatchObject({ outcome: 'published', error: null });
  });

  it('is waited for: 0 where it is out, 3 where it is not, 5 at the time-out', async () => {
    const [out] = (await stage.jobs()).filter(({ state }) => state === 'published');
    const [cancelled] = (await stage.jobs()).filter(({ state }) => state === 'cancelled');
    expect((await stage.run('jobs', 'wait', String(out?.id))).code).toBe(0);
    expect((await stage.run('jobs', 'wait', String(out?.id), String(cancelled?.id))).code).toBe(3);
    await stage.run('jobs', 'retry', String(cancelled?.id));
    expect((await stage.run('jobs', 'wait', String(cancelled?.id), '--timeout', '1s')).code).toBe(5);
    await stage.run('jobs', 'cancel', String(cancelled?.id));
  });

  /** The answer to X's post is lost, and nobody can look: until the attempts are used up. */
  async function unknownOn(caption: string, processed: boolean): Promise<ShownJob> {
    stage.sandbox.faults.add({
      platform: 'x',
      path: '/2/tweets',
      method: 'POST',
      nth: 1,
      action: { kind: 'garbage', processed },
    });
    stage.sandbox.faults.add({
      platform: 'x',
      path: '/2/users/',
      times: 1000,
      action: { kind: 'status', status: 500 },
    });
    await stage.publish(caption);
    await syncOut();
    stage.sandbox.faults.clear();
    const [job] = (await stage.jobs(caption)).filter(({ destination }) => destination.platform === 'x');
    expect(job?.state, job?.error?.message).toBe('unknown');
    return job as ShownJob;
  }

  it('and may be out all the same is shown with what was sent and what the account has, and told by a person', async () => {
    const job = await unknownOn('is it out', true);
    const id = String(job.id);
    for (const words of [['retry'], ['cancel']]) {
      const refused = await stage.run('jobs', ...words, id);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain(`repost jobs resolve ${id}`);
    }
    const [post] = stage.shown('x', 'is it out');
    const evidence = await stage.run('jobs', 'resolve', id);
    expect(evidence.code).toBe(0);
    expect(evidence.stdout).toContain(`was sent to x:@creator at`);
    expect(evidence.stdout).toContain(post?.url);
    expect(evidence.stdout).toContain(`repost jobs resolve ${id} --not-published`);
    expect(await json('jobs', 'resolve', id, '--published', post?.url ?? '')).toMatchObject({
      state: 'published',
      post: { id: post?.id },
    });
    await syncOut();
    expect(stage.shown('x', 'is it out')).toHaveLength(1);
  }, 240_000);

  it('and is not out goes out when a person says so, once', async () => {
    const job = await unknownOn('it is not out', false);
    const { stdout } = await stage.run('jobs', 'resolve', String(job.id));
    expect(stdout.split('\n').filter((line) => line.includes('it is not out'))).toHaveLength(1);
    expect(await json('jobs', 'resolve', String(job.id), '--not-published')).toMatchObject({
      state: 'waiting',
    });
    await syncOut();
    expect(stage.shown('x', 'it is not out')).toHaveLength(1);
  }, 240_000);
});
