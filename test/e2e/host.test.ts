import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostCheck } from '../../src/core/host.ts';
import { approve } from '../../src/sandbox/person.ts';
import { type CliHome, openCliHome, startLogin } from './home.ts';

const MINUTE = 60_000;

interface Keys {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  webOrigin: string;
}

let home: CliHome;
let keys: Keys;

beforeAll(async () => {
  home = await openCliHome();
  keys = (await home.sandbox.control('bucket', 'keys')) as Keys;
  await home.signIn('tiktok');
}, MINUTE);
afterAll(() => home.close());

const setBucket = (secret = keys.secretAccessKey) =>
  home.repost.run(
    [
      'host',
      'set',
      's3',
      ...['--endpoint', keys.endpoint, '--bucket', keys.bucket],
      ...['--access-key-id', keys.accessKeyId, '--secret-key-stdin', '--json'],
    ],
    `${secret}\n`,
  );
const objects = () => home.sandbox.control('bucket', 'objects');
const jobs = async () =>
  JSON.parse(await home.repost.run(['jobs', 'list', '--json'])) as {
    state: string;
    reason: string | null;
    destination: { platform: string };
    error: { code: string } | null;
  }[];

/** A rule to this account, then a new video. */
async function publishTo(account: string): Promise<void> {
  await home.repost.run([
    ...['rule', 'add', '--from', 'tiktok:@creator', '--to', account],
    ...['--name', `to-${account.replace(/\W/gu, '-')}`, '--media', `folder:${home.originals}`, '--json'],
  ]);
  // What was there before the rule is none of its business: the first look only notes it.
  await home.repost.run(['sync']);
  await home.publish(`A morning on ${account.split(':')[0]} #ride`);
}

describe('repost host', () => {
  it('sets a bucket whose secret is in the vault alone, and tries it', async () => {
    const set = await setBucket();
    expect(JSON.parse(set)).toMatchObject({ kind: 's3', s3: { bucket: keys.bucket, hasSecret: true } });
    const config = readFileSync(join(home.dir, 'home', 'config', 'config.json'), 'utf8');
    for (const text of [set, config, await home.repost.run(['config', 'list', '--json'])])
      expect(text).not.toContain(keys.secretAccessKey);
    const { checks } = JSON.parse(await home.repost.run(['host', 'check', '--json'])) as {
      checks: HostCheck[];
    };
    expect(checks.filter(({ result }) => result !== 'PASS')).toEqual([]);
    expect(checks.length).toBeGreaterThan(4);
    expect(await objects()).toEqual([]);
    expect(home.sandbox.complaints()).toEqual([]);
  });

  it('says what is wrong with a key, a bucket, a host that is missing', async () => {
    await setBucket('not-the-secret');
    await expect(home.repost.run(['host', 'check'])).rejects.toThrow(/ended with 1/u);
    const shown = await home.repost.run(['host', 'check', '--json']).catch((error: Error) => error.message);
    expect(shown).not.toContain('not-the-secret');
    await setBucket();
    expect(JSON.parse(await home.repost.run(['host', 'remove', '--json']))).toMatchObject({ kind: 'none' });
    await expect(home.repost.run(['host', 'check'])).rejects.toThrow(/no media host|No media host/u);
  });
});

describe('publishing by way of the host', () => {
  it(
    'waits for a host on Threads, then goes out by itself and leaves nothing in the bucket',
    async () => {
      await home.signIn('threads');
      await publishTo('threads:@creator');
      await home.repost.run(['sync']);
      expect((await jobs())[0]).toMatchObject({
        state: 'waiting',
        reason: 'media',
        error: { code: 'E_NO_HOST' },
      });
      await setBucket();
      await home.repost.run(['sync']);
      expect((await jobs())[0]).toMatchObject({ state: 'published' });
      const [post] = home.sandbox.posts().filter(({ platform }) => platform === 'threads');
      expect(post).toMatchObject({ text: 'A morning on threads', facts: { topic_tag: 'ride' } });
      expect(await objects()).toEqual([]);
      expect(home.sandbox.complaints()).toEqual([]);
    },
    3 * MINUTE,
  );

  it(
    'publishes on Instagram by Instagram Login, from a folder of the user’s own web server',
    async () => {
      const folder = join(home.dir, 'public');
      mkdirSync(folder);
      await home.sandbox.control('bucket', 'serve', { folder });
      await home.repost.run(['host', 'set', 'folder', '--folder', folder, '--url', keys.webOrigin]);
      await home.repost.run(['host', 'check']);
      await home.repost.run(
        [
          ...['app', 'add', 'instagram', '--instagram-login'],
          ...['--client-id', 'sandbox-instagram-id', '--client-secret-stdin'],
        ],
        'sandbox-instagram-secret\n',
      );
      const { login, authorizeUrl } = await startLogin(home.repost, 'instagram', ['--instagram-login']);
      expect(authorizeUrl).toContain('www.instagram.com');
      await approve(authorizeUrl, { account: '@creator' });
      await login.succeeded();
      await publishTo('instagram:@creator');
      await home.repost.run(['sync']);
      const mine = (await jobs()).find(({ destination }) => destination.platform === 'instagram');
      expect(mine).toMatchObject({ state: 'published' });
      expect(home.sandbox.posts().filter(({ platform }) => platform === 'instagram')).toHaveLength(1);
      expect(readdirSync(folder)).toEqual([]);
      expect(home.sandbox.complaints()).toEqual([]);
    },
    3 * MINUTE,
  );
});
