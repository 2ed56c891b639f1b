import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHome, openCliHome } from './home.ts';
import { runRepost } from './run.ts';

describe('who sees a post', () => {
  let home: CliHome;

  beforeAll(async () => {
    home = await openCliHome();
    for (const platform of ['tiktok', 'youtube', 'facebook']) await home.signIn(platform);
    await home.repost.run([
      ...['rule', 'add', '--name', 'all', '--from', 'tiktok:@creator', '--media', `folder:${home.originals}`],
      ...['--to', 'youtube:@creator', '--to', 'facebook:@creator', '--fit', 'transcode'],
    ]);
    await home.repost.run(['sync']);
  });
  afterAll(() => home.close());

  const say = (...args: string[]) => runRepost(home.env, args);
  /** One new video, brought out by syncs until nothing is open; all that was said meanwhile. */
  async function bringOut(caption: string): Promise<string> {
    await home.publish(caption);
    let said = '';
    for (let turn = 0; turn < 30; turn += 1) {
      said += (await say('sync')).stderr;
      const jobs = JSON.parse(await home.repost.run(['jobs', 'list', '--json'])) as { state: string }[];
      if (jobs.every(({ state }) => state === 'published')) return said;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    throw new Error(`jobs stay open:\n${said}`);
  }

  it('a lock to private is said in the log, with the posts and with the job', async () => {
    await home.sandbox.control('youtube', 'quirks', { audited: false, lockShows: 'processed' });
    const said = await bringOut('first');
    expect(said).toMatch(
      /published https:\/\/www\.youtube\.com\S+ .*note: YouTube locked the video to private/u,
    );
    expect(said).toMatch(/youtube:@creator: YouTube was asked who sees \S+: only you/u);
    const posts = (await say('posts')).stdout;
    expect(posts).toMatch(/note: youtube:@creator: YouTube locked the video to private/u);
    const [job] = JSON.parse(await home.repost.run(['posts', '--platform', 'youtube', '--json'])) as {
      job: number;
      warnings: string[];
    }[];
    expect(job?.warnings).toEqual([expect.stringMatching(/locked/u)]);
    expect((await say('jobs', 'show', String(job?.job))).stdout).toMatch(/note {5}YouTube locked/u);
  });

  it('what a platform does not tell is to be looked at once', async () => {
    await home.sandbox.control('facebook', 'quirks', {});
    const log = await bringOut('second');
    expect(log).not.toMatch(/who sees/u);
  });

  it('is said once more when it changed, and then no rule is warned of it', async () => {
    await home.sandbox.control('youtube', 'quirks', { audited: true });
    expect(await bringOut('third')).toMatch(/YouTube was asked who sees \S+: all whom the rule wished for/u);
    await home.repost.run(['warnings', 'restore', 'google-unaudited']);
    const args = ['rule', 'add', '--from', 'tiktok:@creator', '--to', 'youtube:@creator', '--name', 'more'];
    expect((await say(...args)).stderr).not.toMatch(/google-unaudited/u);
  });
});
