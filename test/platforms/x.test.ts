import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import { x } from '../../src/platforms/x.ts';
import { xPrices } from '../../src/platforms/x-rules.ts';
import { MIB, mediaFile, openStage, type Stage, textOf, video } from './x-stage.ts';

const postsOf = ({ sandbox }: Stage) => sandbox.posts();
const count = ({ requests }: Stage, ending: string) =>
  requests.filter(({ path }) => path.endsWith(ending)).length;
const postings = (stage: Stage) => count(stage, '/2/tweets');
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

describe('uploading', () => {
  it('sends segments of 1 MiB and tells how far it is', async () => {
    const stage = openStage();
    const me = await stage.login();
    const told: number[] = [];
    const media = mediaFile(2.5 * MIB);
    const outcome = await me.drive({ job: { media, progress: (done) => told.push(done) } });
    expect(outcome.state).toBe('published');
    expect(count(stage, '/append')).toBe(3);
    expect(told).toEqual([...told].sort((one, other) => one - other));
    expect(told.at(-1)).toBe(media.bytes);
  });

  it('repeats 64 segments at most after an interruption', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(66 * MIB);
    stage.sandbox.faults.add({ path: 'append$', nth: 66, times: 1, action: { kind: 'lost' } });
    expect((await me.drive({ job: { media } })).state).toBe('published');
    expect(count(stage, '/append')).toBe(66 + 2);
    expect(postsOf(stage)[0]?.sha256).toBe(media.sha256);
  });

  it('takes smaller segments, in a new upload, after a 413', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ segmentBytes: 300_000 });
    const outcome = await me.drive({ job: { media: mediaFile(MIB) } });
    expect(outcome.state).toBe('published');
    expect(count(stage, '/initialize')).toBe(3);
    expect(outcome.journal.rows().map(({ name }) => name)).toContain('upload in the smallest segments');
  });

  it('gives up where no segment is small enough', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ segmentBytes: 1000 });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
  });

  it('takes the media key from finalize where initialize has none', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ keyAtInitialize: false, duplicateHours: 0 });
    stage.sandbox.faults.add({ path: '^/2/tweets$', times: 1, action: { kind: 'lost' } });
    expect((await me.drive()).state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('goes on after a finalize whose answer was lost', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ path: 'finalize$', times: 1, action: { kind: 'lost' } });
    expect((await me.drive()).state).toBe('published');
    expect(count(stage, '/initialize')).toBe(1);
  });

  it('uploads anew where segments are missing', async () => {
    const stage = openStage();
    const me = await stage.login();
    // An append that claims to have worked and has not.
    stage.sandbox.faults.add({
      path: 'append$',
      times: 1,
      action: { kind: 'status', status: 200, body: { data: {} } },
    });
    const outcome = await me.drive({ job: { media: mediaFile(3 * MIB) } });
    expect(outcome.state).toBe('published');
    expect(count(stage, '/initialize')).toBe(2);
  });

  it('uploads anew where the file was made anew between two runs', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ path: 'finalize$', times: 1, action: { kind: 'status', status: 503 } });
    const job = me.request();
    const other = mediaFile(6000);
    const changed = {
      ...job,
      get media() {
        return stage.requests.some(({ path }) => path.endsWith('/finalize')) ? other : job.media;
      },
    };
    const { driveJob } = await import('./memory-run.ts');
    expect((await driveJob(x, changed, stage.clock)).state).toBe('published');
    expect(postsOf(stage)[0]?.sha256).toBe(other.sha256);
  });
});

describe('processing', () => {
  it('needs no status where there is nothing to process', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processingSeconds: 0 });
    expect((await me.drive()).state).toBe('published');
    expect(stage.requests.filter(({ query }) => query.get('command') === 'STATUS')).toEqual([]);
  });

  it.each(['failed', 'stuck'] as const)('ends on an error: %s', async (processing) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processing, processingTimes: 9 });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(outcome.error?.message).toContain('Unsupported video format');
    expect(count(stage, '/initialize')).toBe(1);
  });

  it.each(['internal-error', 'endless'] as const)('uploads anew after: %s', async (processing) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processing, processingTimes: 1 });
    expect((await me.drive()).state).toBe('published');
    expect(count(stage, '/initialize')).toBe(2);
    expect(postsOf(stage)).toHaveLength(1);
  });
});

describe('media that are refused at the post', () => {
  it('are uploaded anew when they expired while a limit was full', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ accessSeconds: 86_400 * 60 });
    await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 0 });
    const outcome = await me.drive({
      beforeRun: async (run) => {
        if (run !== 20) return;
        stage.clock.advance(DAY);
        await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 5 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits.filter((wait) => wait === 'backoff E_HANDLE_EXPIRED')).toHaveLength(1);
    expect(outcome.journal.rows().filter(({ name }) => name === 'initialize')).toHaveLength(1);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('are uploaded anew when X lost them before their time', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ mediaSeconds: 600 });
    const data = {
      id: '1',
      expires_after_secs: 86_400,
      processing_info: { state: 'pending', check_after_secs: 1 },
    };
    stage.sandbox.faults.add({
      path: 'finalize$',
      times: 1,
      action: { kind: 'status-after', status: 200, body: { data } },
    });
    await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 0 });
    const outcome = await me.drive({
      beforeRun: async () => {
        if (postings(stage) > 0) await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 100 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('quota E_RATE_LIMIT');
    expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('are waited for where X is not done with them after all', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processingSeconds: 60 });
    const data = { id: '1', expires_after_secs: 86_400 };
    stage.sandbox.faults.add({
      path: 'finalize$',
      times: 1,
      action: { kind: 'status-after', status: 200, body: { data } },
    });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({
      state: 'published',
      waits: expect.arrayContaining(['processing E_NOT_YET']),
    });
    expect(count(stage, '/initialize')).toBe(1);
  });

  it('are refused for good where X still has them', async () => {
    const stage = openStage();
    const me = await stage.login();
    const body = {
      errors: [{ parameters: { 'media.media_ids': ['[1]'] }, message: 'Your media IDs are invalid.' }],
      title: 'Invalid Request',
      detail: 'One or more parameters to your request was invalid.',
      type: 'https://api.twitter.com/2/problems/invalid-request',
    };
    stage.sandbox.faults.add({
      path: '^/2/tweets$',
      times: 1,
      action: { kind: 'status', status: 400, body },
    });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(count(stage, '/initialize')).toBe(1);
  });

  it('are too long for this account: known only now', async () => {
    const stage = openStage();
    const me = await stage.login();
    const outcome = await me.drive({ job: { media: mediaFile(5000, 21 * 60) } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(outcome.error?.hint).toContain('maxSeconds');
  });

  it('are not even uploaded where the rule has a limit of its own', async () => {
    const stage = openStage();
    const me = await stage.login();
    const outcome = await me.drive({ job: { media: mediaFile(5000, 141), options: { maxSeconds: 140 } } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_UNFIT' } });
    expect(count(stage, '/initialize')).toBe(0);
  });
});

describe('money', () => {
  it('waits for credits and then goes on', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('credits', { usd: 0.01 });
    const outcome = await me.drive({
      beforeRun: async (run) => {
        if (run === 10) await stage.pull('credits', { usd: 5 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits.filter((wait) => wait === 'quota E_MONEY').length).toBeGreaterThan(2);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('waits for the next billing cycle at the spending cap', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ accessSeconds: 86_400 * 60, capAtToken: false });
    await stage.pull('cap', { usd: 0, resetDate: '2026-11-27' });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(stage.clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 10, 27));
    expect(outcome.waits.filter((wait) => wait === 'quota E_MONEY')).toHaveLength(1);
  });
});

describe('limits', () => {
  it('count what each call costs, and money only where somebody set a ceiling', () => {
    const known = new Set(x.limits.map(({ bucket }) => bucket));
    for (const costs of Object.values(x.costs))
      for (const bucket of Object.keys(costs)) expect(known).toContain(bucket);
    expect(x.costs[x.publishCall!]).toEqual({ posts: 1, 'posts-daily': 1, money: xPrices.createPost });
    expect(x.costs['post with link']).toMatchObject({ money: xPrices.createPostWithLink });
    expect(x.limits.find(({ bucket }) => bucket === 'money')).toMatchObject({
      unit: 'millicents',
      onlyWhenSet: true,
      max: Number.MAX_SAFE_INTEGER,
    });
  });

  it('reads what is left from the headers', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ dayHeaders: true });
    await me.drive();
    expect(me.readings).toContainEqual({
      bucket: 'posts',
      max: 100,
      remaining: 99,
      resetsAt: expect.any(Number),
    });
    expect(me.readings).toContainEqual(
      expect.objectContaining({ bucket: 'posts-daily', max: 10_000, remaining: 9_999 }),
    );
  });

  it('waits for the window that is full', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 0 });
    let freed = 0;
    const outcome = await me.drive({
      beforeRun: async () => {
        if (freed > 0 || count(stage, '/2/tweets') === 0) return;
        freed = stage.clock.now();
        await stage.pull('limit', { endpoint: 'POST /2/tweets', calls: 100 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('quota E_RATE_LIMIT');
    expect(postsOf(stage)[0]!.publishedAt).toBeGreaterThanOrEqual(stage.clock.now() - MINUTE);
  });

  it.each([
    ['blind', 15 * MINUTE],
    ['window', 15 * MINUTE],
    ['code-88', 15 * MINUTE],
    ['day', 6 * HOUR],
  ] as const)('waits out a 429 that is about another window: %s', async (limited, waitMs) => {
    const stage = openStage();
    const me = await stage.login();
    const startedAt = stage.clock.now();
    await stage.quirks({ limited, limitedTimes: 1 });
    expect((await me.drive()).state).toBe('published');
    const waited = stage.clock.now() - startedAt;
    expect(waited).toBeGreaterThanOrEqual(waitMs);
    expect(waited).toBeLessThan(waitMs + 5 * MINUTE);
  });

  it('waits for the next month at a usage cap', async () => {
    const stage = openStage();
    stage.clock.advance(3 * DAY);
    const me = await stage.login();
    await stage.quirks({ limited: 'usage-cap', limitedTimes: 1, accessSeconds: 86_400 * 60 });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'published', waits: expect.arrayContaining(['quota E_QUOTA']) });
    expect(stage.clock.now()).toBeGreaterThanOrEqual(Date.UTC(2026, 11, 1));
  });
});

describe('incidents', () => {
  it.each([
    ['media-404', 5],
    ['page-403', 5],
    ['posts-503', 2],
    ['unauthorized', 9],
  ] as const)('survives %s', async (incident, incidentTimes) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ incident, incidentTimes });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(postsOf(stage)).toHaveLength(1);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('asks its person when fresh tokens are refused for more than an hour', async () => {
    const stage = openStage();
    const me = await stage.login();
    const startedAt = stage.clock.now();
    await stage.quirks({ incident: 'unauthorized', incidentTimes: 1000 });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' } });
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(HOUR);
    expect(stage.clock.now() - startedAt).toBeLessThan(3 * HOUR);
  });

  it('asks at once when the renewal itself is refused', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull('endTokens', { refresh: true });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' }, runs: 1 });
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
    const posts = await x.recent!({ http, account, clock: stage.clock, since: stage.clock.now() - HOUR });
    expect(posts.map(({ text }) => text)).toEqual(['second', 'Salt & <pepper> on the stove #food']);
    expect(posts.map(({ id }) => id)).toEqual(postsOf(stage).map(({ id }) => id));
    expect(Math.abs(posts[0]!.publishedAt - postsOf(stage)[0]!.publishedAt)).toBeLessThan(1000);
    expect(posts[0]!.url).toBe(postsOf(stage)[0]!.url);
    const late = await x.recent!({ http, account, clock: stage.clock, since: stage.clock.now() });
    expect(late).toEqual([]);
  });
});
