import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstAppPassword } from '../../src/sandbox/bluesky-sessions.ts';
import { approve } from '../../src/sandbox/person.ts';
import { type CliHome, openCliHome, startLogin } from './home.ts';

const account = 'bluesky:@creator.bsky.social';

describe('Bluesky with the real program', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openCliHome();
    await home.signIn('tiktok');
  });
  afterAll(() => home?.close());

  const shown = () => home.sandbox.posts().filter(({ platform }) => platform === 'bluesky');
  const accounts = async () =>
    JSON.parse(await home.repost.run(['accounts', 'list', '--json'])) as {
      account: string;
      status: string;
    }[];

  it('signs in by an app password from standard input, publishes, renews', async () => {
    await home.repost.run(
      ['login', 'bluesky', '--app-password', '--account', 'creator.bsky.social'],
      `${firstAppPassword}\n`,
    );
    expect(await accounts()).toContainEqual(expect.objectContaining({ account, status: 'ok' }));
    const rule = [
      'rule',
      'add',
      '--from',
      'tiktok:@creator',
      '--to',
      account,
      '--media',
      `folder:${home.originals}`,
    ];
    await home.repost.run(rule);
    // What is there before a rule’s first look is not published.
    await home.repost.run(['sync', '--json']);
    await home.publish('A ride along the coast #bike');
    await home.repost.run(['sync', '--json']);
    expect(shown()).toMatchObject([{ text: 'A ride along the coast #bike' }]);

    await home.sandbox.control('bluesky', 'endAccessTokens');
    await home.publish('And back again #bike');
    await home.repost.run(['sync', '--json']);
    expect(shown()).toHaveLength(2);
  });

  it('signs in in the browser, publishes, and signs out', async () => {
    const { login, authorizeUrl } = await startLogin(home.repost, 'bluesky', [
      '--account',
      '@creator.bsky.social',
    ]);
    await approve(authorizeUrl, { account: '@creator' });
    await login.succeeded();
    await home.sandbox.control('bluesky', 'endAccessTokens');
    await home.publish('Signed with a key');
    await home.repost.run(['sync', '--json']);
    expect(shown()).toHaveLength(3);
    await home.repost.run(['logout', account]);
    expect((await accounts()).map((one) => one.account)).not.toContain(account);
    expect(home.sandbox.complaints()).toEqual([]);
  });

  it('says what is missing', async () => {
    await expect(
      home.repost.run(['login', 'bluesky', '--app-password'], `${firstAppPassword}\n`),
    ).rejects.toThrow(/--account/u);
  });
});
