import { beforeEach, describe, expect, it } from 'vitest';
import { DAY } from '../../src/core/clock.ts';
import { instagram } from '../../src/platforms/instagram.ts';
import { instagramLogin } from '../../src/platforms/instagram-login.ts';
import type { Outcome } from './memory-run.ts';
import { mediaFile } from './meta-world.ts';
import { type FetchSignedIn, type FetchStage, openFetchStage, textOf } from './threads-stage.ts';

let stage: FetchStage;
let signedIn: FetchSignedIn;

beforeEach(async () => {
  stage = openFetchStage(instagram, instagramLogin);
  signedIn = await stage.login();
});

const posts = () => stage.sandbox.posts();
const sent = (path: RegExp) =>
  stage.seen.filter((request) => request.method === 'POST' && path.test(request.path));
const containers = () => sent(/\/media$/u).length;
const publishings = () => sent(/\/media_publish$/u).length;
const uploads = () => stage.seen.filter(({ method }) => method === 'PUT').length;

function expectOnePost(outcome: Outcome): void {
  expect(outcome.error).toBeUndefined();
  expect(outcome.state).toBe('published');
  expect(posts()).toHaveLength(1);
  expect(outcome.post?.id).toBe(posts()[0]?.id);
  expect(stage.sandbox.complaints()).toEqual([]);
}

describe('publishing by Instagram Login', () => {
  it('names the public copy and sends Instagram no bytes', async () => {
    const media = mediaFile();
    const outcome = await stage.publish(signedIn, { media });
    expectOnePost(outcome);
    expect(outcome.post?.url).toBe(posts()[0]?.url);
    expect(posts()[0]).toMatchObject({ bytes: media.bytes, accountId: signedIn.account.remoteId });
    expect(uploads()).toBe(1);
    const hosts = new Set(stage.seen.map(({ origin }) => origin));
    expect([...hosts].filter((origin) => origin.includes('facebook.com'))).toEqual([]);
    expect(sent(/\/media$/u)[0]?.body.toString()).not.toContain('upload_type');
  });

  it('reads only fields that this host has', async () => {
    await stage.publish(signedIn);
    const fields = stage.seen.map(({ query }) => query.get('fields') ?? '');
    expect(fields.filter((names) => names.includes('video_status'))).toEqual([]);
  });

  it('offers the file anew where it could not be fetched', async () => {
    await stage.sandbox.control('bucket', 'quirks', { vanishing: true });
    const outcome = await stage.publish(
      signedIn,
      {},
      {
        beforeRun: async () => {
          if (containers() > 0) await stage.sandbox.control('bucket', 'quirks', { vanishing: false });
        },
      },
    );
    expectOnePost(outcome);
    expect([containers(), uploads()]).toEqual([2, 2]);
  });

  it.each(['2207076', '2207077'])(
    'makes a new copy for a new container after %s',
    async (processingError) => {
      await stage.quirks({ processingError });
      const outcome = await stage.publish(
        signedIn,
        {},
        {
          beforeRun: () =>
            containers() > 1 ? stage.quirks({ processingError: '' }).then(() => {}) : undefined,
        },
      );
      expectOnePost(outcome);
      expect([containers(), uploads()]).toEqual([2, 2]);
    },
  );

  it.each(['posted-500', 'posted-2', 'posted-4/2207051', 'posted-24/2207008', 'posted-garbage'])(
    'finds a post whose answer was lost (%s)',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer] });
      expectOnePost(await stage.publish(signedIn));
      expect([containers(), publishings()]).toEqual([1, 1]);
    },
  );

  it.each(['2', '24/2207006', '100/33'])(
    'sends again, the same container, what did nothing (%s)',
    async (answer) => {
      await stage.quirks({ publishAnswers: [answer] });
      expectOnePost(await stage.publish(signedIn));
      expect([containers(), publishings()]).toEqual([1, 2]);
    },
  );

  it('makes a new container, on a new address, where the quota stayed full for too long', async () => {
    await stage.quirks({ publishAnswers: ['9/2207042'] });
    const outcome = await stage.publish(
      signedIn,
      {},
      { beforeRun: () => (containers() === 1 && publishings() === 1 ? stage.clock.advance(DAY) : undefined) },
    );
    expectOnePost(outcome);
    expect([containers(), uploads()]).toEqual([2, 2]);
  });

  it('reads quota and recent reels on its own host', async () => {
    await stage.publish(signedIn, { text: textOf('Mine') });
    stage.clock.advance(60_000);
    const { http, account } = signedIn;
    const { clock } = stage;
    expect(await instagram.readLimits?.({ http, account, clock })).toEqual([
      { bucket: 'posts', used: 1, max: 50 },
    ]);
    const recent = await instagram.recent?.({ http, account, clock, since: clock.now() - DAY });
    expect(recent?.map(({ text }) => text)).toEqual(['Mine']);
  });
});
