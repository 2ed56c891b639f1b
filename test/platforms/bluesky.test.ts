import { beforeEach, describe, expect, it } from 'vitest';
import { keyFor } from '../../src/platforms/bluesky-record.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { fitted, mediaFile, openStage, type SignedIn, type Stage, video } from './bluesky-stage.ts';
import type { Outcome } from './memory-run.ts';

let stage: Stage;
let me: SignedIn;

beforeEach(async () => {
  stage = openStage();
  me = await stage.login();
  stage.requests.length = 0;
});

const posts = () => stage.sandbox.posts();
const sent = (method: string) => stage.sent(method).length;
const expectOnePost = (outcome: Outcome) => stage.expectOnePost(outcome);
const PUT = 'com.atproto.repo.putRecord';
const PLAIN = 'com.atproto.repo.uploadBlob';
const VIDEO = 'app.bsky.video.uploadVideo';

describe('publishing to Bluesky', () => {
  it('sends the file to the video service, waits and puts the post', async () => {
    const outcome = await me.drive({ job: { options: { langs: 'en' } } });
    expectOnePost(outcome);
    const [post] = posts();
    expect(post).toMatchObject({
      accountId: me.account.remoteId,
      text: 'Sunrise over the bay #sunrise https://example.com/a',
      sha256: mediaFile(5000).sha256,
      facts: {
        langs: ['en'],
        embed: {
          alt: video.caption,
          aspectRatio: { width: 1080, height: 1920 },
          video: { $type: 'blob', mimeType: 'video/mp4' },
        },
        facets: [
          { index: { byteStart: 21, byteEnd: 29 }, features: [{ tag: 'sunrise' }] },
          { index: { byteStart: 30, byteEnd: 51 }, features: [{ uri: 'https://example.com/a' }] },
        ],
      },
    });
    expect(outcome.waits.every((wait) => wait === 'processing E_NOT_YET')).toBe(true);
    expect([sent(VIDEO), sent(PLAIN), sent(PUT)]).toEqual([1, 0, 1]);
    // The account's own token never leaves its server.
    const service = stage.requests.filter(({ origin }) => origin === 'https://video.bsky.app');
    for (const { headers } of service) expect(headers['authorization'] ?? 'Bearer ').toMatch(/^Bearer /u);
    expect(stage.sent(PUT)[0]!.headers['authorization']).toMatch(/^DPoP /u);
  });

  it('reports how far the upload is', async () => {
    const heard: [number, number][] = [];
    await me.drive({ job: { progress: (done, total) => heard.push([done, total]) } });
    expect(heard.at(-1)).toEqual([5000, 5000]);
  });

  it('carries the options', async () => {
    const options = {
      alt: 'none',
      labels: 'sexual, unknown graphic-media',
      hashtags: 'plain',
      route: 'direct',
    };
    expectOnePost(await me.drive({ job: { options, media: mediaFile(6000, { width: 0, height: 0 }) } }));
    const { facts } = posts()[0]!;
    expect(facts?.['labels']).toEqual({
      $type: 'com.atproto.label.defs#selfLabels',
      values: [{ val: 'sexual' }, { val: 'graphic-media' }],
    });
    expect(facts?.['facets']).toHaveLength(1);
    expect(facts?.['embed']).not.toHaveProperty('alt');
    expect(facts?.['embed']).not.toHaveProperty('aspectRatio');
    expect([sent(VIDEO), sent(PLAIN)]).toEqual([0, 1]);
  });

  it('posts a video without a text', async () => {
    expectOnePost(await me.drive({ job: { text: fitted(''), video: { ...video, caption: '' } } }));
    expect(posts()[0]!.text).toBe('');
  });

  it('works by app password too', async () => {
    me = await stage.login('password');
    expectOnePost(await me.drive());
    expect(stage.sent(PUT)[0]!.headers['authorization']).toMatch(/^Bearer /u);
  });
});

describe('the key of a post', () => {
  it('is a TID that says when the source was published, and which video of which account it is', () => {
    const key = keyFor('did:plc:a', video);
    expect(key).toMatch(/^[2-7a-j][2-7a-z]{12}$/u);
    expect(keyFor('did:plc:a', { ...video })).toBe(key);
    expect(keyFor('did:plc:b', video)).not.toBe(key);
    expect(keyFor('did:plc:a', { ...video, remoteId: '1' })).not.toBe(key);
    const letters = '234567abcdefghijklmnopqrstuvwxyz';
    const bits = [...key].reduce((sum, letter) => (sum << 5n) | BigInt(letters.indexOf(letter)), 0n);
    expect(Number((bits >> 10n) / 1000n)).toBe(video.publishedAt);
    expect(keyFor('did:plc:a', { remoteId: '1', publishedAt: -5 })).toMatch(/^2{7}/u);
  });

  it('makes the same job one post, however often and wherever it is begun', async () => {
    const first = await me.drive();
    const again = await me.drive();
    const changed = await me.drive({ job: { text: fitted('Other words') } });
    expect([again.post, changed.post]).toEqual([first.post, first.post]);
    expect(posts()).toHaveLength(1);
  });

  it('makes two machines at the same moment one post', async () => {
    const outcomes = await Promise.all([me.drive(), me.drive(), (await stage.login('password')).drive()]);
    expect(posts()).toHaveLength(1);
    for (const { post } of outcomes) expect(post?.id).toBe(posts()[0]!.id);
  });

  it('leaves the decision to a person where something else is under it', async () => {
    const rkey = keyFor(me.account.remoteId, video);
    await stage.pull('post', { account: '@creator', text: 'by hand', rkey });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'unknown', error: { code: 'E_UNKNOWN_OUTCOME' } });
    expect(posts()).toMatchObject([{ text: 'by hand' }]);
  });
});

describe('a put whose outcome is not clear', () => {
  const answers: readonly FaultAction[] = [
    { kind: 'lost' },
    { kind: 'hang', processed: true },
    {
      kind: 'status-after',
      status: 500,
      body: { error: 'InternalServerError', message: 'Internal Server Error' },
    },
    { kind: 'status-after', status: 502, body: { error: 'UpstreamFailure' } },
    { kind: 'garbage', processed: true },
    { kind: 'truncate' },
    { kind: 'cut-body' },
  ];

  it.each(answers)('that did it ($kind $status): is not done again', async (action) => {
    stage.sandbox.faults.add({ path: `/xrpc/${PUT}`, nth: 1, action });
    expectOnePost(await me.drive());
    expect(sent(PUT)).toBe(2);
  });

  it.each<FaultAction>([
    { kind: 'refuse' },
    { kind: 'hang' },
    { kind: 'status', status: 503 },
    { kind: 'garbage' },
    { kind: 'cut-upload', bytes: 20 },
  ])('that did nothing ($kind): is done', async (action) => {
    stage.sandbox.faults.add({ path: `/xrpc/${PUT}`, nth: 1, action });
    expectOnePost(await me.drive());
    expect(sent(PUT)).toBe(2);
  });

  it.each<[string, FaultAction, string]>([
    ['a lost answer', { kind: 'lost' }, 'published'],
    ['429', { kind: 'status', status: 429 }, 'published'],
    ['500', { kind: 'status', status: 500 }, 'published'],
  ])('goes on when the look for it meets %s', async (_name, action, state) => {
    await me.drive();
    stage.sandbox.faults.add({ path: '/xrpc/com.atproto.repo.getRecord', nth: 1, action });
    // Begun anew with other words: the put is refused, and the post must be looked at.
    const outcome = await me.drive({ job: { text: fitted('Other words') } });
    expect(outcome.state).toBe(state);
    expect(posts()).toHaveLength(1);
  });

  it('never calls a job dead whose post may be out', async () => {
    await me.drive();
    stage.sandbox.faults.add({
      path: '/xrpc/com.atproto.repo.getRecord',
      action: { kind: 'status', status: 500 },
    });
    expect((await me.drive({ job: { text: fitted('Other words') } })).state).toBe('unknown');
  });
});
