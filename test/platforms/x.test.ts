import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { x } from '../../src/platforms/x.ts';
import { xPrices } from '../../src/platforms/x-rules.ts';
import { mediaFile, openStage, postsOf, type Stage, textOf, video } from './x-stage.ts';

const bodyOfPost = ({ requests }: Stage) =>
  JSON.parse(
    requests
      .filter(({ path }) => path === '/2/tweets')
      .at(-1)!
      .body.toString(),
  ) as Record<string, unknown>;

describe('publishing', () => {
  it.each(['empty-edit-id', 'edit-id', 'post-ids'] as const)(
    'reads an answer of the shape %s',
    async (postAnswer) => {
      const stage = openStage();
      const me = await stage.login();
      await stage.quirks({ postAnswer });
      const media = mediaFile(5000);
      const outcome = await me.drive({ job: { media } });
      const [post] = postsOf(stage);
      expect(outcome).toMatchObject({
        state: 'published',
        post: { id: post!.id, url: `https://x.com/creator/status/${post!.id}` },
      });
      expect(post).toMatchObject({
        text: 'Salt & <pepper> on the stove #food',
        sha256: media.sha256,
        bytes: 5000,
      });
      expect(stage.sandbox.complaints()).toEqual([]);
      expect(outcome.journal.rows().map(({ name }) => name)).toEqual([
        'initialize',
        'upload',
        'finalize',
        'processed',
        'post',
      ]);
    },
  );

  it('sends ids as text and nothing that was not asked for', async () => {
    const stage = openStage();
    await (await stage.login()).drive();
    const body = bodyOfPost(stage);
    expect(Object.keys(body)).toEqual(['text', 'media']);
    expect(body['media']).toEqual({ media_ids: [expect.stringMatching(/^\d{19}$/)] });
  });

  it('carries the label of AI content and the rule’s wishes', async () => {
    const stage = openStage();
    const me = await stage.login();
    await me.drive({
      job: {
        video: { ...video, aiGenerated: true },
        options: { replies: 'verified', paidPartnership: true },
      },
    });
    expect(bodyOfPost(stage)).toMatchObject({
      made_with_ai: true,
      paid_partnership: true,
      reply_settings: 'verified',
    });
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('posts a video without a caption', async () => {
    const stage = openStage();
    expect((await (await stage.login()).drive({ job: { text: textOf('') } })).state).toBe('published');
    expect(bodyOfPost(stage)['text']).toBe('');
  });

  it('pays the price of a link only where links are kept', async () => {
    const stage = openStage();
    const me = await stage.login();
    const caption = 'All at shop.example.com, it.so good';
    await me.drive({ job: { text: textOf(caption) } });
    await me.drive({ job: { text: textOf(caption, { links: 'keep' }) } });
    const bill = (await stage.pull('billing')) as { spentUsd: number };
    expect(bill).toMatchObject({ counts: { post: 1, postWithLink: 1 } });
    const { createPost, createPostWithLink, readOwn } = xPrices;
    expect(Math.round(bill.spentUsd * 100_000)).toBe(createPost + createPostWithLink + readOwn);
  });
});

describe('recent posts', () => {
  it('are the account’s own, in plain words, newest first', async () => {
    const stage = openStage();
    const me = await stage.login();
    await me.drive();
    stage.clock.advance(MINUTE);
    await me.drive({ job: { text: textOf('second'), media: mediaFile(7000) } });
    stage.clock.advance(MINUTE);
    const { http, account } = me;
    const { clock } = stage;
    const posts = (await x.recent!({ http, account, clock, since: clock.now() - HOUR }))!;
    expect(posts.map(({ text }) => text)).toEqual(['second', 'Salt & <pepper> on the stove #food']);
    expect(posts.map(({ id }) => id)).toEqual(postsOf(stage).map(({ id }) => id));
    expect(Math.abs(posts[0]!.publishedAt - postsOf(stage)[0]!.publishedAt)).toBeLessThan(1000);
    expect(posts[0]!.url).toBe(postsOf(stage)[0]!.url);
    const late = await x.recent!({ http, account, clock: stage.clock, since: stage.clock.now() });
    expect(late).toEqual([]);
  });
});
