import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/core/clock.ts';
import { youtube } from '../../src/platforms/youtube.ts';
import { MIB, mediaFile, openStage } from './youtube-stage.ts';

const big = () => mediaFile(17 * MIB + 12_345);

describe('publishing to YouTube', () => {
  it('sends a small file in one request, with its metadata, and names a Short', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.requests.length = 0;
    const { state, post, journal } = await me.drive({
      job: { video: { ...me.request().video, aiGenerated: true } },
    });

    expect(state).toBe('published');
    const [shown] = stage.sandbox.posts();
    expect(post).toEqual({
      id: shown!.id,
      url: `https://www.youtube.com/shorts/${shown!.id}`,
      audience: 'as wished',
    });
    expect(shown).toMatchObject({
      accountId: me.account.remoteId,
      title: 'Sunrise over the bay',
      text: 'Sunrise over the bay #sunrise #sea',
      sha256: mediaFile(5000).sha256,
      visible: true,
      facts: { privacy: 'public', containsSyntheticMedia: true, madeForKids: false, license: 'youtube' },
    });
    expect(shown!.facts!['tags']).toEqual([
      'sunrise',
      'sea',
      expect.stringMatching(/^repost-[0-9a-f]{12}$/u),
    ]);
    expect(shown!.facts!['fileName']).toMatch(/^repost-[0-9a-f]{12}\.mp4$/u);
    expect(stage.requests.map(({ method }) => method).slice(0, 2)).toEqual(['POST', 'PUT']);
    expect(stage.requests[0]!.query.get('notifySubscribers')).toBe('false');
    expect(stage.sandbox.complaints()).toEqual([]);
    const open = journal.rows().find(({ name }) => name === 'open upload session');
    expect(open!.result).toMatch(/^sealed:/u);
    expect(JSON.stringify(journal.rows().filter((row) => row !== open))).not.toContain('upload_id');
  });

  it('sends a big file in parts of 8 MiB and reports how far it is', async () => {
    const stage = openStage();
    const me = await stage.login();
    const heard: number[] = [];
    const media = big();
    const { state } = await me.drive({ job: { media, progress: (done) => heard.push(done) } });
    expect(state).toBe('published');
    expect(stage.sandbox.posts()[0]).toMatchObject({ sha256: media.sha256, bytes: media.bytes });
    const ranges = stage.requests.map(({ headers }) => headers['content-range']).filter(Boolean);
    expect(ranges).toEqual([
      `bytes 0-${8 * MIB - 1}/${media.bytes}`,
      `bytes ${8 * MIB}-${16 * MIB - 1}/${media.bytes}`,
      `bytes ${16 * MIB}-${media.bytes - 1}/${media.bytes}`,
    ]);
    expect(heard).toEqual([...heard].sort((one, other) => one - other));
    expect(heard.at(-1)).toBe(media.bytes);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('goes on from what the server kept, not from what was sent', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ keepHalf: 3 });
    const media = big();
    expect((await me.drive({ job: { media } })).state).toBe('published');
    expect(stage.sandbox.posts()[0]!.sha256).toBe(media.sha256);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('uses up no attempt for an interrupted upload that got further', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(40 * MIB);
    // Every second part breaks: more often than there are attempts.
    const { dispatch } = stage.sandbox;
    let parts = 0;
    stage.sandbox.dispatch = (request) => {
      const breaks = request.method === 'PUT' && request.body.length > 0 && parts++ % 2 === 1;
      if (breaks)
        stage.sandbox.faults.add({ method: 'PUT', nth: 1, action: { kind: 'cut-upload', bytes: MIB } });
      return dispatch(request);
    };
    const { state, waits } = await me.drive({ job: { media }, attempts: 2 });
    expect(state).toBe('published');
    expect(waits.filter((wait) => wait.startsWith('backoff')).length).toBeGreaterThan(2);
    expect(stage.sandbox.posts()).toHaveLength(1);
    expect(stage.sandbox.posts()[0]!.sha256).toBe(media.sha256);
  });

  it('does use attempts up while nothing is kept', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ method: 'PUT', path: '/upload/', action: { kind: 'status', status: 503 } });
    const { state, error, runs } = await me.drive({ job: { media: big() }, attempts: 3 });
    expect({ state, runs, code: error!.code }).toEqual({ state: 'dead', runs: 3, code: 'E_PLATFORM_DOWN' });
    expect(stage.sandbox.posts()).toHaveLength(0);
  });

  it('calls a wide or a long video by its ordinary address', async () => {
    const stage = openStage();
    const me = await stage.login();
    const wide = mediaFile(6000, { width: 1920, height: 1080 });
    const square = mediaFile(6001, { width: 720, height: 720, durationMs: 180_000 });
    const long = mediaFile(6002, { durationMs: 180_001 });
    const urls: (string | null)[] = [];
    for (const media of [wide, square, long]) urls.push((await me.drive({ job: { media } })).post!.url);
    expect(urls[0]).toContain('/watch?v=');
    expect(urls[1]).toContain('/shorts/');
    expect(urls[2]).toContain('/watch?v=');
  });

  it('refuses more than 15 minutes on an unverified channel before a byte is sent', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(7000, { durationMs: 16 * MINUTE });
    const refused = await me.drive({ job: { media } });
    expect(refused).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_UNFIT' } });
    expect(stage.requests.some(({ path }) => path.startsWith('/upload'))).toBe(false);
    await stage.pull('account', { account: '@creator', settings: { longUploadsStatus: 'allowed' } });
    expect((await me.drive({ job: { media } })).state).toBe('published');
  });

  it('renews a token that ends in the middle of the upload', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = big();
    let parts = 0;
    const progress = (done: number) => {
      if (done >= 8 * MIB && parts++ === 0) void stage.pull('endAccessTokens');
    };
    expect((await me.drive({ job: { media, progress } })).state).toBe('published');
    expect(stage.sandbox.requests().filter(({ status }) => status === 401).length).toBeGreaterThan(0);
    expect(stage.sandbox.posts()).toHaveLength(1);
  });

  it('asks for a sign-in when the grant is taken away, and keeps the job', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('removeAccess', { account: me.account.remoteId });
    const { state, error } = await me.drive();
    expect({ state, code: error!.code }).toEqual({ state: 'waiting', code: 'E_LOGIN_NEEDED' });
  });

  it('refuses options without meaning', async () => {
    const stage = openStage();
    const me = await stage.login();
    for (const options of [{ privacy: 'secret' }, { madeForKids: 'no' }, { categoryId: 'Comedy' }])
      expect(await me.drive({ job: { options } })).toMatchObject({
        state: 'dead',
        error: { code: 'E_RULE' },
      });
    const options = {
      privacy: 'unlisted',
      license: 'creativeCommon',
      categoryId: '23',
      notifySubscribers: true,
    };
    expect((await me.drive({ job: { options } })).state).toBe('published');
    expect(stage.sandbox.posts()[0]!.facts).toMatchObject({
      privacy: 'unlisted',
      license: 'creativeCommon',
      category: 'Comedy',
    });
    expect(
      stage.requests.filter(({ path }) => path.startsWith('/upload'))[0]!.query.get('notifySubscribers'),
    ).toBe('true');
  });
});

describe('what became of it', () => {
  it('waits a little for processing, counts as published whatever comes later', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ outcome: 'stuck' });
    const before = stage.clock.now();
    const { state, waits } = await me.drive();
    expect(state).toBe('published');
    expect(waits.every((wait) => wait === 'processing E_NOT_YET')).toBe(true);
    expect(stage.clock.now() - before).toBeLessThanOrEqual(70 * SECOND);
  });

  it.each(['insert', 'processed'] as const)(
    'tells of a lock to private that shows at %s, and uploads nothing again',
    async (lockShows) => {
      const stage = openStage();
      const me = await stage.login();
      await stage.quirks({ audited: false, lockShows });
      const { state, post } = await me.drive();
      expect(state).toBe('published');
      expect(post!.warnings).toEqual([expect.stringContaining('locked the video to private')]);
      expect(stage.sandbox.posts()).toHaveLength(1);
      expect(stage.sandbox.posts()[0]!.visible).toBe(false);
    },
  );

  it('says nothing of a video that was meant to be private', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ audited: false });
    const { post } = await me.drive({ job: { options: { privacy: 'private' } } });
    expect(post!.warnings).toBeUndefined();
  });

  it.each([
    ['rejected:copyright', 'E_MEDIA_REFUSED', /copyright/u],
    ['rejected:somethingNew', 'E_MEDIA_REFUSED', /somethingNew/u],
    ['rejected:duplicate', 'E_DUPLICATE', /duplicate/u],
    ['failed:codec', 'E_MEDIA_REFUSED', /codec/u],
  ])('never calls dead what was sent: %s', async (outcome, code, says) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ outcome });
    const { state, error } = await me.drive();
    expect({ state, code: error!.code }).toEqual({ state: 'unknown', code });
    expect(error!.message).toMatch(says);
  });

  it('takes the video that was there first where YouTube drops a duplicate', async () => {
    const stage = openStage();
    const me = await stage.login();
    await me.drive();
    const [first] = stage.sandbox.posts();
    await stage.quirks({ rejectDuplicates: true });
    const { state, post } = await me.drive({ job: { video: { ...me.request().video, remoteId: '2' } } });
    expect({ state, id: post!.id }).toEqual({ state: 'published', id: first!.id });
    expect(post!.warnings).toEqual([expect.stringContaining('had this video already')]);
  });

  it('asks a person where the owner removed the video at once, and sends nothing again', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ outcome: 'stuck' });
    const { state, error } = await me.drive({
      beforeRun: async (run) => {
        const [post] = stage.sandbox.posts();
        if (run === 2) await stage.pull('remove', { id: post!.id });
      },
    });
    expect({ state, code: error!.code }).toEqual({ state: 'unknown', code: 'E_UNKNOWN_OUTCOME' });
    expect(stage.sandbox.posts()).toHaveLength(0);
    expect(stage.requests.filter(({ method }) => method === 'POST')).toHaveLength(3);
  });

  it.each([500, 403, 429, 401])(
    'is published although the question after it is answered %i',
    async (status) => {
      const stage = openStage();
      const me = await stage.login();
      stage.sandbox.faults.add({ path: '/youtube/v3/videos', action: { kind: 'status', status } });
      const { state } = await me.drive({ attempts: 2 });
      expect(state).toBe('published');
      expect(stage.sandbox.posts()).toHaveLength(1);
    },
  );

  it('warns where the video went to another channel than the one signed in', async () => {
    const stage = openStage();
    const me = await stage.login();
    const account = { ...me.account, remoteId: 'UCanother' };
    const { post } = await me.drive({ job: { account } });
    expect(post!.warnings).toEqual([expect.stringContaining('another channel')]);
  });
});

describe('own recent posts', () => {
  it('come newest first, private ones included, over several pages', async () => {
    const stage = openStage();
    const me = await stage.login();
    const { http, account } = me;
    const { clock } = stage;
    const recent = async (since: number) => (await youtube.recent!({ http, account, clock, since }))!;
    expect(await recent(0)).toEqual([]);
    await stage.quirks({ uploadsPerDay: 1000, channelPerDay: 1000, processingMs: 0 });
    for (let n = 0; n < 53; n += 1) {
      const { text } = me.request();
      const options = n === 0 ? { privacy: 'private' } : {};
      await me.drive({
        job: {
          text: { ...text, title: `Clip ${n}` },
          options,
          video: { ...me.request().video, remoteId: `${n}` },
        },
      });
      clock.advance(MINUTE);
    }
    const all = await recent(0);
    expect(all.map(({ text }) => text)).toEqual(Array.from({ length: 53 }, (_, n) => `Clip ${52 - n}`));
    expect(all[0]!.url).toBe(`https://www.youtube.com/watch?v=${all[0]!.id}`);
    const some = await recent(clock.now() - 5 * MINUTE - SECOND);
    expect(some.map(({ text }) => text)).toEqual(['Clip 52', 'Clip 51', 'Clip 50', 'Clip 49', 'Clip 48']);
  });
});
