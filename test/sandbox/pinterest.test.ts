import { describe, expect, it } from 'vitest';
import { DAY, HOUR, SECOND, TestClock } from '../../src/core/clock.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { createPinterest } from '../../src/sandbox/pinterest.ts';
import { type Answer, createSandbox } from '../../src/sandbox/sandbox.ts';

const redirectUri = 'https://localhost:8443/callback';
const production = 'https://api.pinterest.com';
const own = 'https://api-sandbox.pinterest.com';
const all = 'boards:read,pins:read,pins:write,user_accounts:read';

interface Ask {
  origin?: string;
  query?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
  token?: string;
  headers?: Record<string, string>;
}

/** The simulated Pinterest, asked by hand. */
function open() {
  const clock = new TestClock();
  const sandbox = createSandbox({ clock, seed: 1, simulators: [createPinterest] });
  async function ask(method: string, path: string, options: Ask = {}): Promise<Answer> {
    const { query, json, form, token, headers, origin = production } = options;
    const content =
      json !== undefined ? JSON.stringify(json) : form ? new URLSearchParams(form).toString() : '';
    return (await sandbox.dispatch({
      origin,
      method,
      path,
      query: new URLSearchParams(query),
      headers: {
        'content-type': json === undefined ? 'application/x-www-form-urlencoded' : 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: Buffer.from(content),
      complete: true,
    })) as Answer;
  }
  const parsed = (answer: Answer) => JSON.parse(answer.body.toString()) as Record<string, unknown>;
  const lever = (name: string, input?: unknown) => sandbox.control('pinterest', name, input);
  async function code(scope = all): Promise<string> {
    const query = new URLSearchParams({
      client_id: 'sandbox-pinterest-id',
      redirect_uri: redirectUri,
      response_type: 'code',
      scope,
      state: 's',
    });
    const { redirectedTo } = await approveWithin(sandbox, `https://www.pinterest.com/oauth/?${query}`);
    return new URL(redirectedTo).searchParams.get('code')!;
  }
  const basic = (secret = 'sandbox-pinterest-secret') => ({
    authorization: `Basic ${Buffer.from(`sandbox-pinterest-id:${secret}`).toString('base64')}`,
  });
  const exchange = (form: Record<string, string>, headers: Record<string, string> = basic()) =>
    ask('POST', '/v5/oauth/token', { form, headers });
  const fromCode = (text: string, change: Record<string, string> = {}) =>
    exchange({ grant_type: 'authorization_code', code: text, redirect_uri: redirectUri, ...change });
  const signIn = async (scope = all) =>
    (parsed(await fromCode(await code(scope))) as unknown as { access_token: string }).access_token;
  type Registered = { media_id: string; upload_url: string; upload_parameters: Record<string, string> };
  const register = async (token: string) =>
    JSON.parse(
      (await ask('POST', '/v5/media', { token, json: { media_type: 'video' } })).body.toString(),
    ) as Registered;
  /** The form of an upload, by the platform's own writer of forms. */
  async function put(
    fields: readonly (readonly [string, string | Blob])[],
    {
      url = 'https://pinterest-media-upload.s3-accelerate.amazonaws.com/',
      drop = '',
      add = {} as Record<string, string>,
    } = {},
  ): Promise<Answer> {
    const form = new FormData();
    for (const [name, value] of fields) form.append(name, value);
    const encoded = new Response(form);
    const body = Buffer.from(await encoded.clone().arrayBuffer());
    const headers: Record<string, string> = {
      'content-type': encoded.headers.get('content-type')!,
      'content-length': String(body.length),
      ...add,
    };
    delete headers[drop];
    const { origin, pathname } = new URL(url);
    return (await sandbox.dispatch({
      origin,
      method: 'POST',
      path: pathname,
      query: new URLSearchParams(),
      headers,
      body,
      complete: true,
    })) as Answer;
  }
  const file = ['file', new Blob(['a video'])] as const;
  async function upload(token: string): Promise<string> {
    const { media_id: id, upload_parameters: parameters } = await register(token);
    await put([...Object.entries(parameters), file]);
    clock.advance(HOUR);
    return id;
  }
  const boardOf = async (token: string) =>
    (JSON.parse((await ask('GET', '/v5/boards', { token })).body.toString()) as { items: { id: string }[] })
      .items[0]!.id;
  const wish = (board: string, media: string, change: object = {}) => ({
    board_id: board,
    title: 'T',
    description: 'D',
    link: 'https://www.tiktok.com/@creator/video/1',
    media_source: { source_type: 'video_id', media_id: media, cover_image_key_frame_time: 0 },
    ...change,
  });
  const pin = (token: string, json: unknown, origin = production) =>
    ask('POST', '/v5/pins', { token, json, origin });
  async function ready() {
    const token = await signIn();
    return { token, board: await boardOf(token), media: await upload(token) };
  }
  return {
    clock,
    sandbox,
    ask,
    parsed,
    lever,
    code,
    basic,
    exchange,
    fromCode,
    signIn,
    register,
    put,
    file,
    upload,
    wish,
    pin,
    ready,
  };
}

describe('sign-in', () => {
  it('answers wrong keys, another redirect and a spent code alike', async () => {
    const { clock, code, basic, exchange, fromCode, parsed } = open();
    const spent = await code();
    expect((await fromCode(spent)).status).toBe(200);
    const late = await code();
    clock.advance(600 * SECOND);
    const form = { grant_type: 'authorization_code', code: await code(), redirect_uri: redirectUri };
    for (const answer of [
      await fromCode(spent),
      await fromCode(late),
      await fromCode(await code(), { redirect_uri: 'https://localhost/' }),
      await exchange(form, basic('wrong')),
      await exchange(form, {}),
    ])
      expect([answer.status, parsed(answer)]).toEqual([401, { code: 2, message: 'Authentication failed.' }]);
  });

  it('rotates refresh tokens, with a grace only where there is one', async () => {
    const { clock, code, exchange, fromCode, parsed, lever } = open();
    const first = String(parsed(await fromCode(await code()))['refresh_token']);
    const renew = (text: string) => exchange({ grant_type: 'refresh_token', refresh_token: text });
    const answer = parsed(await renew(first));
    expect(answer).toMatchObject({
      expires_in: 2_592_000,
      refresh_token_expires_in: 5_184_000,
      token_type: 'bearer',
    });
    const second = String(answer['refresh_token']);
    expect(second).not.toBe(first);
    expect((await renew(first)).status).toBe(401);
    await lever('quirks', { graceSeconds: 30 });
    expect((await renew(second)).status).toBe(200);
    expect((await renew(second)).status).toBe(200);
    clock.advance(30 * SECOND);
    expect((await renew(second)).status).toBe(401);
  });

  it('ends an access token after thirty days', async () => {
    const { clock, ask, signIn } = open();
    const token = await signIn();
    clock.advance(30 * DAY - SECOND);
    expect((await ask('GET', '/v5/user_account', { token })).status).toBe(200);
    clock.advance(SECOND);
    expect((await ask('GET', '/v5/user_account', { token })).status).toBe(401);
  });

  it('wants the rights for each call', async () => {
    const { ask, parsed, signIn } = open();
    const token = await signIn('user_accounts:read');
    const answer = await ask('POST', '/v5/media', { token, json: { media_type: 'video' } });
    expect([answer.status, parsed(answer)['code']]).toEqual([403, 7]);
    expect((await ask('GET', '/v5/boards', { token })).status).toBe(403);
  });
});

describe('the storage', () => {
  it('wants every parameter, then the file', async () => {
    const { signIn, register, put, file } = open();
    const { upload_parameters: parameters } = await register(await signIn());
    const fields = Object.entries(parameters);
    expect(await put([...fields, file])).toMatchObject({ status: 204, body: Buffer.alloc(0) });
    const codeOf = ({ status, body }: Answer) => [status, /<Code>(\w+)/u.exec(body.toString())?.[1]];
    expect(codeOf(await put([file, ...fields]))).toEqual([403, 'AccessDenied']);
    expect(codeOf(await put([...fields.slice(1), file]))).toEqual([403, 'AccessDenied']);
    expect(codeOf(await put(fields))).toEqual([400, 'InvalidArgument']);
    expect(codeOf(await put([...fields, ['file', new Blob([])]]))).toEqual([400, 'EntityTooSmall']);
  });

  it('wants a length and no token, and keeps to its policy', async () => {
    const { clock, sandbox, signIn, register, put, file, lever } = open();
    const { upload_parameters: parameters } = await register(await signIn());
    const fields = [...Object.entries(parameters), file];
    expect((await put(fields, { drop: 'content-length' })).status).toBe(411);
    expect((await put(fields, { add: { authorization: 'Bearer x' } })).status).toBe(400);
    expect(sandbox.complaints().map(({ what }) => what)).toEqual([
      'an upload came without its length',
      'a token was sent to the storage',
    ]);
    await lever('quirks', { slowDownTimes: 1 });
    expect((await put(fields)).body.toString()).toContain('<Code>SlowDown</Code>');
    clock.advance(HOUR);
    expect((await put(fields)).body.toString()).toContain('Policy expired');
    expect((await put(fields, { add: { 'content-type': 'multipart/form-data' } })).body.toString()).toContain(
      'MalformedPOSTRequest',
    );
  });
});

describe('an upload', () => {
  it('climbs its ladder', async () => {
    const { clock, ask, parsed, signIn, register, put, file } = open();
    const token = await signIn();
    const { media_id: id, upload_parameters: parameters } = await register(token);
    const state = async () => parsed(await ask('GET', `/v5/media/${id}`, { token }))['status'];
    expect(await state()).toBe('registered');
    await put([...Object.entries(parameters), file]);
    expect(await state()).toBe('registered');
    clock.advance(3 * SECOND);
    expect(await state()).toBe('processing');
    clock.advance(20 * SECOND);
    expect(await state()).toBe('succeeded');
    expect((await ask('GET', '/v5/media/1', { token })).status).toBe(404);
    expect((await ask('POST', '/v5/media', { token, json: { media_type: 'gif' } })).status).toBe(400);
  });

  it.each(['failed', 'stuck'])('may end otherwise: %s', async (processing) => {
    const { ask, parsed, signIn, upload, lever } = open();
    await lever('quirks', { processing, processingTimes: 1 });
    const token = await signIn();
    const id = await upload(token);
    const state = parsed(await ask('GET', `/v5/media/${id}`, { token }))['status'];
    expect(state).toBe(processing === 'failed' ? 'failed' : 'processing');
  });
});

describe('Pins', () => {
  it('are made, seen, and listed a little late without a zone', async () => {
    const { clock, sandbox, ask, parsed, pin, wish, ready } = open();
    const { token, board, media } = await ready();
    const made = await pin(token, wish(board, media));
    expect(made.status).toBe(201);
    expect(parsed(made)).toMatchObject({
      board_id: board,
      title: 'T',
      created_at: expect.stringMatching(/T\d\d:\d\d:\d\d$/u),
    });
    expect(sandbox.posts()[0]).toMatchObject({ id: parsed(made)['id'], text: 'D', visible: true });
    const list = async () =>
      (parsed(await ask('GET', `/v5/boards/${board}/pins`, { token }))['items'] as unknown[]).length;
    expect(await list()).toBe(0);
    clock.advance(30 * SECOND);
    expect(await list()).toBe(1);
    expect((await ask('GET', '/v5/boards/1/pins', { token })).status).toBe(404);
  });

  it.each([
    ['no cover', { media_source: { source_type: 'video_id', media_id: 'M' } }, 400],
    [
      'two covers',
      {
        media_source: {
          source_type: 'video_id',
          media_id: 'M',
          cover_image_key_frame_time: 0,
          cover_image_url: 'https://a/b',
        },
      },
      400,
    ],
    [
      'a cover of no kind',
      { media_source: { source_type: 'video_id', media_id: 'M', cover_image_data: 'AA==' } },
      400,
    ],
    [
      'a cover at half a second',
      { media_source: { source_type: 'video_id', media_id: 'M', cover_image_key_frame_time: 0.5 } },
      400,
    ],
    [
      'no such upload',
      { media_source: { source_type: 'video_id', media_id: '1', cover_image_key_frame_time: 0 } },
      404,
    ],
    ['an unknown board', { board_id: '1' }, 404],
    ['no board', { board_id: undefined }, 400],
    ['a long title', { title: 'x'.repeat(101) }, 400],
    ['a long description', { description: 'x'.repeat(801) }, 400],
    ['a long link', { link: `https://a/${'x'.repeat(2048)}` }, 400],
    ['a link that is none', { link: 'a.mp4' }, 400],
    ['a long alt text', { alt_text: 'x'.repeat(501) }, 400],
    ['an unknown member', { titel: 'x' }, 400],
    ['a number for a board', { board_id: 7 }, 400],
  ])('are refused with %s', async (_name, change, status) => {
    const { sandbox, pin, wish, ready } = open();
    const { token, board, media } = await ready();
    const json = JSON.parse(
      JSON.stringify(wish(board, media, change)).replace('"M"', `"${media}"`),
    ) as unknown;
    expect((await pin(token, json)).status).toBe(status);
    expect(sandbox.posts()).toEqual([]);
  });

  it('are refused before the upload is ready, and with links that are blocked', async () => {
    const { parsed, pin, wish, ready, register, lever } = open();
    const { token, board, media } = await ready();
    const { media_id: fresh } = await register(token);
    expect((await pin(token, wish(board, fresh))).status).toBe(400);
    await lever('quirks', { blockedLink: 'tiktok' });
    expect(parsed(await pin(token, wish(board, media)))['message']).toContain('lead to spam');
  });

  it('come once from one upload, or more often', async () => {
    const { pin, wish, ready, lever } = open();
    const { token, board, media } = await ready();
    expect((await pin(token, wish(board, media))).status).toBe(201);
    expect((await pin(token, wish(board, media))).status).toBe(400);
    await lever('quirks', { mediaOnce: false });
    expect((await pin(token, wish(board, media))).status).toBe(201);
  });

  it('of apps with Trial access are made in Pinterest’s own sandbox only', async () => {
    const { clock, sandbox, ask, parsed, pin, wish, ready, lever } = open();
    const { token, board, media } = await ready();
    await lever('quirks', { tier: 'trial' });
    const refused = await pin(token, wish(board, media));
    expect([refused.status, parsed(refused)['code']]).toEqual([403, 29]);
    expect((await pin(token, wish(board, media), own)).status).toBe(201);
    expect(sandbox.posts()[0]).toMatchObject({ visible: false });
    clock.advance(HOUR);
    const count = async (origin: string) =>
      (parsed(await ask('GET', '/v5/pins', { token, origin }))['items'] as unknown[]).length;
    expect([await count(production), await count(own)]).toEqual([0, 1]);
  });

  it('are listed page by page, in either order', async () => {
    const { clock, ask, parsed, pin, wish, ready, lever } = open();
    const { token, board, media } = await ready();
    await lever('quirks', { mediaOnce: false });
    for (const title of ['one', 'two', 'three']) {
      await pin(token, wish(board, media, { title }));
      clock.advance(HOUR);
    }
    const page = async (query: Record<string, string>) =>
      parsed(await ask('GET', '/v5/pins', { token, query })) as unknown as {
        items: { title: string }[];
        bookmark: string;
      };
    const first = await page({ page_size: '2' });
    expect(first.items.map(({ title }) => title)).toEqual(['three', 'two']);
    const second = await page({ page_size: '2', bookmark: first.bookmark });
    expect([second.items.map(({ title }) => title), second.bookmark]).toEqual([['one'], null]);
    await lever('quirks', { order: 'oldest' });
    expect((await page({})).items.map(({ title }) => title)).toEqual(['one', 'two', 'three']);
    expect((await ask('GET', '/v5/pins', { token, query: { page_size: '251' } })).status).toBe(400);
  });
});

describe('limits', () => {
  it('are told in headers, or not', async () => {
    const { ask, signIn, lever } = open();
    const token = await signIn();
    const me = () => ask('GET', '/v5/user_account', { token });
    expect((await me()).headers['x-ratelimit-limit']).toContain('org_read_app_id_user_id');
    await lever('quirks', { limited: 'headers', limitedTimes: 1 });
    expect(await me()).toMatchObject({ status: 429, headers: { 'x-ratelimit-reset': '42' } });
    await lever('quirks', { limited: 'bare', limitedTimes: 1 });
    expect(Object.keys((await me()).headers)).toEqual(['content-type']);
    expect((await me()).status).toBe(200);
  });
});
