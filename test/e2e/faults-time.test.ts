import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sweepFaketime } from '../faketime.ts';
import type { Gate } from '../gate.ts';
import { describeWith } from '../tools.ts';
import { entry } from './home.ts';
import { type FaultStage, openStage } from './stage.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** Called at the request that publishes to X, before the platform's work. */
let atPosting: (() => Promise<void>) | undefined;

const gate: Gate = async (request, platform, answer) => {
  const hook = atPosting;
  if (hook && platform === 'x' && request.path === '/2/tweets' && request.method === 'POST') {
    atPosting = undefined;
    await hook();
  }
  return answer();
};

describeWith({ faketime: 'faketime' }, 'time that does not run evenly', () => {
  let stage: FaultStage;
  beforeAll(async () => {
    stage = await openStage(['x', 'youtube'], { gate });
  }, 180_000);
  afterAll(() => stage?.close());

  const once = (caption: string) => {
    for (const platform of ['x', 'youtube'])
      expect(stage.shown(platform, caption), `${platform}: ${caption}`).toHaveLength(1);
  };

  it.each([
    ['an hour ahead', HOUR],
    ['an hour behind', -HOUR],
    ['three days ahead', 72 * HOUR],
    ['three days behind', -72 * HOUR],
  ] as const)(
    'a clock that is %s for one run, and right again: one post each',
    async (name, moreMs) => {
      const caption = `a clock that is ${name}`;
      await stage.publish(caption);
      // The answer to X is lost as well: the look-up then runs by another clock than the sending.
      stage.sandbox.faults.add({ platform: 'x', path: '/2/tweets', method: 'POST', nth: 1, action: 'lost' });
      const wrong = await stage.sync(moreMs);
      expect(wrong.code, wrong.stderr).toBe(0);
      for (let turn = 0, waiting = 1; turn < 8 && waiting > 0; turn += 1) {
        stage.skip(turn < 4 ? 31 * MINUTE : 24 * HOUR);
        const { code, summary, stderr } = await stage.sync();
        expect(code, stderr).toBe(0);
        waiting = summary.waiting;
      }
      expect((await stage.jobs(caption)).map(({ state }) => state)).toEqual(['published', 'published']);
      once(caption);
      stage.sandbox.faults.clear();
    },
    240_000,
  );

  it('stopped while its post is on the way, longer than any deadline, and woken again: one post', async () => {
    await stage.publish('asleep with an open request');
    const child = spawn(process.execPath, [entry, 'sync'], { env: stage.movedEnv(), stdio: 'ignore' });
    child.once('exit', () => sweepFaketime(child.pid));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let woken = () => {};
    const asleep = new Promise<void>((resolve) => {
      atPosting = async () => {
        child.kill('SIGSTOP');
        resolve();
        // The platform works on, and its answer waits in the socket: longer than the program's own deadline.
        await new Promise<void>((wake) => {
          woken = wake;
        });
      };
    });
    await asleep;
    setTimeout(() => {
      child.kill('SIGCONT');
      woken();
    }, 3500);
    expect([0, 3]).toContain(await ended);
    stage.skip(31 * MINUTE);
    expect((await stage.sync()).summary).toMatchObject({ waiting: 0, unknown: 0, dead: 0 });
    once('asleep with an open request');
  }, 240_000);

  it('stopped for good with the lock in its hand: another one is refused, and after its end takes over', async () => {
    await stage.publish('asleep for good');
    const child = spawn(process.execPath, [entry, 'sync'], { env: stage.movedEnv(), stdio: 'ignore' });
    child.once('exit', () => sweepFaketime(child.pid));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await new Promise<void>((resolve) => {
      atPosting = async () => {
        child.kill('SIGSTOP');
        resolve();
      };
    });
    const refused = await stage.run('sync', '--json');
    expect(refused.code).toBe(5);
    expect(JSON.parse(refused.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'E_DAEMON_RUNNING' },
    });
    child.kill('SIGKILL');
    await ended;
    stage.skip(31 * MINUTE);
    expect((await stage.sync()).summary).toMatchObject({ waiting: 0, unknown: 0, dead: 0 });
    once('asleep for good');
  }, 240_000);
});
