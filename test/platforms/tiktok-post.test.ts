import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { tiktok } from '../../src/platforms/tiktok-post.ts';
import { chunksOf } from '../../src/platforms/tiktok-post-upload.ts';
import { postingSignIn, signIn } from '../../src/platforms/tiktok-sign-in.ts';
import { count, initOf, openStage, postsOf, puts } from './tiktok-post-stage.ts';
import { mediaFile, video } from './x-stage.ts';

const MB = 1_000_000;

describe('signing in to TikTok for posting', () => {
  it('asks for the rights to post only then', async () => {
    expect(signIn.scopes).toEqual(['user.info.basic', 'user.info.profile', 'video.list']);
    expect(postingSignIn.scopes).toEqual([...signIn.scopes, 'video.publish', 'video.upload']);
    expect(tiktok.otherSignIns).toEqual({ posting: postingSignIn });
    expect(tiktok.signIn).toBe(signIn);
  });

  it('remembers the way, and warns of the audit', async () => {
    const { identity, grant } = await openStage().login();
    expect(grant.scopes).toContain('video.publish');
    expect(identity).toMatchObject({ handle: '@creator', settings: { signIn: 'posting' } });
    expect(identity.warnings?.[0]).toMatch(/audited/);
  });
});

describe('posting to TikTok', () => {
  it('asks what may be posted, uploads, and waits until the post is out and has its address', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(300_000);
    const outcome = await me.drive({ job: { media } });
    const [shown] = postsOf(stage);
    expect(shown).toMatchObject({ text: video.caption, visible: true, sha256: media.sha256 });
    expect(outcome.state).toBe('published');
    expect(outcome.post).toEqual({
      id: shown?.id,
      url: `https://www.tiktok.com/@creator/video/${shown?.id}`,
    });
    expect(outcome.waits.every((wait) => wait === 'processing E_NOT_YET')).toBe(true);
    expect(initOf(stage)).toEqual({
      post_info: {
        title: video.caption,
        privacy_level: 'PUBLIC_TO_EVERYONE',
        disable_comment: false,
        disable_duet: false,
        disable_stitch: false,
      },
      source_info: { source: 'FILE_UPLOAD', video_size: 300_000, chunk_size: 300_000, total_chunk_count: 1 },
    });
    const [sent] = puts(stage);
    expect(sent?.headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-range': 'bytes 0-299999/300000',
    });
    expect(sent?.headers['authorization']).toBeUndefined();
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('sends large files in chunks, the last one longer', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(35_000_123);
    const outcome = await me.drive({ job: { media } });
    expect(outcome.state).toBe('published');
    expect(initOf(stage)['source_info']).toMatchObject({ chunk_size: 10 * MB, total_chunk_count: 3 });
    expect(puts(stage).map(({ headers }) => headers['content-range'])).toEqual([
      'bytes 0-9999999/35000123',
      'bytes 10000000-19999999/35000123',
      'bytes 20000000-35000122/35000123',
    ]);
    expect(postsOf(stage)[0]?.sha256).toBe(media.sha256);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it.each([
    [1, [1]],
    [4_999_999, [4_999_999]],
    [19_999_999, [19_999_999]],
    [20 * MB, [10 * MB, 10 * MB]],
    [50_000_123, [10 * MB, 10 * MB, 10 * MB, 10 * MB, 10_000_123]],
  ])('cuts %i bytes by TikTok’s rules', (bytes, sizes) => {
    expect(chunksOf(bytes).map(({ start, end }) => end - start)).toEqual(sizes);
  });

  it('never breaks a rule for chunks, whatever the size', () => {
    for (let n = 0; n < 10_000; n += 1) {
      const bytes = 1 + Math.floor((4 * 2 ** 30 - 1) * (n / 9999) ** 3);
      const chunks = chunksOf(bytes);
      const last = chunks.at(-1)!;
      expect(chunks[0]?.start).toBe(0);
      expect(last.end).toBe(bytes);
      expect(chunks.length).toBeLessThanOrEqual(1000);
      expect(chunks.length).toBe(chunks.length === 1 ? 1 : Math.floor(bytes / (10 * MB)));
      if (chunks.length === 1) expect(bytes).toBeLessThanOrEqual(64 * MB);
      else expect(last.end - last.start).toBeLessThan(20 * MB);
    }
  });

  it('carries the AI label, and what the rule says', async () => {
    const stage = openStage();
    const me = await stage.login();
    const options = {
      comments: false,
      duets: false,
      stitches: false,
      ownBrand: true,
      paidPartnership: true,
      privacy: 'public',
    };
    await me.drive({ job: { options, video: { ...video, aiGenerated: true } } });
    expect(initOf(stage)['post_info']).toMatchObject({
      is_aigc: true,
      disable_comment: true,
      disable_duet: true,
      disable_stitch: true,
      brand_organic_toggle: true,
      brand_content_toggle: true,
    });
    expect(postsOf(stage)[0]?.facts).toMatchObject({ aiGenerated: true });
  });

  it('keeps what the creator has switched off', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('account', { commentDisabled: true, duetDisabled: true });
    expect((await me.drive()).state).toBe('published');
    expect(initOf(stage)['post_info']).toMatchObject({
      disable_comment: true,
      disable_duet: true,
      disable_stitch: false,
    });
  });

  it('sends nothing that is too long for the account', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('account', { maxSeconds: 60 });
    const outcome = await me.drive({ job: { media: mediaFile(5000, 90) } });
    expect([outcome.state, outcome.error?.code]).toEqual(['dead', 'E_MEDIA_UNFIT']);
    expect(count(stage, '/video/init/')).toBe(0);
  });

  it('says so where the sign-in was for watching only', async () => {
    const me = await openStage().login();
    const account = { ...me.account, scopes: signIn.scopes };
    const outcome = await me.drive({ job: { account } });
    expect([outcome.state, outcome.error?.code]).toEqual(['waiting', 'E_SCOPES']);
    expect(outcome.error?.command).toBe('repost login tiktok --for-posting --account @creator');
  });
});

describe('the audience of a post', () => {
  it('is the followers of a private account', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('account', { private: true });
    const outcome = await me.drive();
    expect(initOf(stage)['post_info']).toMatchObject({ privacy_level: 'FOLLOWER_OF_CREATOR' });
    expect(outcome).toMatchObject({ state: 'published', post: { url: null } });
  });

  it.each([
    ['friends', 'MUTUAL_FOLLOW_FRIENDS'],
    ['self', 'SELF_ONLY'],
    ['public', 'PUBLIC_TO_EVERYONE'],
  ])('is %s where the rule says so', async (privacy, level) => {
    const stage = openStage();
    const me = await stage.login();
    expect((await me.drive({ job: { options: { privacy } } })).state).toBe('published');
    expect(initOf(stage)['post_info']).toMatchObject({ privacy_level: level });
  });

  it('is never another one than the rule’s', async () => {
    const stage = openStage();
    const me = await stage.login();
    const outcome = await me.drive({ job: { options: { privacy: 'followers' } } });
    expect([outcome.state, outcome.error?.code]).toEqual(['dead', 'E_REFUSED']);
    expect(outcome.error?.message).toBe('TikTok offers this account other audiences: public, friends, self.');
  });

  it('of a paid partnership is never its creator alone', async () => {
    const me = await openStage().login();
    const options = { privacy: 'self', paidPartnership: true };
    expect((await me.drive({ job: { options } })).error?.message).toMatch(/paid partnership/);
  });

  it.each([true, false])(
    'of an app without audit is its owner alone, and it is said (sees all levels: %s)',
    async (sees) => {
      const stage = openStage();
      const me = await stage.login();
      await stage.quirks({ audited: false, unauditedSeesAll: sees });
      await stage.pull('account', { private: true });
      const outcome = await me.drive();
      expect(outcome.state).toBe('published');
      expect(outcome.post?.url).toBeNull();
      expect(outcome.post?.warnings?.[0]).toMatch(/Only you can see this post/);
      expect(postsOf(stage).map(({ visible }) => visible)).toEqual([false]);
    },
  );

  it('of an app without audit is nobody on a public account: its person is asked', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ audited: false });
    const outcome = await me.drive();
    expect([outcome.state, outcome.error?.code]).toEqual(['waiting', 'E_APP_SETUP']);
    expect(outcome.error?.hint).toMatch(/private.*draft.*audited/);
    expect(postsOf(stage)).toEqual([]);
  });
});

describe('the address of a post', () => {
  it('is looked for in the list where the status never tells it', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ withholdsId: true });
    const outcome = await me.drive();
    expect(outcome.post?.id).toBe(postsOf(stage)[0]?.id);
    expect(outcome.post?.url).toMatch(/^https:\/\/www\.tiktok\.com\/@creator\/video\/\d+$/u);
  });

  it('is given up after hours, not the post', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ withholdsId: true, listDelaySeconds: (10 * HOUR) / SECOND });
    const startedAt = stage.clock.now();
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.post).toMatchObject({ url: null, id: expect.stringMatching(/^v_pub_file~/u) });
    expect(outcome.post?.warnings).toEqual(['TikTok published it without telling its address.']);
    expect(stage.clock.now() - startedAt).toBeLessThan(7 * HOUR);
  });

  it('is not that of another video with the same caption', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ withholdsId: true, moderationSeconds: 0 });
    await stage.pull('publish', { caption: video.caption, durationSeconds: 44 });
    stage.clock.advance(30 * MINUTE);
    await stage.pull('publish', { caption: video.caption, durationSeconds: 44 });
    const outcome = await me.drive();
    expect(outcome.post?.id).toBe(postsOf(stage)[0]?.id);
  });
});

describe('TikTok’s limits for posting', () => {
  it('are figures with addresses', () => {
    const posting = tiktok.limits.filter(({ scope }) => scope === 'account');
    expect(posting.map(({ bucket, max, window }) => [bucket, max, window])).toEqual([
      ['init', 6, { kind: 'trailing', ms: MINUTE }],
      ['creator_info', 20, { kind: 'trailing', ms: MINUTE }],
      ['status', 30, { kind: 'trailing', ms: MINUTE }],
      ['posts', 15, { kind: 'trailing', ms: DAY }],
    ]);
    for (const { source } of posting) expect(source).toMatch(/^https:\/\/developers\.tiktok\.com\//u);
  });

  it('its status is not asked for more often than allowed', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processingSeconds: 600, moderationSeconds: 600 });
    const asked: number[] = [];
    const { dispatch } = stage.sandbox;
    stage.sandbox.dispatch = (request) => {
      if (request.path.endsWith('/status/fetch/')) asked.push(stage.clock.now());
      return dispatch(request);
    };
    expect((await me.drive()).state).toBe('published');
    for (const at of asked)
      expect(asked.filter((one) => one > at - MINUTE && one <= at).length).toBeLessThanOrEqual(30);
  });
});
