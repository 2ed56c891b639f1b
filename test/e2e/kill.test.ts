import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PlatformId } from '../../src/core/names.ts';
import type { SimPlace } from '../../src/sandbox/types.ts';
import { faketimeLibrary, sweepFaketime } from '../faketime.ts';
import type { Gate } from '../gate.ts';
import { describeWith } from '../tools.ts';
import { type CliHome, entry, openCliHome } from './home.ts';

const MINUTE = 60_000;
/** However a request was lost, every platform's settle time is over after this. */
const LATER_MS = 30 * MINUTE;

interface Hunt {
  platforms: readonly SimPlace[];
  nth: number;
  when: 'before' | 'after' | 'told to stop';
  count: number;
  victim: ChildProcess | undefined;
}

let hunt: Hunt | undefined;
let offsetMs = 0;

/** Kills the hunted process at the n-th request that the platforms get, before or after their work. */
const gate: Gate = async (_request, platform, answer) => {
  if (!hunt?.platforms.includes(platform)) return answer();
  hunt.count += 1;
  const mine = hunt.count === hunt.nth ? hunt : undefined;
  if (mine?.when === 'before') return kill(mine);
  if (mine?.when === 'told to stop') mine.victim?.kill('SIGTERM');
  const answered = await answer();
  return mine?.when === 'after' ? kill(mine) : answered;
};

/** Gives an answer that nobody is there to hear. */
async function kill({ victim }: Hunt): Promise<{ status: number }> {
  if (victim?.exitCode === null && victim.signalCode === null) {
    const gone = new Promise((resolve) => victim.once('exit', resolve));
    victim.kill('SIGKILL');
    await gone;
  }
  return { status: 503 };
}

/** `repost sync` as its own process, its clock ahead by the time that has been skipped. Gives its exit code, null when killed. */
function sync(home: CliHome, library: string): { child: ChildProcess; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [entry, 'sync', '--json'], {
    env: {
      ...home.env,
      LD_PRELOAD: library,
      FAKETIME: `+${offsetMs / 1000}s`,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    stdio: 'ignore',
  });
  child.once('exit', () => sweepFaketime(child.pid));
  return { child, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))) };
}

/** The jobs that are not published, in words. */
async function unpublished(home: CliHome): Promise<string> {
  const states = 'waiting,running,unknown,dead,cancelled';
  return (await home.repost.run(['jobs', 'list', '--state', states])).trim();
}

describeWith({ faketime: 'faketime' }, 'a real SIGKILL at each request of a publish', () => {
  let home: CliHome;
  let library: string;

  beforeAll(async () => {
    library = faketimeLibrary();
    home = await openCliHome({ gate });
    await home.repost.run(['config', 'set', 'retry.base', '10ms']);
    // No trial waits for a platform's machinery; X's rotating token has tests of its own.
    await home.sandbox.control('youtube', 'quirks', { processingMs: 0 });
    await home.sandbox.control('instagram', 'quirks', { processingMs: 0 });
    await home.sandbox.control('x', 'quirks', { processingSeconds: 1, accessSeconds: 1_000_000 });
    for (const platform of ['tiktok', 'youtube', 'instagram', 'x']) await home.signIn(platform);
    await home.repost.run(['limits', 'set', 'youtube:@creator', 'channel', '1000']);
  });
  afterAll(() => home?.close());

  /** One video, a sync that is killed at the n-th request, and a sync later. Gives whether the kill found its request. */
  async function trial(platforms: readonly PlatformId[], when: 'before' | 'after', nth: number) {
    const caption = `${platforms.join(' ')} killed ${when} request ${nth}`;
    await home.publish(caption);
    const first = sync(home, library);
    hunt = { platforms, nth, when, count: 0, victim: first.child };
    const code = await first.ended;
    const found = hunt.count >= nth;
    hunt = undefined;
    expect(code, `${caption}: ended`).toBe(found ? null : 0);
    // What the dead one sent may have left until it was found dead: settle times begin with the next process.
    const finder = sync(home, library);
    hunt = { platforms, nth: 1, when: 'told to stop', count: 0, victim: finder.child };
    expect([0, 3, 130], `${caption}: the run that finds it`).toContain(await finder.ended);
    hunt = undefined;
    offsetMs += LATER_MS;
    home.clock.advance(LATER_MS);
    expect(await sync(home, library).ended, `${caption}: the run after it`).toBe(0);
    const shown = home.sandbox
      .posts()
      .filter(
        (post) => post.platform === platforms.at(-1) && `${post.title ?? ''} ${post.text}`.includes(caption),
      );
    expect(shown, `${caption}; ${await unpublished(home)}`).toHaveLength(1);
    return found;
  }

  it.each([
    ['youtube', ['tiktok', 'youtube']],
    ['instagram', ['instagram']],
    ['x', ['x']],
  ] as const)(
    '%s: one post each',
    async (platform, platforms) => {
      await home.repost.run([
        ...['rule', 'add', '--name', platform, '--from', 'tiktok:@creator'],
        ...['--to', `${platform}:@creator`, '--media', `folder:${home.originals}`],
      ]);
      await sync(home, library).ended;
      for (const when of ['before', 'after'] as const) {
        for (let nth = 1; await trial(platforms, when, nth); nth += 1);
      }
      expect(await unpublished(home)).toBe('No jobs.');
      expect(home.sandbox.complaints()).toEqual([]);
      await home.repost.run(['rule', 'remove', platform]);
    },
    300_000,
  );
});
