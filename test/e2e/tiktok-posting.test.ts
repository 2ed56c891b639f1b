import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve } from '../../src/sandbox/person.ts';
import { type CliHome, openCliHome, startLogin } from './home.ts';
import { runRepost } from './run.ts';

/** Two TikTok accounts: videos go from one to the other, and never round and round. */
describe('TikTok as a destination, with the real program', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openCliHome();
    await home.signIn('tiktok');
  });
  afterAll(() => home?.close());

  const signIn = async (account: string, ...more: string[]) => {
    const { login, authorizeUrl } = await startLogin(home.repost, 'tiktok', ['--account', account, ...more]);
    await approve(authorizeUrl, { account });
    await login.succeeded();
    return new URL(authorizeUrl).searchParams.get('scope') ?? '';
  };
  const add = (name: string, from: string, to: string) =>
    runRepost(home.env, [
      'rule',
      'add',
      '--name',
      name,
      '--from',
      from,
      '--to',
      to,
      '--media',
      `folder:${home.originals}`,
      '--json',
    ]);
  const errorIn = (text: string) =>
    (JSON.parse(text.slice(text.indexOf('{'))) as { error: { code: string; message: string } }).error;

  it('asks for the right to post only when it is told to, and keeps it at the next sign-in', async () => {
    expect(await signIn('@second')).not.toContain('video.publish');
    const refused = await add('there', 'tiktok:@creator', 'tiktok:@second');
    expect(errorIn(refused.stderr).code).toBe('E_SCOPES');
    expect(await signIn('@second', '--for-posting')).toContain('video.publish');
    expect(await signIn('@second')).toContain('video.publish');
    const other = await runRepost(home.env, ['login', 'youtube', '--for-posting', '--no-input']);
    expect(other.stderr).toMatch(/YouTube has no sign-in --for-posting/);
  });

  it('refuses rules that lead back, naming the loop', async () => {
    expect((await add('there', 'tiktok:@creator', 'tiktok:@second')).code).toBe(0);
    await signIn('@creator', '--for-posting');
    const back = await add('back', 'tiktok:@second', 'tiktok:@creator');
    expect(back.code).not.toBe(0);
    expect(errorIn(back.stderr)).toMatchObject({
      code: 'E_RULE',
      message: 'That would be a loop: tiktok:@creator → tiktok:@second (there) → tiktok:@creator (back).',
    });
  });

  it('posts from one account to the other', async () => {
    await home.repost.run(['sync', '--json']);
    const original = await home.publish('A ride along the coast #bike');
    await home.repost.run(['sync', '--json']);
    for (let turn = 0; turn < 20; turn += 1) {
      home.clock.advance(60_000);
      const rows = JSON.parse(await home.repost.run(['jobs', 'list', '--json'])) as { state: string }[];
      if (rows.length > 0 && rows.every(({ state }) => state === 'published')) break;
      await home.repost.run(['sync', '--json']);
    }
    const posts = home.sandbox.posts().filter(({ platform }) => platform === 'tiktok');
    expect(posts.map(({ text, visible }) => [text, visible])).toEqual([
      ['A ride along the coast #bike', true],
      ['A ride along the coast #bike', true],
    ]);
    const [job] = JSON.parse(await home.repost.run(['jobs', 'list', '--json'])) as {
      post: { url: string };
    }[];
    expect(job?.post.url).toMatch(/^https:\/\/www\.tiktok\.com\/@second\/video\/\d+$/u);
    expect(job?.post.url).not.toContain(original);
    expect(home.sandbox.complaints()).toEqual([]);
  }, 180_000);
});
