import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { checkMedia } from '../../src/core/media-rules.ts';
import { pinterest } from '../../src/platforms/pinterest.ts';
import type { Outcome } from './memory-run.ts';
import { bodyOf, sendings, signedIn, textOf, uploads } from './pinterest-stage.ts';
import { mediaFile, video } from './stage.ts';

describe('publishing', () => {
  it('makes one Pin on the only board', async () => {
    const { stage, me } = await signedIn();
    const media = mediaFile(200_000);
    const outcome = await me.drive({ job: { media } });
    const [pin] = stage.posts();
    expect(pin).toMatchObject({
      title: 'Salt & <pepper> (on the stove)',
      text: video.caption,
      sha256: media.sha256,
      bytes: 200_000,
      visible: true,
      facts: { board: 'Clips', link: video.url, sandbox: false },
    });
    expect(outcome).toMatchObject({
      state: 'published',
      post: { id: pin!.id, url: `https://www.pinterest.com/pin/${pin!.id}/` },
    });
    expect(outcome.post).not.toHaveProperty('warnings');
    expect(outcome.journal.rows().map(({ name }) => name)).toEqual([
      'find the board',
      'register',
      'upload',
      'processed',
      'create the Pin',
    ]);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('sends what was asked for and nothing else', async () => {
    const { stage, me } = await signedIn();
    await me.drive({
      job: { text: textOf('hello #tag', {}, 'My clip'), options: { altText: 'A fox', coverSeconds: 2.7 } },
    });
    expect(bodyOf(sendings(stage)[0])).toEqual({
      board_id: expect.stringMatching(/^\d+$/u),
      title: 'My clip',
      description: 'hello #tag',
      link: video.url,
      alt_text: 'A fox',
      media_source: {
        source_type: 'video_id',
        media_id: expect.stringMatching(/^\d+$/u),
        cover_image_key_frame_time: 2,
      },
    });
    await me.drive({ job: { text: textOf(''), options: { link: 'none', coverSeconds: 'soon' } } });
    expect(Object.keys(bodyOf(sendings(stage)[1]))).toEqual(['board_id', 'media_source']);
    expect(bodyOf(sendings(stage)[1])['media_source']).toMatchObject({ cover_image_key_frame_time: 0 });
    expect(stage.posts()).toHaveLength(2);
  });

  it('leads nowhere where the source has no address', async () => {
    const { stage, me } = await signedIn();
    await me.drive({ job: { video: { ...video, url: 'file:///videos/clip.mp4' } } });
    expect(stage.posts()[0]!.facts).toMatchObject({ link: null });
  });
});

describe('boards', () => {
  it.each([
    ['its name', 'Food'],
    ['its name in other letters', ' food '],
    ['its id', 'id'],
  ])('are chosen by %s', async (_name, wanted) => {
    const { stage, me } = await signedIn({ pageItems: 1 });
    const { id } = (await stage.pull('board', { name: 'Food' })) as { id: string };
    const board = wanted === 'id' ? id : wanted;
    expect((await me.drive({ job: { options: { board } } })).state).toBe('published');
    expect(stage.posts()[0]!.facts).toMatchObject({ board: 'Food' });
  });

  it.each([
    ['none is named', {}, 'does not say which board'],
    ['the named one is not there', { board: 'Travel' }, '“Travel”'],
    ['two have the name', { board: 'Food' }, 'more than one'],
  ])('are asked for where %s', async (_name, options, words) => {
    const { stage, me } = await signedIn();
    await stage.pull('board', { name: 'Food' });
    await stage.pull('board', { name: 'Food' });
    const outcome = await me.drive({ job: { options } });
    expect(outcome).toMatchObject({ state: 'dead', runs: 1, error: { code: 'E_RULE' } });
    expect(outcome.error!.message).toContain(words);
    expect(outcome.error!.message).toContain('“Clips”');
    expect(outcome.error!.hint).toContain('--option pinterest.board=NAME');
    expect(uploads(stage)).toEqual([]);
  });

  it('that go away meanwhile are told', async () => {
    const { stage, me } = await signedIn();
    stage.sandbox.faults.add({
      method: 'POST',
      path: '^/v5/pins$',
      action: { kind: 'status', status: 404, body: { code: 40, message: 'Board not found.' } },
    });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_REFUSED' } });
  });
});

describe('Trial access', () => {
  it('is said once and not tried again', async () => {
    const { stage, me } = await signedIn({ tier: 'trial' });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_APP_SETUP' } });
    expect(outcome.waits.filter((wait) => wait.startsWith('backoff'))).toEqual([]);
    expect(outcome.error!.hint).toContain('pinterest.sandbox=true');
    expect(sendings(stage)).toHaveLength(1);
    expect(stage.posts()).toEqual([]);
  });

  it('posts to Pinterest’s own sandbox where the rule says so, and says who sees it', async () => {
    const { stage, me } = await signedIn({ tier: 'trial' });
    const outcome = await me.drive({ job: { options: { sandbox: true } } });
    expect(outcome).toMatchObject({
      state: 'published',
      post: { warnings: [expect.stringContaining('only you see it')] },
    });
    expect(stage.posts()[0]).toMatchObject({ visible: false });
    const own = stage.requests.filter(({ path }) => /^\/v5\/(boards|media|pins)/u.test(path)).slice(1);
    expect(new Set(own.map(({ origin }) => origin))).toEqual(new Set(['https://api-sandbox.pinterest.com']));
  });
});

describe('the upload', () => {
  it('sends every parameter, the file last, with its length and without a token', async () => {
    const { stage, me } = await signedIn();
    await me.drive();
    const [form] = uploads(stage);
    const names = [...form!.body.toString('latin1').matchAll(/; name="([^"]+)"/gu)].map(([, name]) => name);
    expect(names.at(-1)).toBe('file');
    expect(names).toContain('x-amz-security-token');
    expect(form!.headers['authorization']).toBeUndefined();
    expect(Number(form!.headers['content-length'])).toBe(form!.body.length);
  });

  it('is begun anew when its form has expired', async () => {
    const { stage, me } = await signedIn();
    stage.sandbox.faults.add({ path: '^/$', times: 1, action: { kind: 'refuse' } });
    const outcome = await me.drive({
      beforeRun: (run) => {
        if (run === 2) stage.clock.advance(2 * HOUR);
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
    expect(stage.asked('POST', /^\/v5\/media$/u)).toHaveLength(2);
    expect(stage.posts()).toHaveLength(1);
  });

  it('is not repeated where it arrived and its answer was lost', async () => {
    const { stage, me } = await signedIn({ noticeSeconds: 0 });
    stage.sandbox.faults.add({ path: '^/$', times: 1, action: { kind: 'lost' } });
    expect((await me.drive()).state).toBe('published');
    expect(uploads(stage)).toHaveLength(1);
  });

  it('starts again with a file that was made anew', async () => {
    const { stage, me } = await signedIn();
    stage.sandbox.faults.add({ path: '^/$', times: 1, action: { kind: 'refuse' } });
    let journal: Outcome['journal'] | undefined;
    const remember = (_run: number, kept: Outcome['journal']) => {
      journal = kept;
    };
    await expect(me.drive({ maxRuns: 1, beforeRun: remember })).rejects.toThrow('did not end');
    const outcome = await me.drive({ journal: journal!, job: { media: mediaFile(190_000) } });
    expect(outcome.waits).toContain('backoff E_HANDLE_EXPIRED');
    expect(stage.posts()[0]!.sha256).toBe(mediaFile(190_000).sha256);
  });

  const xml = (code: string) =>
    `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>words</Message></Error>`;
  it.each([
    ['SlowDown', 503, 'published', 'backoff E_PLATFORM_DOWN'],
    ['InternalError', 500, 'published', 'backoff E_PLATFORM_DOWN'],
    ['RequestTimeout', 400, 'published', 'backoff E_NETWORK'],
    ['ExpiredToken', 400, 'published', 'backoff E_HANDLE_EXPIRED'],
    ['AccessDenied', 403, 'published', 'backoff E_HANDLE_EXPIRED'],
    ['EntityTooLarge', 400, 'dead', undefined],
  ] as const)('survives the storage’s %s (%i)', async (code, status, state, wait) => {
    const { stage, me } = await signedIn();
    const headers = { 'content-type': 'application/xml' };
    stage.sandbox.faults.add({
      path: '^/$',
      times: 1,
      action: { kind: 'status', status, headers, body: xml(code) },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe(state);
    if (wait) expect(outcome.waits).toContain(wait);
    else
      expect(outcome.error).toMatchObject({
        code: 'E_MEDIA_REFUSED',
        message: expect.stringContaining(code),
      });
    expect(stage.posts()).toHaveLength(state === 'published' ? 1 : 0);
  });

  it('keeps its signature sealed', async () => {
    const { me } = await signedIn();
    const { journal } = await me.drive();
    const row = journal.rows().find(({ name }) => name === 'register');
    expect(row?.result).toMatch(/^sealed:/u);
  });
});

describe('processing', () => {
  it('is waited for without using up attempts', async () => {
    const { stage, me } = await signedIn({ processingSeconds: 600, noticeSeconds: 30 });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(new Set(outcome.waits)).toEqual(new Set(['processing E_NOT_YET']));
    expect(stage.asked('GET', /^\/v5\/media\//u).length).toBeLessThan(60);
  });

  it('ends where Pinterest can’t read the file', async () => {
    const { stage, me } = await signedIn({ processing: 'failed', processingTimes: 1 });
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(sendings(stage)).toEqual([]);
  });

  it.each([
    ['never ends', { processing: 'stuck', processingTimes: 1 }, 'backoff E_PROCESSING'],
    ['never begins', { noticeSeconds: 3600 }, 'backoff E_HANDLE_EXPIRED'],
  ] as const)('is begun anew where it %s', async (_name, quirks, wait) => {
    const { stage, me } = await signedIn(quirks);
    const outcome = await me.drive({
      beforeRun: async () => {
        if (stage.asked('POST', /^\/v5\/media$/u).length === 2) await stage.quirks({ noticeSeconds: 3 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain(wait);
    expect(stage.posts()).toHaveLength(1);
  });

  it('is begun anew where Pinterest forgot the upload', async () => {
    const { stage, me } = await signedIn();
    stage.sandbox.faults.add({
      method: 'GET',
      path: '^/v5/media/',
      nth: 2,
      action: { kind: 'status', status: 404, body: { code: 2700, message: 'Media not found.' } },
    });
    expect((await me.drive()).state).toBe('published');
    expect(stage.asked('POST', /^\/v5\/media$/u)).toHaveLength(2);
  });
});

describe('limits', () => {
  it.each([
    ['headers', 42 * SECOND],
    ['bare', 15 * MINUTE],
  ] as const)('waits out a 429 with %s', async (limited, least) => {
    const { stage, me } = await signedIn();
    const startedAt = stage.clock.now();
    await stage.quirks({ limited, limitedTimes: 1 });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.waits).toContain('quota E_RATE_LIMIT');
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(least);
  });

  it('name what each call costs', () => {
    const known = new Set(pinterest.limits.map(({ bucket }) => bucket));
    for (const costs of Object.values(pinterest.costs))
      for (const bucket of Object.keys(costs)) expect(known).toContain(bucket);
    expect(pinterest.costs[pinterest.publishCall!]).toEqual({ writes: 1 });
    for (const limit of pinterest.limits) expect(limit.source).toMatch(/^https:\/\//u);
  });

  it('know that three seconds are too few', () => {
    const facts = mediaFile(200_000);
    const rulesOf = (change: object) => {
      const check = checkMedia({ ...facts, ...change }, pinterest.media);
      return check.ok ? [] : check.problems.map(({ rule }) => rule);
    };
    expect(rulesOf({})).toEqual([]);
    expect(rulesOf({ durationMs: 3 * SECOND })).toEqual(['minDurationMs']);
    expect(rulesOf({ durationMs: 16 * MINUTE })).toEqual(['maxDurationMs']);
    expect(rulesOf({ container: 'webm' })).toEqual(['containers']);
    expect(rulesOf({ width: 400, height: 1000 })).toEqual(['minAspect']);
  });
});

describe('recent Pins', () => {
  it.each(['newest', 'oldest'] as const)(
    'come newest first, whichever order Pinterest lists them in (%s)',
    async (order) => {
      const { stage, me } = await signedIn({ order, pageItems: 2 });
      for (let n = 0; n < 5; n += 1) {
        await me.drive({ job: { text: textOf(`clip ${n}`), media: mediaFile(200_000 + n) } });
        stage.clock.advance(MINUTE);
      }
      const { http, account } = me;
      const { clock } = stage;
      const pins = (await pinterest.recent!({ http, account, clock, since: clock.now() - 24 * HOUR }))!;
      expect(pins.map(({ text }) => text)).toEqual(['clip 4', 'clip 3', 'clip 2', 'clip 1', 'clip 0']);
      expect(pins[0]).toMatchObject({ id: stage.posts()[0]!.id, url: stage.posts()[0]!.url });
      expect(Math.abs(pins[0]!.publishedAt - stage.posts()[0]!.publishedAt)).toBeLessThan(SECOND);
      const late = (await pinterest.recent!({ http, account, clock, since: pins[1]!.publishedAt }))!;
      expect(late).toHaveLength(2);
    },
  );
});

it('says who sees a Pin on a secret board', async () => {
  const { stage, me } = await signedIn();
  stage.sandbox.faults.add({
    path: '^/v5/boards$',
    action: {
      kind: 'status',
      status: 200,
      body: { items: [{ id: '1', name: 'Mine', privacy: 'SECRET' }], bookmark: null },
    },
  });
  stage.sandbox.faults.add({
    path: '^/v5/pins$',
    action: { kind: 'status', status: 201, body: { id: '99' } },
  });
  expect(await me.drive()).toMatchObject({
    state: 'published',
    post: { id: '99', warnings: [expect.stringContaining('“Mine” is secret')] },
  });
});
