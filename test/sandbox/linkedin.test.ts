import { describe, expect, it } from 'vitest';
import { DAY, HOUR, SECOND, TestClock } from '../../src/core/clock.ts';
import { createLinkedin } from '../../src/sandbox/linkedin.ts';
import { readLittle } from '../../src/sandbox/linkedin-little.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { type Answer, createSandbox } from '../../src/sandbox/sandbox.ts';

const redirectUri = 'https://localhost:8443/callback';
const site = 'https://www.linkedin.com';
const api = 'https://api.linkedin.com';
const member = 'urn:li:person:crEaToR101';
const page = 'urn:li:organization:10100101';

interface Ask {
  origin?: string;
  query?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
  token?: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** The simulated LinkedIn, asked by hand. */
function open() {
  const clock = new TestClock();
  const sandbox = createSandbox({ clock, seed: 1, simulators: [createLinkedin] });
  async function ask(method: string, path: string, options: Ask = {}): Promise<Answer> {
    const { query, json, form, token, headers, body, origin = api } = options;
    const content =
      json !== undefined ? JSON.stringify(json) : form ? new URLSearchParams(form).toString() : (body ?? '');
    const type =
      json !== undefined
        ? 'application/json'
        : form
          ? 'application/x-www-form-urlencoded'
          : 'application/octet-stream';
    const answer = await sandbox.dispatch({
      origin,
      method,
      path,
      query: new URLSearchParams(query),
      headers: {
        'content-type': type,
        'content-length': String(content.length),
        ...(path.startsWith('/rest/')
          ? { 'linkedin-version': '202607', 'x-restli-protocol-version': '2.0.0' }
          : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: Buffer.from(content),
      complete: true,
    });
    return answer as Answer;
  }
  const parsed = (answer: Answer) => JSON.parse(answer.body.toString()) as Record<string, never>;
  const lever = (name: string, input?: unknown) => sandbox.control('linkedin', name, input);
  const tokenFor = async (...scopes: string[]) =>
    ((await lever('token', { scopes })) as { token: string }).token;
  async function code(): Promise<string> {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'sandbox-linkedin-id',
      redirect_uri: redirectUri,
      state: 's',
      scope: 'openid profile w_member_social',
    });
    const { redirectedTo } = await approveWithin(sandbox, `${site}/oauth/v2/authorization?${query}`);
    return new URL(redirectedTo).searchParams.get('code')!;
  }
  const exchange = (text: string, change: Record<string, string> = {}) =>
    ask('POST', '/oauth/v2/accessToken', {
      origin: site,
      form: {
        grant_type: 'authorization_code',
        code: text,
        client_id: 'sandbox-linkedin-id',
        client_secret: 'sandbox-linkedin-secret',
        redirect_uri: redirectUri,
        ...change,
      },
    });
  const begin = (token: string, owner = member, bytes = 100_000) =>
    ask('POST', '/rest/videos', {
      token,
      query: { action: 'initializeUpload' },
      json: {
        initializeUploadRequest: {
          owner,
          fileSizeBytes: bytes,
          uploadCaptions: false,
          uploadThumbnail: false,
        },
      },
    });
  type Instruction = { uploadUrl: string; firstByte: number; lastByte: number };
  const begun = (answer: Answer) =>
    (
      JSON.parse(answer.body.toString()) as {
        value: { video: string; uploadToken: string; uploadInstructions: Instruction[] };
      }
    ).value;
  const put = (url: string, body: Buffer, headers: Record<string, string> = {}) =>
    ask('PUT', new URL(url).pathname, { origin: site, body, headers });
  const end = (token: string, video: string, ids: readonly string[], uploadToken = '') =>
    ask('POST', '/rest/videos', {
      token,
      query: { action: 'finalizeUpload' },
      json: { finalizeUploadRequest: { video, uploadToken, uploadedPartIds: ids } },
    });
  async function upload(token: string, owner = member): Promise<string> {
    const { video, uploadInstructions } = begun(await begin(token, owner));
    const sorted = [...uploadInstructions].sort((a, b) => a.firstByte - b.firstByte);
    const ids: string[] = [];
    for (const { uploadUrl, firstByte, lastByte } of sorted)
      ids.push(
        (await put(uploadUrl, Buffer.alloc(lastByte - firstByte + 1))).headers['etag']!.replaceAll('"', ''),
      );
    await end(token, video, ids);
    return video;
  }
  const wish = (video: string, change: object = {}) => ({
    author: member,
    commentary: 'hello',
    visibility: 'PUBLIC',
    distribution: { feedDistribution: 'MAIN_FEED', targetEntities: [], thirdPartyDistributionChannels: [] },
    content: { media: { id: video } },
    lifecycleState: 'PUBLISHED',
    isReshareDisabledByAuthor: false,
    ...change,
  });
  const post = (token: string, json: unknown) => ask('POST', '/rest/posts', { token, json });
  return {
    clock,
    sandbox,
    ask,
    parsed,
    lever,
    tokenFor,
    code,
    exchange,
    begin,
    begun,
    put,
    end,
    upload,
    wish,
    post,
  };
}

describe('sign-in', () => {
  it('gives a code for half an hour and once', async () => {
    const { clock, code, exchange, parsed } = open();
    const late = await code();
    clock.advance(30 * 60 * SECOND);
    expect(parsed(await exchange(late))).toMatchObject({ error: 'invalid_request' });
    const quick = await code();
    const first = parsed(await exchange(quick));
    expect(first).toMatchObject({
      expires_in: 5_184_000,
      token_type: 'Bearer',
      scope: 'openid,profile,w_member_social',
    });
    expect(first).not.toHaveProperty('refresh_token');
    expect((await exchange(quick)).status).toBe(400);
    expect(parsed(await exchange(await code(), { client_secret: 'x' }))).toMatchObject({
      error: 'invalid_client',
    });
    expect((await exchange(await code(), { redirect_uri: `${redirectUri}/` })).status).toBe(400);
  });

  it('ends tokens after sixty days, and says how they ended', async () => {
    const { clock, ask, parsed, tokenFor, lever } = open();
    const token = await tokenFor('openid');
    const me = () => ask('GET', '/v2/userinfo', { token });
    expect(parsed(await me())).toMatchObject({ sub: 'crEaToR101', name: 'Creator' });
    await lever('quirks', { tokenRefusedSeconds: 10 });
    expect(parsed(await me())).toMatchObject({
      status: 401,
      serviceErrorCode: 65601,
      code: 'REVOKED_ACCESS_TOKEN',
    });
    clock.advance(10 * SECOND);
    expect((await me()).status).toBe(200);
    clock.advance(60 * DAY);
    expect(parsed(await me())).toMatchObject({ status: 401, serviceErrorCode: 65602 });
    expect(parsed(await ask('GET', '/v2/userinfo', { token: 'x' }))).toMatchObject({
      serviceErrorCode: 65600,
    });
  });
});

describe('headers and addresses', () => {
  it.each([
    [{ 'linkedin-version': '202501' }, 426, 'NONEXISTENT_VERSION'],
    [{ 'linkedin-version': '203001' }, 426, 'NONEXISTENT_VERSION'],
    [{ 'linkedin-version': 'newest' }, 426, 'NONEXISTENT_VERSION'],
  ])('refuses %o', async (headers, status, code) => {
    const { ask, parsed, tokenFor } = open();
    const answer = await ask('GET', '/rest/posts', { token: await tokenFor('w_member_social'), headers });
    expect(answer.status).toBe(status);
    expect(parsed(answer)).toMatchObject({ code });
  });

  it('wants a version, and colons in a path encoded', async () => {
    const { sandbox, ask, tokenFor } = open();
    const token = await tokenFor('w_member_social');
    const bare = await sandbox.dispatch({
      origin: api,
      method: 'GET',
      path: '/rest/posts',
      query: new URLSearchParams(),
      headers: { authorization: `Bearer ${token}` },
      body: Buffer.alloc(0),
      complete: true,
    });
    expect((bare as Answer).status).toBe(400);
    expect((bare as Answer).body.toString()).toContain('VERSION_MISSING');
    expect((await ask('GET', '/rest/videos/urn:li:video:C1', { token })).status).toBe(400);
    expect((await ask('GET', '/rest/videos/urn%3Ali%3Avideo%3AC1', { token })).status).toBe(404);
    expect((await ask('GET', '/rest/nothing', { token })).status).toBe(404);
    expect(sandbox.complaints()).toHaveLength(3);
  });
});

describe('the upload', () => {
  it('has parts of different sizes, out of order, that cover the file', async () => {
    const { begin, begun, tokenFor, lever } = open();
    await lever('quirks', { partBytes: 30_000 });
    const { uploadInstructions, uploadToken } = begun(await begin(await tokenFor('w_member_social')));
    expect(uploadToken).toBe('');
    expect(uploadInstructions[0]!.firstByte).toBeGreaterThan(0);
    const sorted = [...uploadInstructions].sort((a, b) => a.firstByte - b.firstByte);
    let next = 0;
    for (const { firstByte, lastByte } of sorted) {
      expect(firstByte).toBe(next);
      next = lastByte + 1;
    }
    expect(next).toBe(100_000);
    expect(new Set(sorted.map(({ firstByte, lastByte }) => lastByte - firstByte)).size).toBeGreaterThan(1);
  });

  it('refuses wrong lengths, expired addresses and strangers', async () => {
    const { clock, sandbox, begin, begun, put, tokenFor } = open();
    const token = await tokenFor('w_member_social');
    const { uploadInstructions } = begun(await begin(token));
    const { uploadUrl } = uploadInstructions[0]!;
    expect((await put(uploadUrl, Buffer.alloc(5))).status).toBe(400);
    expect((await put('https://www.linkedin.com/dms-uploads/nothing/x', Buffer.alloc(5))).status).toBe(404);
    expect((await put(uploadUrl, Buffer.alloc(100_000), { authorization: 'Bearer x' })).status).toBe(200);
    expect(sandbox.complaints().map(({ what }) => what)).toEqual([
      expect.stringContaining('5 bytes'),
      expect.stringContaining('token'),
    ]);
    clock.advance(DAY);
    expect((await put(uploadUrl, Buffer.alloc(100_000))).status).toBe(403);
    expect((await begin(token, 'urn:li:person:other')).status).toBe(403);
    expect((await begin(token, member, 100)).status).toBe(400);
    expect((await begin(token, member, 600_000_000)).status).toBe(400);
  });

  it('puts the parts together by their receipts, in order, once', async () => {
    const { ask, begin, begun, put, end, tokenFor, lever, parsed } = open();
    await lever('quirks', { partBytes: 60_000, uploadToken: 'u' });
    const token = await tokenFor('w_member_social');
    const { video, uploadInstructions } = begun(await begin(token));
    const ids: string[] = [];
    for (const { uploadUrl, firstByte, lastByte } of [...uploadInstructions].sort(
      (a, b) => a.firstByte - b.firstByte,
    )) {
      const etag = (await put(uploadUrl, Buffer.alloc(lastByte - firstByte + 1, 'x'))).headers['etag']!;
      expect(etag).toMatch(/^".+"$/u);
      ids.push(etag.slice(1, -1));
    }
    expect((await end(token, video, ids)).status).toBe(400);
    expect((await end(token, video, [...ids].reverse(), 'u')).status).toBe(400);
    expect((await end(token, video, ids.slice(1), 'u')).status).toBe(400);
    const state = async () =>
      parsed(await ask('GET', `/rest/videos/${encodeURIComponent(video)}`, { token }))['status'];
    expect(await state()).toBe('WAITING_UPLOAD');
    const done = await end(token, video, ids, 'u');
    expect([done.status, done.body.length]).toEqual([200, 0]);
    expect(await state()).toBe('PROCESSING');
    expect((await end(token, video, ids, 'u')).status).toBe(400);
  });

  it.each([
    [{ processing: 'failed', processingTimes: 1 }, 'PROCESSING_FAILED'],
    [{ processing: 'stuck', processingTimes: 1 }, 'PROCESSING'],
    [{}, 'AVAILABLE'],
  ])('ends by %o as %s', async (quirks, state) => {
    const { clock, ask, parsed, upload, tokenFor, lever } = open();
    await lever('quirks', quirks);
    const token = await tokenFor('w_member_social');
    const video = await upload(token);
    clock.advance(HOUR);
    const path = `/rest/videos/${encodeURIComponent(video)}`;
    expect(parsed(await ask('GET', path, { token }))).toMatchObject({
      id: video,
      owner: member,
      status: state,
    });
    await lever('quirks', { readsVideos: false });
    expect((await ask('GET', path, { token })).status).toBe(403);
  });
});

describe('posts', () => {
  async function ready() {
    const stage = open();
    const token = await stage.tokenFor('openid', 'w_member_social');
    const video = await stage.upload(token);
    stage.clock.advance(HOUR);
    return { ...stage, token, video };
  }

  it('are named in a header only', async () => {
    const { sandbox, post, wish, token, video } = await ready();
    const made = await post(token, wish(video, { commentary: 'hello \\(world\\) #tag' }));
    expect([made.status, made.body.length]).toEqual([201, 0]);
    expect(sandbox.posts()[0]).toMatchObject({
      id: made.headers['x-restli-id'],
      text: 'hello (world) #tag',
      facts: { hashtags: ['tag'], cut: false },
    });
  });

  it('are cut without a word where a reserved character stands alone', async () => {
    const { sandbox, post, wish, token, video } = await ready();
    expect((await post(token, wish(video, { commentary: 'hello (world) and more' }))).status).toBe(201);
    expect(sandbox.posts()[0]).toMatchObject({ text: 'hello ', facts: { cut: true } });
  });

  it('are refused as duplicates for a day, by the same words', async () => {
    const { clock, parsed, post, wish, token, video, lever } = await ready();
    const first = await post(token, wish(video));
    const second = await post(token, wish(video));
    expect(second.status).toBe(422);
    expect(parsed(second)['message']).toContain(`Content is a duplicate of ${first.headers['x-restli-id']}`);
    expect((await post(token, wish(video, { commentary: 'other' }))).status).toBe(201);
    await lever('quirks', { ghostUrns: true });
    expect(parsed(await post(token, wish(video)))['message']).not.toContain(first.headers['x-restli-id']);
    clock.advance(DAY);
    expect((await post(token, wish(video))).status).toBe(201);
  });

  it.each([
    ['a member that is unknown', { text: 'x' }, 400],
    ['another’s name', { author: 'urn:li:person:other' }, 403],
    ['no audience', { visibility: 'EVERYBODY' }, 400],
    ['a draft', { lifecycleState: 'DRAFT' }, 400],
    ['no distribution', { distribution: {} }, 400],
    ['a long text', { commentary: 'x'.repeat(3001) }, 422],
    ['no such video', { content: { media: { id: 'urn:li:video:C1' } } }, 400],
    ['no video', { content: { media: {} } }, 400],
  ])('are refused with %s', async (_name, change, status) => {
    const { sandbox, post, wish, token, video } = await ready();
    expect((await post(token, wish(video, change))).status).toBe(status);
    expect(sandbox.posts()).toEqual([]);
  });

  it('on a video that is still processed are refused, or shown later', async () => {
    const { clock, sandbox, post, wish, token, upload, lever } = await ready();
    const video = await upload(token);
    expect((await post(token, wish(video))).status).toBe(400);
    await lever('quirks', { postsEarly: true });
    expect((await post(token, wish(video))).status).toBe(201);
    expect(sandbox.posts()).toEqual([]);
    clock.advance(HOUR);
    expect(sandbox.posts()).toHaveLength(1);
  });

  it('are out of a member’s reach, and a page’s are listed a little late', async () => {
    const { clock, parsed, ask, post, wish, token, video, tokenFor, upload } = await ready();
    const made = await post(token, wish(video));
    const list = (bearer: string, author: string) =>
      ask('GET', '/rest/posts', { token: bearer, query: { q: 'author', author } });
    expect((await list(token, member)).status).toBe(403);
    const urn = encodeURIComponent(made.headers['x-restli-id']!);
    expect((await ask('GET', `/rest/posts/${urn}`, { token })).status).toBe(403);
    const pages = await tokenFor('w_organization_social', 'r_organization_social');
    const pageVideo = await upload(pages, page);
    clock.advance(HOUR);
    expect((await post(pages, wish(pageVideo, { author: page }))).status).toBe(201);
    expect(parsed(await list(pages, page))['elements']).toEqual([]);
    clock.advance(20 * SECOND);
    expect(parsed(await list(pages, page))['elements']).toMatchObject([
      { author: page, content: { media: { id: pageVideo } } },
    ]);
    expect((await list(pages, member)).status).toBe(403);
    expect((await post(pages, wish(pageVideo))).status).toBe(403);
  });

  it('are limited without a word in the headers', async () => {
    const { parsed, post, wish, token, video, lever } = await ready();
    await lever('quirks', { limited: 'resource', limitedTimes: 1 });
    const answer = await post(token, wish(video));
    expect(answer.status).toBe(429);
    expect(Object.keys(answer.headers)).toEqual(['content-type']);
    expect(parsed(answer)['message']).toContain('throttle limit');
    expect((await post(token, wish(video))).status).toBe(201);
  });
});

describe('little text', () => {
  it.each([
    ['plain text, with dots. And 1+1=2', 'plain text, with dots. And 1+1=2', false],
    ['a \\_ b', 'a _ b', false],
    ['a _ b', 'a ', true],
    ['a \\n b', 'a ', true],
    ['ends in \\', 'ends in ', true],
    ['# alone', '', true],
    ['{hashtag|\\#|one} two', '#one two', false],
    ['by @[Alice](urn:li:person:1)!', 'by Alice!', false],
    ['by @alice', 'by ', true],
  ])('%s', (text, visible, cut) => {
    expect(readLittle(text)).toMatchObject({ visible, cut });
  });
});
