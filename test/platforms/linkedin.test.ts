import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { checkMedia } from '../../src/core/media-rules.ts';
import { linkedin } from '../../src/platforms/linkedin.ts';
import { asMember, asPage, bodyOf, openMember, sendings, textOf } from './linkedin-stage.ts';
import type { Outcome } from './memory-run.ts';
import { mediaFile, video } from './stage.ts';

const small = { partBytes: 50_000 };

describe('publishing', () => {
  it.each([
    ['ugcPost', 'x-restli-id'],
    ['share', 'x-linkedin-id'],
  ] as const)('reads the id of a %s from %s alone', async (urnKind, idHeader) => {
    const { stage, me } = await asMember({ ...small, urnKind, idHeader });
    const media = mediaFile(200_000);
    const outcome = await me.drive({ job: { media } });
    const [post] = stage.posts();
    expect(post).toMatchObject({ text: video.caption, sha256: media.sha256, bytes: 200_000, visible: true });
    expect(post!.facts).toMatchObject({ hashtags: ['food'], cut: false });
    expect(outcome).toMatchObject({
      state: 'published',
      post: { id: post!.id, url: `https://www.linkedin.com/feed/update/${post!.id}/` },
    });
    expect(post!.id).toMatch(new RegExp(`^urn:li:${urnKind}:\\d+$`, 'u'));
    expect(outcome.journal.rows().map(({ name }) => name)).toEqual([
      'initialize',
      'upload',
      'finalize',
      'processed',
      'post',
    ]);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('sends what was asked for and nothing else', async () => {
    const { stage, me } = await asMember(small);
    await me.drive({
      job: {
        text: textOf('hello (world)', {}, 'My clip'),
        options: { visibility: 'connections', reshare: false },
      },
    });
    const body = bodyOf(sendings(stage)[0]);
    expect(body).toEqual({
      author: 'urn:li:person:crEaToR101',
      commentary: 'hello \\(world\\)',
      visibility: 'CONNECTIONS',
      distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
      content: { media: { id: expect.stringMatching(/^urn:li:video:/u), title: 'My clip' } },
      lifecycleState: 'PUBLISHED',
      isReshareDisabledByAuthor: true,
    });
  });

  it('posts as a page, which is public whatever the rule says', async () => {
    const { stage, me } = await asPage(small);
    expect((await me.drive({ job: { options: { visibility: 'connections' } } })).state).toBe('published');
    expect(stage.posts()[0]).toMatchObject({ accountId: '10100101', visible: true });
  });

  it('posts a video without a caption', async () => {
    const { stage, me } = await asMember(small);
    expect((await me.drive({ job: { text: textOf('') } })).state).toBe('published');
    expect(stage.posts()[0]!.text).toBe('');
  });

  it('names the version on every call of the API, and sends no token with the bytes', async () => {
    const { stage, me } = await asMember(small);
    await me.drive();
    for (const { headers } of stage.asked('POST', /^\/rest\//u))
      expect(headers).toMatchObject({ 'linkedin-version': '202607', 'x-restli-protocol-version': '2.0.0' });
    const parts = stage.asked('PUT', /dms-uploads/u);
    expect(parts.length).toBe(5);
    for (const { headers } of parts) {
      expect(headers['authorization']).toBeUndefined();
      expect(headers['linkedin-version']).toBeUndefined();
      expect(Number(headers['content-length'])).toBeGreaterThan(0);
    }
  });

  it('says what to do when its version of the API is gone', async () => {
    const { stage, me } = await asMember({ newestVersion: '202809', oldestVersion: '202710' });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({
      state: 'dead',
      runs: 1,
      error: { code: 'E_REFUSED', hint: 'Install a newer repost, then retry what failed.' },
    });
    expect(outcome.error!.message).toContain('202607');
    expect(stage.requests.at(-1)!.path).toBe('/rest/videos');
  });
});

describe('the upload', () => {
  it.each(['quoted', 'plain', 'path'] as const)(
    'gives receipts back in the file’s order: %s',
    async (etag) => {
      const { stage, me } = await asMember({ partBytes: 20_000, etag, uploadToken: 'token-1' });
      const outcome = await me.drive();
      expect(outcome.state).toBe('published');
      expect(outcome.journal.rows().map(({ name }) => name)).toContain('upload from part 9');
      expect(stage.posts()[0]!.sha256).toBe(mediaFile(200_000).sha256);
      expect(stage.sandbox.complaints()).toEqual([]);
    },
  );

  it('goes on after the last part that arrived', async () => {
    const { stage, me } = await asMember({ partBytes: 10_000, unevenParts: false });
    stage.sandbox.faults.add({
      method: 'PUT',
      nth: 12,
      times: 1,
      action: { kind: 'cut-upload', bytes: 5000 },
    });
    expect((await me.drive()).state).toBe('published');
    // Eight parts are kept together: four of the second eight were sent again at most.
    expect(stage.asked('PUT', /dms-uploads/u)).toHaveLength(20 + 4);
    expect(stage.posts()[0]!.sha256).toBe(mediaFile(200_000).sha256);
  });

  it.each([
    ['they expire', (stage: Awaited<ReturnType<typeof asMember>>['stage']) => stage.clock.advance(25 * HOUR)],
    [
      'LinkedIn says so',
      (stage: Awaited<ReturnType<typeof asMember>>['stage']) => {
        stage.sandbox.faults.add({ method: 'PUT', times: 1, action: { kind: 'status', status: 403 } });
      },
    ],
  ] as const)('asks for new addresses when %s', async (_name, befall) => {
    const { stage, me } = await asMember(small);
    stage.sandbox.faults.add({ method: 'PUT', times: 1, action: { kind: 'refuse' } });
    let befallen = false;
    const outcome = await me.drive({
      beforeRun: (run) => {
        if (run !== 2 || befallen) return;
        befallen = true;
        befall(stage);
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
    const begun = stage
      .asked('POST', /^\/rest\/videos$/u)
      .filter(({ query }) => query.get('action') === 'initializeUpload');
    expect(begun).toHaveLength(2);
    expect(stage.posts()).toHaveLength(1);
  });

  it('starts again with a file that was made anew', async () => {
    const { stage, me } = await asMember(small);
    stage.sandbox.faults.add({ method: 'PUT', times: 1, action: { kind: 'refuse' } });
    let journal: Outcome['journal'] | undefined;
    const remember = (_run: number, kept: Outcome['journal']) => {
      journal = kept;
    };
    await expect(me.drive({ maxRuns: 1, beforeRun: remember })).rejects.toThrow('did not end');
    const outcome = await me.drive({ journal: journal!, job: { media: mediaFile(190_000) } });
    expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
    expect(outcome.state).toBe('published');
    expect(stage.posts()[0]!.sha256).toBe(mediaFile(190_000).sha256);
  });

  it.each([
    [
      'a gap',
      [
        { firstByte: 0, lastByte: 99 },
        { firstByte: 200, lastByte: 199_999 },
      ],
    ],
    [
      'an overlap',
      [
        { firstByte: 0, lastByte: 99 },
        { firstByte: 50, lastByte: 199_999 },
      ],
    ],
    ['an end that is missing', [{ firstByte: 0, lastByte: 1999 }]],
    ['nothing', []],
  ])('sends nothing by instructions with %s', async (_name, ranges) => {
    const { stage, me } = await asMember(small);
    const uploadInstructions = ranges.map((range) => ({
      uploadUrl: 'https://www.linkedin.com/dms-uploads/x',
      ...range,
    }));
    stage.sandbox.faults.add({
      path: '^/rest/videos$',
      action: {
        kind: 'status',
        status: 200,
        body: { value: { video: 'urn:li:video:C1', uploadInstructions } },
      },
    });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_BAD_ANSWER' } });
    expect(stage.asked('PUT', /./u)).toEqual([]);
  });

  it('looks before it finalizes again', async () => {
    const { stage, me } = await asMember(small);
    const finalizing = { method: 'POST', path: '^/rest/videos$', nth: 2 };
    stage.sandbox.faults.add({ ...finalizing, action: { kind: 'lost' } });
    expect((await me.drive()).state).toBe('published');
    const sent = stage
      .asked('POST', /^\/rest\/videos$/u)
      .filter(({ query }) => query.get('action') === 'finalizeUpload');
    expect(sent).toHaveLength(1);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('is refused for good where the file is too small, as LinkedIn says', async () => {
    const { me } = await asMember();
    const outcome = await me.drive({ job: { media: mediaFile(60_000) } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' }, runs: 1 });
  });
});

describe('processing', () => {
  it('is waited for without using up attempts', async () => {
    const { stage, me } = await asMember({ ...small, processingSeconds: 1500 });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(new Set(outcome.waits)).toEqual(new Set(['processing E_NOT_YET']));
    expect(stage.asked('GET', /^\/rest\/videos\//u).length).toBeLessThan(60);
    expect(stage.asked('GET', /^\/rest\/videos\//u)[0]!.path).toMatch(
      /^\/rest\/videos\/urn%3Ali%3Avideo%3A/u,
    );
  });

  it('ends where LinkedIn can’t read the file', async () => {
    const { stage, me } = await asMember({ ...small, processing: 'failed', processingTimes: 1 });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(sendings(stage)).toEqual([]);
  });

  it('is begun anew where it never ends', async () => {
    const { stage, me } = await asMember({ ...small, processing: 'stuck', processingTimes: 1 });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('backoff E_PROCESSING');
    expect(stage.posts()).toHaveLength(1);
  });

  it.each([true, false])(
    'goes on after a while where the app may not look (posts early: %s)',
    async (postsEarly) => {
      const { stage, me } = await asMember({
        ...small,
        readsVideos: false,
        postsEarly,
        processingSeconds: 600,
      });
      const outcome = await me.drive();
      expect(outcome.state).toBe('published');
      expect(sendings(stage).length > 1).toBe(!postsEarly);
      stage.clock.advance(HOUR);
      expect(stage.posts()).toHaveLength(1);
      expect(stage.sandbox.complaints()).toEqual([]);
    },
  );
});

describe('limits', () => {
  it.each([
    ['resource', 2, 'quota E_QUOTA', HOUR],
    ['protection', 2, 'quota E_RATE_LIMIT', 5 * MINUTE],
  ] as const)('waits out a 429 without headers: %s', async (limited, limitedTimes, wait, least) => {
    const { stage, me } = await asMember(small);
    const startedAt = stage.clock.now();
    await stage.quirks({ limited, limitedTimes });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.waits.filter((one) => one === wait)).toHaveLength(2);
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(2 * least);
  });

  it('name what each call costs', () => {
    const known = new Set(linkedin.limits.map(({ bucket }) => bucket));
    for (const costs of Object.values(linkedin.costs))
      for (const bucket of Object.keys(costs)) expect(known).toContain(bucket);
    expect(linkedin.costs[linkedin.publishCall!]).toEqual({ posts: 1, 'posts-app': 1 });
    for (const limit of linkedin.limits) expect(limit.source).toMatch(/^https:\/\//u);
  });

  it('know the length of a video, and that two seconds are too few', () => {
    const facts = mediaFile(200_000);
    expect(checkMedia(facts, linkedin.media)).toEqual({ ok: true });
    const rulesOf = (change: object) => {
      const check = checkMedia({ ...facts, ...change }, linkedin.media);
      return check.ok ? [] : check.problems.map(({ rule }) => rule);
    };
    expect(rulesOf({ durationMs: 2 * SECOND })).toEqual(['minDurationMs']);
    expect(rulesOf({ durationMs: 31 * MINUTE })).toEqual(['maxDurationMs']);
    expect(rulesOf({ container: 'mov' })).toEqual(['containers']);
    expect(rulesOf({ bytes: 600_000_000 })).toEqual(['maxBytes']);
    expect(rulesOf({ width: 3000 })).toEqual([]);
    expect(rulesOf({ width: 5000 })).toEqual(['maxAspect']);
  });
});

describe('recent posts', () => {
  it('are a page’s own, in plain words, newest first', async () => {
    const { stage, me } = await asPage(small);
    await me.drive();
    stage.clock.advance(MINUTE);
    await me.drive({ job: { text: textOf('second (one)'), media: mediaFile(210_000) } });
    stage.clock.advance(MINUTE);
    const { http, account } = me;
    const { clock } = stage;
    const posts = (await linkedin.recent!({ http, account, clock, since: clock.now() - HOUR }))!;
    expect(posts.map(({ text }) => text)).toEqual(['second (one)', video.caption]);
    expect(posts.map(({ id }) => id)).toEqual(stage.posts().map(({ id }) => id));
    expect(posts[0]).toMatchObject({
      url: stage.posts()[0]!.url,
      publishedAt: stage.posts()[0]!.publishedAt,
    });
    expect(await linkedin.recent!({ http, account, clock, since: clock.now() })).toEqual([]);
  });

  it('are out of a member’s reach: said, and never taken for none', async () => {
    const { stage, me } = await asMember(small);
    const { http, account } = me;
    const asked = { http, account, clock: stage.clock, since: stage.clock.now() - DAY };
    expect(await linkedin.recent!(asked)).toBeUndefined();
    stage.sandbox.faults.add({ times: 1, action: { kind: 'status', status: 503 } });
    await expect(linkedin.recent!(asked)).rejects.toMatchObject({ code: 'E_PLATFORM_DOWN' });
  });

  it('are a member’s own where LinkedIn gave the app the right', async () => {
    const stage = openMember();
    const scopes = ['openid', 'profile', 'w_member_social', 'r_member_social'];
    const { token } = (await stage.pull('token', { scopes })) as { token: string };
    const grant = await stage.signIn.fromToken!({
      http: stage.plain,
      app: stage.app,
      clock: stage.clock,
      token,
    });
    const [identity] = await stage.identities(grant);
    const me = stage.as(grant, identity!);
    await me.drive();
    stage.clock.advance(MINUTE);
    const { http, account } = me;
    expect(await linkedin.recent!({ http, account, clock: stage.clock, since: 0 })).toHaveLength(1);
  });
});
