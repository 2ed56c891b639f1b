import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve } from '../../src/sandbox/person.ts';
import { describeWith } from '../tools.ts';
import { type CliHome, openCliHome, startLogin } from './home.ts';

const social = 'mastodon:@creator@mastodon.social';
const example = 'mastodon:@creator@mastodon.example';

interface Job {
  state: string;
  destination: { account: string };
  error: { code: string; message: string } | null;
}

const shipped = (name: string) => fileURLToPath(new URL(`../../src/sandbox/videos/${name}`, import.meta.url));

/** A rule to an account on each of the two servers. */
async function addRule(home: CliHome, ...more: string[]): Promise<void> {
  await home.signIn('tiktok');
  for (const server of ['mastodon.social', 'mastodon.example']) await signIn(home, server);
  const to = [social, example].flatMap((account) => ['--to', account]);
  const media = ['--media', `folder:${home.originals}`];
  await home.repost.run(['rule', 'add', '--from', 'tiktok:@creator', ...to, ...media, ...more]);
  // What is there before a rule’s first look is not published.
  await home.repost.run(['sync', '--json']);
}

async function signIn(home: CliHome, server: string): Promise<void> {
  const { login, authorizeUrl } = await startLogin(home.repost, 'mastodon', ['--server', server]);
  await approve(authorizeUrl, { account: '@creator' });
  await login.succeeded();
}

const shownOn = ({ sandbox }: CliHome, server: string) =>
  sandbox.posts().filter(({ facts }) => facts?.['server'] === server);
const jobsOf = async ({ repost }: CliHome) =>
  JSON.parse(await repost.run(['jobs', 'list', '--json'])) as Job[];
const registrations = ({ sandbox }: CliHome) =>
  sandbox.requests().filter(({ path, method }) => method === 'POST' && path === '/api/v1/apps').length;

describe('Mastodon with the real program', () => {
  let home: CliHome;
  beforeAll(async () => {
    home = await openCliHome();
    await addRule(home);
  });
  afterAll(() => home?.close());

  it('signs in on two servers and publishes to both', async () => {
    await home.publish('Sunrise over the harbour #morning');
    await home.repost.run(['sync', '--json']);
    for (const server of ['mastodon.social', 'mastodon.example'])
      expect(shownOn(home, server)).toMatchObject([{ text: 'Sunrise over the harbour #morning' }]);
    expect(home.sandbox.complaints()).toEqual([]);
  });

  it('says why a file is too large for one of them', async () => {
    await home.publish('A long walk', 'long-walk.mp4');
    await expect(home.repost.run(['sync', '--json'])).rejects.toThrow(/ended with 3/u);
    const failed = (await jobsOf(home)).filter(({ state }) => state === 'dead');
    expect(failed).toMatchObject([{ destination: { account: example }, error: { code: 'E_MEDIA_UNFIT' } }]);
    expect(failed[0]?.error?.message).toMatch(/150 kB/u);
    expect(shownOn(home, 'mastodon.social')).toHaveLength(2);
    expect(shownOn(home, 'mastodon.example')).toHaveLength(1);
  });

  it('uses its app again, and makes a new one where the server forgot it', async () => {
    expect(registrations(home)).toBe(2);
    // However the server is written, it is the same one.
    for (const written of ['mastodon.social', 'https://mastodon.social/', '@creator@mastodon.social'])
      await signIn(home, written);
    expect(registrations(home)).toBe(2);
    await home.sandbox.control('mastodon', 'forgetApps', { server: 'mastodon.social' });
    await signIn(home, 'mastodon.social');
    expect(registrations(home)).toBe(3);
    await home.publish('After the new sign-in');
    await home.repost.run(['sync', '--json']);
    expect(shownOn(home, 'mastodon.social')[0]?.text).toBe('After the new sign-in');
  });

  it('signs out on one server and stays on the other', async () => {
    await home.repost.run(['logout', social]);
    const accounts = JSON.parse(await home.repost.run(['accounts', 'list', '--json'])) as {
      account: string;
    }[];
    expect(accounts.map(({ account }) => account)).toEqual(['tiktok:@creator', example]);
  });

  it('wants to know the server', async () => {
    await expect(home.repost.run(['login', 'mastodon', '--no-browser'])).rejects.toThrow(/--server/u);
  });
});

describeWith({ ffmpeg: 'ffmpeg' }, 'Mastodon with ffmpeg', () => {
  it('makes a picture as small as the account’s server wants it', async () => {
    const home = await openCliHome();
    try {
      await home.sandbox.control('mastodon', 'quirks', {
        server: 'mastodon.example',
        videoPixels: 288 * 512,
        videoBytes: 103_809_024,
      });
      await addRule(home, '--fit', 'transcode');
      await home.publish('Sunrise over the harbour');
      await home.repost.run(['sync', '--json']);
      const [large] = shownOn(home, 'mastodon.social');
      const [small] = shownOn(home, 'mastodon.example');
      expect(large?.bytes).toBe(statSync(shipped('sunrise.mp4')).size);
      expect(small?.bytes).toBeGreaterThan(1000);
      expect(small?.sha256).not.toBe(large?.sha256);
    } finally {
      await home.close();
    }
  }, 180_000);
});
