import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import { mastodon } from '../../src/platforms/mastodon.ts';
import { drive, giveJob, openWorld, signInTo, startLife } from '../contract/home.ts';
import {
  countOf,
  mediaFile,
  openStage,
  postsOf,
  type SignedIn,
  type Stage,
  sendings,
  textOf,
  uploads,
  video,
} from './mastodon-stage.ts';
import { driveJob } from './memory-run.ts';

const lastPost = ({ requests }: Stage) => {
  const request = requests
    .filter(({ method, path }) => method === 'POST' && path.endsWith('/statuses'))
    .at(-1)!;
  return { headers: request.headers, body: JSON.parse(request.body.toString()) as Record<string, unknown> };
};

const recentOf = async (me: SignedIn, stage: Stage, since: number) =>
  (await mastodon.recent?.({ ...me, clock: stage.clock, since })) ?? [];
const posting = { method: 'POST', path: 'statuses$', times: 1 };

describe('publishing', () => {
  it('uploads, waits and posts', async () => {
    const stage = openStage();
    const me = await stage.login();
    const media = mediaFile(5000);
    const outcome = await me.drive({ job: { media } });
    const [post] = postsOf(stage);
    expect(outcome).toMatchObject({
      state: 'published',
      post: { id: post!.id, url: `https://mastodon.social/@creator/${post!.id}` },
    });
    expect(post).toMatchObject({ text: video.caption, sha256: media.sha256, bytes: 5000, visible: true });
    expect(outcome.journal.rows().map(({ name }) => name)).toEqual(['upload', 'processed', 'post']);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('sends ids as text and nothing that was not asked for', async () => {
    const stage = openStage();
    await (await stage.login()).drive();
    const { body, headers } = lastPost(stage);
    expect(body).toEqual({ status: video.caption, media_ids: [expect.stringMatching(/^\d{19}$/u)] });
    expect(headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/u);
    expect(headers['accept-language']).toBe('en');
  });

  it('sends the rule’s wishes', async () => {
    const stage = openStage();
    const me = await stage.login();
    await me.drive({
      job: {
        options: {
          visibility: 'unlisted',
          language: 'pt-BR',
          sensitive: true,
          spoilerText: 'Food',
          altText: `A pan ${'👩‍👩‍👧‍👦'.repeat(300)}`,
        },
      },
    });
    const { facts } = postsOf(stage)[0]!;
    expect(facts).toMatchObject({
      visibility: 'unlisted',
      language: 'pt-BR',
      sensitive: true,
      spoilerText: 'Food',
    });
    const description = String(facts?.['description']);
    expect(description.length).toBeLessThanOrEqual(1500);
    expect(description).toMatch(/^A pan (👩‍👩‍👧‍👦)+$/u);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('has another key for each job, video, account and server', async () => {
    const stage = openStage();
    const keys: string[] = [];
    for (const at of ['mastodon.social', 'mastodon.example']) {
      for (const handle of ['@creator', '@second']) {
        const me = await stage.login({ at, choice: { account: handle } });
        for (const remoteId of ['1', '2']) {
          await me.drive({ job: { video: { ...video, remoteId } } });
          keys.push(lastPost(stage).headers['idempotency-key'] ?? '');
        }
      }
    }
    expect(new Set(keys).size).toBe(8);
    expect(postsOf(stage)).toHaveLength(8);
  });

  it('posts a video without a caption', async () => {
    const stage = openStage();
    expect((await (await stage.login()).drive({ job: { text: textOf('') } })).state).toBe('published');
    expect(postsOf(stage)[0]?.text).toBe('');
  });

  it('sends an account’s requests to its own server only', async () => {
    const stage = openStage();
    const me = await stage.login({ at: 'mastodon.example' });
    const from = stage.requests.length;
    const outcome = await me.drive();
    expect(outcome.post?.url).toMatch(/^https:\/\/mastodon\.example\/@creator\/\d+$/u);
    expect(new Set(stage.requests.slice(from).map(({ origin }) => origin))).toEqual(
      new Set(['https://mastodon.example']),
    );
  });

  it('says where the server left the video out', async () => {
    const stage = openStage();
    const me = await stage.login();
    // Thrown away between the look at it and the post; an older server then posts the text alone.
    await stage.quirks({ dropsMedia: true, mediaHours: 0.05 });
    const reset = new Date(stage.clock.now() + 5 * MINUTE).toISOString();
    stage.sandbox.faults.add({
      ...posting,
      action: { kind: 'status', status: 429, headers: { 'x-ratelimit-reset': reset }, body: {} },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.post?.warnings?.[0]).toMatch(/without its video/u);
    expect(postsOf(stage)[0]?.bytes).toBe(0);
  });
});

describe('uploading', () => {
  it('waits while 206 comes, with and without a body, ever more patiently', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processingSeconds: 600 });
    const outcome = await me.drive({ maxRuns: 100 });
    expect(outcome.state).toBe('published');
    expect(new Set(outcome.waits)).toEqual(new Set(['processing E_NOT_YET']));
    expect(countOf(stage, 'GET', /\/media\/\d+$/u)).toBeLessThan(70);
  });

  it('does not ask where the answer to the upload says that it is ready', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ readyAtOnce: true });
    expect((await me.drive()).state).toBe('published');
    expect(countOf(stage, 'GET', /\/media\//u)).toBe(0);
  });

  it('takes the old way where there is no other', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ oldUploads: true });
    expect((await me.drive()).state).toBe('published');
    expect(countOf(stage, 'POST', /^\/api\/v1\/media$/u)).toBe(1);
  });

  it('uploads anew what the server could not process, and gives up in the end', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processing: 'failed', processingTimes: 1 });
    expect((await me.drive()).state).toBe('published');
    expect(uploads(stage)).toBe(2);
    await stage.quirks({ processingTimes: 100 });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_PROCESSING' } });
  });

  it('uploads anew what never comes to an end', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ processing: 'endless', processingTimes: 1 });
    expect((await me.drive({ maxRuns: 400 })).state).toBe('published');
    expect(uploads(stage)).toBe(2);
  });

  it('uploads anew what was thrown away while the job waited', async () => {
    const stage = openStage();
    const me = await stage.login();
    let waited = false;
    const outcome = await me.drive({
      beforeRun: (_run, journal) => {
        if (waited || !journal.rows().some(({ name }) => name === 'upload')) return;
        waited = true;
        stage.clock.advance(30 * HOUR);
      },
    });
    expect(outcome.state).toBe('published');
    expect(uploads(stage)).toBe(2);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('uploads anew where the file was made anew', async () => {
    const stage = openStage();
    const me = await stage.login();
    const files = [mediaFile(5000), mediaFile(6000)];
    let file = files[0];
    const job = Object.defineProperty({ ...me.request() }, 'media', { get: () => file, enumerable: true });
    const outcome = await driveJob(mastodon, job, stage.clock, {
      beforeRun: (run) => {
        if (run === 2) file = files[1];
      },
    });
    expect(outcome.state).toBe('published');
    expect(uploads(stage)).toBe(2);
    expect(postsOf(stage)[0]?.sha256).toBe(files[1]?.sha256);
  });

  it('posts with a fresh upload after a long wait before the post', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({
      method: 'POST',
      path: 'statuses$',
      times: 1,
      action: {
        kind: 'status',
        status: 429,
        headers: { 'x-ratelimit-reset': new Date(stage.clock.now() + 25 * HOUR).toISOString() },
        body: { error: 'Too many requests' },
      },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('quota E_RATE_LIMIT');
    expect(uploads(stage)).toBe(2);
    expect(postsOf(stage)[0]?.sha256).not.toBe('');
  });
});

describe('what the server says it takes', () => {
  it('is kept with the account', async () => {
    const stage = openStage();
    const me = await stage.login({ at: 'mastodon.example' });
    expect(me.account.settings).toEqual({
      host: 'mastodon.example',
      server: {
        domain: 'mastodon.example',
        version: '4.2.10',
        genuine: true,
        maxCharacters: 5000,
        urlCharacters: 23,
        altCharacters: 1500,
        maxVideoBytes: 150_000,
        maxVideoPixels: 2_304_000,
        maxFrameRate: 60,
        mimeTypes: expect.arrayContaining(['video/mp4', 'video/webm']) as unknown,
        readAt: stage.clock.now(),
      },
    });
    expect(textOf('a'.repeat(6000), {}, me.account.settings).count).toMatchObject({ used: 5000, max: 5000 });
  });

  it('rules what its files must be', async () => {
    const stage = openStage();
    const other = await stage.login({ at: 'mastodon.example' });
    expect(mastodon.mediaFor!(other.account)).toMatchObject({
      maxBytes: 150_000,
      maxFrameRate: 60,
      maxWidth: 2023,
    });
    const stock = await stage.login();
    expect(mastodon.mediaFor!(stock.account)).toMatchObject({
      maxBytes: 103_809_024,
      maxWidth: 3840,
      containers: ['mp4', 'mov', 'webm'],
    });
    await stage.quirks({ version: '2.7.2 (compatible; Pixelfed 0.12.4)' });
    const foreign = await stage.login();
    expect(mastodon.mediaFor!(foreign.account)).toMatchObject({ containers: ['mp4'], videoCodecs: ['h264'] });
  });

  it.each([
    ['size', mediaFile(160_000), /160 kB.*150 kB/u],
    ['picture', mediaFile(5000, { width: 1440, height: 2560 }), /1440 × 2560.*2304000/u],
    ['frame rate', mediaFile(5000, { frameRate: 90 }), /90 frames\/s.*60/u],
    ['number of pictures', mediaFile(5000, { durationMs: 21 * MINUTE }), /36000/u],
  ])('stops a file before its bytes are sent: %s', async (_name, media, words) => {
    const stage = openStage();
    const me = await stage.login({ at: 'mastodon.example' });
    const outcome = await me.drive({ job: { media } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_UNFIT' } });
    expect(outcome.error?.message).toMatch(words);
    expect(uploads(stage)).toBe(0);
  });

  it('is asked anew once a day, before text and file are fitted', async () => {
    const world = await openWorld();
    const account = await signInTo(world, mastodon);
    const life = await startLife(world, { platform: mastodon });
    const asked = () => world.sandbox.requests().filter(({ path }) => path === '/api/v2/instance').length;
    const limits: (number | undefined)[] = [];
    const { obtain } = life.deps;
    life.deps.obtain = (item, rule, platform, signal) => {
      limits.push(platform.media.maxBytes);
      return obtain(item, rule, platform, signal);
    };

    const before = asked();
    await giveJob(world, account);
    await drive(world, life);
    expect(asked()).toBe(before);

    await world.sandbox.control('mastodon', 'quirks', { maxCharacters: 40, videoBytes: 90_000_000 });
    world.clock.advance(DAY);
    await giveJob(world, account, 'word '.repeat(30));
    await drive(world, life);
    expect(asked()).toBe(before + 1);
    expect(new Set(limits)).toEqual(new Set([103_809_024, 90_000_000]));
    expect((await world.store.accounts.get(account.id))?.settings).toMatchObject({
      host: 'mastodon.social',
      server: { maxCharacters: 40, maxVideoBytes: 90_000_000 },
    });
    const [newest, first] = world.sandbox.posts();
    expect(newest?.text).toMatch(/^word( word)*…$/u);
    expect(newest?.text.length).toBeLessThanOrEqual(40);
    expect(first).toBeDefined();
    await world.store.close();
  });

  it('stays as it was known while the server does not tell', async () => {
    const stage = openStage();
    const me = await stage.login();
    const ask = () => mastodon.readSettings!({ http: me.http, account: me.account, clock: stage.clock });
    expect(await ask()).toBeUndefined();
    stage.clock.advance(2 * DAY);
    for (const action of [{ kind: 'status', status: 500 }, { kind: 'garbage' }, { kind: 'lost' }] as const) {
      const remove = stage.sandbox.faults.add({ path: 'instance$', action });
      expect(await ask()).toBeUndefined();
      remove();
    }
    expect(await ask()).toMatchObject({ server: { readAt: stage.clock.now() } });
  });

  it('is read from servers that know only the old way to tell', async () => {
    const stage = openStage();
    await stage.quirks({ version: '3.5.3', domain: 'social.example' });
    const me = await stage.login();
    expect(countOf(stage, 'GET', /v1\/instance$/u)).toBeGreaterThan(0);
    expect(me.account.settings['server']).toMatchObject({ maxCharacters: 500, genuine: true });
    expect(me.account.handle).toBe('@creator@social.example');
    expect(me.account.remoteId).toMatch(/@mastodon\.social$/u);
  });
});

describe('recent posts', () => {
  it('are listed newest first, in the words that were sent', async () => {
    const stage = openStage();
    const me = await stage.login();
    await me.drive();
    stage.clock.advance(MINUTE);
    await me.drive({ job: { video: { ...video, remoteId: '8' }, text: textOf('It’s "two" & <three>') } });
    const recent = await recentOf(me, stage, stage.clock.now() - DAY);
    expect(recent.map(({ text }) => text)).toEqual(['It’s "two" & <three>', video.caption]);
    expect(recent.map(({ id }) => id)).toEqual(postsOf(stage).map(({ id }) => id));
    expect(recent[0]?.url).toBe(postsOf(stage)[0]?.url);
    expect(recent[0]?.publishedAt).toBe(stage.clock.now());
  });

  it('go back over many pages, and no further than asked', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ readyAtOnce: true, uploadLimit: 1000 });
    const from = stage.clock.now();
    for (let n = 0; n < 90; n += 1) {
      await me.drive({ job: { video: { ...video, remoteId: String(n) } } });
      stage.clock.advance(MINUTE);
    }
    const all = await recentOf(me, stage, from);
    expect(all).toHaveLength(90);
    const some = await recentOf(me, stage, stage.clock.now() - 10.5 * MINUTE);
    expect(some).toHaveLength(10);
    expect(sendings(stage)).toBe(90);
  });
});
