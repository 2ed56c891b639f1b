import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlatformId } from '../../src/core/names.ts';
import type { SimulatorFactory } from '../../src/sandbox/types.ts';
import { describeWith } from '../tools.ts';
import { type CliHome, openCliHome } from './home.ts';

const entry = new URL('../../bin/repost', import.meta.url).pathname;
const MINUTE = 60_000;
/** After a kill before the request was processed, every platform's settle time is over after this. */
const LATER_MS = 30 * MINUTE;

interface Hunt {
  platform: PlatformId;
  nth: number;
  when: 'before' | 'after';
  count: number;
  victim: ChildProcess | undefined;
}

let hunt: Hunt | undefined;
let offsetMs = 0;

/** Kills the hunted process at the n-th request that the platform gets, before or after its work. */
function hunted(factory: SimulatorFactory): SimulatorFactory {
  return (world) => {
    const simulator = factory(world);
    return {
      ...simulator,
      async handle(request) {
        if (hunt?.platform !== simulator.platform) return simulator.handle(request);
        hunt.count += 1;
        const mine = hunt.count === hunt.nth ? hunt : undefined;
        if (mine?.when === 'before') return kill(mine);
        const answer = await simulator.handle(request);
        return mine ? kill(mine) : answer;
      },
    };
  };
}

async function kill({ victim }: Hunt): Promise<never> {
  if (victim?.exitCode === null) {
    const gone = new Promise((resolve) => victim.once('exit', resolve));
    victim.kill('SIGKILL');
    await gone;
  }
  throw new Error('nobody is there to hear this answer');
}

/** `repost sync` as its own process, its clock ahead by the time that has been skipped. Gives its exit code, null when killed. */
function sync(home: CliHome): { child: ChildProcess; ended: Promise<number | null> } {
  const command =
    offsetMs > 0 ? ['faketime', '-f', `+${offsetMs / 1000}s`, process.execPath] : [process.execPath];
  const [program = '', ...args] = [...command, entry, 'sync', '--json'];
  const child = spawn(program, args, { env: { ...home.env, DONT_FAKE_MONOTONIC: '1' }, stdio: 'ignore' });
  return { child, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

describeWith({ faketime: 'faketime' }, 'a real SIGKILL at each request of a publish', () => {
  let home: CliHome;

  beforeAll(async () => {
    home = await openCliHome({ wrap: hunted });
    await home.repost.run(['config', 'set', 'poll.interval', '1s']);
    await home.repost.run(['config', 'set', 'retry.base', '10ms']);
    for (const platform of ['tiktok', 'youtube', 'instagram', 'x']) await home.signIn(platform);
  }, 120_000);
  afterAll(() => home?.close());

  it.each(['youtube', 'instagram', 'x'] as const)(
    '%s: one post each',
    async (platform) => {
      await home.repost.run([
        'rule',
        'add',
        '--name',
        platform,
        '--from',
        'tiktok:@creator',
        '--to',
        `${platform}:@creator`,
        '--media',
        `folder:${home.originals}`,
      ]);
      await home.repost.run(['sync']);
      for (const when of ['before', 'after'] as const) {
        for (let nth = 1; ; nth += 1) {
          const caption = `${platform} killed ${when} request ${nth}`;
          await home.publish(caption);
          hunt = { platform, nth, when, count: 0, victim: undefined };
          const first = sync(home);
          hunt.victim = first.child;
          await first.ended;
          const untouched = hunt.count < nth;
          hunt = undefined;
          offsetMs += LATER_MS;
          home.clock.advance(LATER_MS);
          await sync(home).ended;
          const shown = home.sandbox
            .posts()
            .filter(
              (post) => post.platform === platform && `${post.title ?? ''} ${post.text}`.includes(caption),
            );
          expect(shown, caption).toHaveLength(1);
          if (untouched) break;
        }
      }
      const jobs = JSON.parse(await home.repost.run(['jobs', 'list', '--json', '--platform', platform])) as {
        state: string;
      }[];
      expect(jobs.filter((job) => job.state !== 'published')).toEqual([]);
      await home.repost.run(['rule', 'remove', platform]);
    },
    300_000,
  );
});
