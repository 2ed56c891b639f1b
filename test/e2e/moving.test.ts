import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, it } from 'vitest';
import type { Gate } from '../gate.ts';
import { describeWithPostgres } from '../store/postgres-server.ts';
import { type CliHome, entry, openCliHome } from './home.ts';

/** What ends a process: YouTube has shown the video and says so to nobody; or its next question there. */
let hunt: { victim: ChildProcess; when: 'shown' | 'asked' } | undefined;
let home: CliHome;

const shown = (caption: string) =>
  home.sandbox.posts().filter(({ platform, title }) => platform === 'youtube' && title === caption);

const gate: Gate = async (_request, platform, answer) => {
  if (platform !== 'youtube') return answer();
  if (hunt?.when === 'asked') {
    // Once: told a second time, a process ends at once.
    hunt.victim.kill('SIGTERM');
    hunt = undefined;
  }
  const before = home.sandbox.posts().length;
  const answered = await answer();
  if (hunt?.when !== 'shown' || home.sandbox.posts().length === before) return answered;
  const gone = once(hunt.victim, 'exit');
  hunt.victim.kill('SIGKILL');
  await gone;
  return { status: 503 };
};

/** A run of the program that ends so. */
async function cutOff(when: 'shown' | 'asked'): Promise<void> {
  const victim = spawn(process.execPath, [entry, 'sync', '--json'], { env: home.env, stdio: 'ignore' });
  const ended = once(victim, 'exit');
  hunt = { victim, when };
  const [code] = await ended;
  hunt = undefined;
  expect(code).toBe(when === 'shown' ? null : 130);
}

interface Job {
  state: string;
  video: { caption: string };
}

/** The job of that video, once runs of the program have ended it. */
async function ended(caption: string): Promise<string | undefined> {
  await home.repost.run(['sync']);
  const jobs = JSON.parse(await home.repost.run(['jobs', 'list', '--json'])) as Job[];
  return jobs.find(({ video }) => video.caption === caption)?.state;
}

describeWithPostgres('a store that moves while a post is in doubt', (server) => {
  afterAll(() => home?.close());

  it('has it looked up where it went, and published once: to a server, and back into the file', async () => {
    home = await openCliHome({ gate });
    const { repost } = home;
    await repost.run(['config', 'set', 'retry.base', '10ms']);
    await home.sandbox.control('youtube', 'quirks', { testing: false, processingMs: 0 });
    for (const platform of ['tiktok', 'youtube']) await home.signIn(platform);
    const media = ['--media', `folder:${home.originals}`];
    await repost.run(['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', ...media]);
    await repost.run(['sync']);

    await home.publish('sent from the file');
    await cutOff('shown');
    await repost.run(['store', 'migrate', '--to', server.address('doubt')]);
    await expect.poll(() => ended('sent from the file'), { timeout: 60_000 }).toBe('published');

    await home.publish('sent from the server');
    await cutOff('shown');
    // The host’s next process tells that the dead one is gone, and is stopped before it has looked.
    await cutOff('asked');
    await repost.run(['store', 'migrate', '--to', 'sqlite']);
    await expect.poll(() => ended('sent from the server'), { timeout: 60_000 }).toBe('published');

    for (const caption of ['sent from the file', 'sent from the server'])
      expect(shown(caption), caption).toHaveLength(1);
  }, 180_000);
});
