import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { open } from './x-stage.ts';

describe('sign-in', () => {
  it('gives a code of 30 seconds', async () => {
    const { clock, code, exchange } = open();
    const late = await code();
    clock.advance(30 * SECOND);
    expect((await exchange(late)).status).toBe(400);
    const quick = await code();
    clock.advance(29 * SECOND);
    expect((await exchange(quick)).status).toBe(200);
    expect((await exchange(quick)).status).toBe(400);
  });

  it('gives no refresh token without offline.access, and no access after two hours', async () => {
    const { clock, signIn, ask } = open();
    const { access_token: token, refresh_token: refresh } = await signIn('tweet.read users.read');
    expect(refresh).toBeUndefined();
    expect((await ask('GET', '/2/users/me', { token })).status).toBe(200);
    clock.advance(2 * HOUR);
    expect((await ask('GET', '/2/users/me', { token })).status).toBe(401);
  });

  it('wants the rights for each call', async () => {
    const { signIn, ask, post, parsed } = open();
    const { access_token: token } = await signIn('tweet.read users.read');
    const refused = await ask('POST', '/2/media/upload/initialize', {
      token,
      json: { media_type: 'video/mp4', total_bytes: 1 },
    });
    expect([refused.status, (parsed(refused) as { detail?: string }).detail]).toEqual([403, 'Forbidden']);
    expect((await post(token, { text: 'hi' })).status).toBe(403);
  });

  it('keeps no secret in the form of a confidential client', async () => {
    const { sandbox, code, exchange, ask, lever } = open();
    sandbox.world.apps('x')[0]!.settings['confidential'] = true;
    const form = {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: 'sandbox-x-id',
      client_secret: 'sandbox-x-secret',
    };
    const unproven = await ask('POST', '/2/oauth2/token', { form });
    expect([unproven.status, unproven.body.toString()]).toEqual([
      401,
      expect.stringContaining('unauthorized_client'),
    ]);
    expect((await exchange(await code())).status).toBe(401);
    const basic = {
      authorization: `Basic ${Buffer.from('sandbox-x-id:sandbox-x-secret').toString('base64')}`,
    };
    const nameless = { form: { grant_type: 'refresh_token', refresh_token: 'x' }, headers: basic };
    expect((await ask('POST', '/2/oauth2/token', nameless)).body.toString()).toContain(
      'Missing required parameter [client_id].',
    );
    await lever('quirks', { wantsClientId: false });
    expect((await ask('POST', '/2/oauth2/token', nameless)).body.toString()).toContain(
      'Value passed for the token was invalid.',
    );
  });
});

describe('media', () => {
  it('refuses what the schema does not know, and says so', async () => {
    const { signIn, ask, sandbox } = open();
    const { access_token: token } = await signIn();
    for (const json of [
      { media_type: 'video/avi', total_bytes: 1 },
      { media_type: 'video/mp4', total_bytes: '1' },
      { media_type: 'video/mp4', total_bytes: 2 ** 40 },
      { media_type: 'video/mp4', total_bytes: 1, media_category: 'video' },
      { media_type: 'video/mp4', total_bytes: 1, size: 1 },
    ])
      expect((await ask('POST', '/2/media/upload/initialize', { token, json })).status).toBe(400);
    expect(sandbox.complaints()).toHaveLength(5);
  });

  it('takes segments as JSON, in any order, twice; refuses index 1000, large ones and gaps', async () => {
    const { signIn, ask, parsed, lever } = open();
    const { access_token: token } = await signIn();
    const made = await ask('POST', '/2/media/upload/initialize', {
      token,
      json: { media_type: 'video/mp4', total_bytes: 4 },
    });
    const path = `/2/media/upload/${parsed(made).data.id}`;
    const append = (segment_index: number, text: string) =>
      ask('POST', `${path}/append`, {
        token,
        json: { segment_index, media: Buffer.from(text).toString('base64') },
      });
    expect((await append(1, 'cd')).status).toBe(200);
    expect((await append(1, 'cd')).status).toBe(200);
    expect((await append(1000, 'x')).status).toBe(400);
    const early = await ask('POST', `${path}/finalize`, { token });
    expect([early.status, early.body.toString()]).toEqual([400, expect.stringContaining('do not add up')]);
    await lever('quirks', { segmentBytes: 1 });
    const large = await append(0, 'ab');
    expect([large.status, large.body.length]).toEqual([413, 0]);
    await lever('quirks', { segmentBytes: 2 });
    await append(0, 'ab');
    expect((await ask('POST', `${path}/finalize`, { token })).status).toBe(200);
  });

  it('belongs to one account and expires', async () => {
    const { signIn, upload, post, clock, sandbox } = open();
    const { access_token: token } = await signIn();
    const id = await upload(token, Buffer.from('abcd'));
    sandbox.world.accounts('x').reverse();
    const { access_token: other } = await signIn();
    expect((await post(other, { media: { media_ids: [id] } })).body.toString()).toContain(
      'Your media IDs are invalid.',
    );
    expect((await post(token, { media: { media_ids: [Number(id)] } })).status).toBe(400);
    clock.advance(DAY - HOUR);
    const { access_token: again } = await signIn();
    expect(again).toBeDefined();
    clock.advance(HOUR);
    sandbox.world.accounts('x').reverse();
    const { access_token: late } = await signIn();
    expect((await post(late, { media: { media_ids: [id] } })).body.toString()).toContain(
      'Your media IDs are invalid.',
    );
    expect(sandbox.posts()).toEqual([]);
  });
});

describe('posts', () => {
  it('weighs the text, counts cashtags, knows its duplicates', async () => {
    const { signIn, post, clock } = open();
    const { access_token: token } = await signIn();
    const status = async (text: string) => (await post(token, { text })).status;
    expect(await status('x'.repeat(281))).toBe(403);
    expect(await status('x'.repeat(280))).toBe(201);
    expect(await status('日'.repeat(141))).toBe(403);
    expect(await status('$AAPL and $TSLA')).toBe(403);
    expect(await status('Same  words')).toBe(201);
    expect(await status('same words ')).toBe(403);
    clock.advance(HOUR);
    expect(await status('same words')).toBe(403);
  });

  it('bills by what the text holds, refuses for nothing, and reads once a day', async () => {
    const { signIn, post, ask, lever, clock } = open();
    const { access_token: token } = await signIn();
    await post(token, { text: 'plain' });
    await post(token, { text: 'see shop.example.com' });
    await post(token, { text: 'plain' });
    expect(await lever('billing')).toMatchObject({ spentUsd: 0.215, counts: { post: 1, postWithLink: 1 } });
    clock.advance(MINUTE);
    const read = () =>
      ask('GET', '/2/users/1790000000000000101/tweets', { token, query: { max_results: '5' } });
    await read();
    await read();
    expect(await lever('billing')).toMatchObject({ spentUsd: 0.217, counts: { readPost: 2 } });
    await lever('credits', { usd: 0.01 });
    const broke = await post(token, { text: 'one more' });
    expect([broke.status, broke.body.toString()]).toEqual([
      402,
      expect.stringContaining('"account_id":1800000000000000001'),
    ]);
  });

  it('shows a new post late, without its media unless asked for them', async () => {
    const { signIn, post, ask, parsed, upload, clock } = open();
    const { access_token: token } = await signIn();
    const id = await upload(token, Buffer.from('abcd'));
    await post(token, { text: 'a < b', media: { media_ids: [id] } });
    const read = async (query: Record<string, string> = {}) =>
      parsed(await ask('GET', '/2/users/1790000000000000101/tweets', { token, query }));
    expect(await read()).toEqual({ meta: { result_count: 0 } });
    clock.advance(10 * SECOND);
    const [plain] = (await read()).data as unknown as [{ text: string; attachments?: object }];
    expect(plain.text).toMatch(/^a &lt; b https:\/\/t\.co\//);
    expect(plain.attachments).toBeUndefined();
    const [full] = (await read({ expansions: 'attachments.media_keys' })).data as unknown as [
      { attachments: object },
    ];
    expect(full.attachments).toEqual({ media_keys: [`7_${id}`] });
  });

  it('knows one of two vocabularies', async () => {
    const { signIn, ask, lever } = open();
    const { access_token: token } = await signIn();
    const status = async (name: string) =>
      (await ask('GET', '/2/users/1790000000000000101/tweets', { token, query: { [name]: 'created_at' } }))
        .status;
    expect([await status('tweet.fields'), await status('post.fields')]).toEqual([200, 400]);
    await lever('quirks', { fields: 'post' });
    expect([await status('tweet.fields'), await status('post.fields')]).toEqual([400, 200]);
  });

  it('answers at its old host too, and has a page for each post', async () => {
    const { signIn, ask, parsed, sandbox } = open();
    const { access_token: token } = await signIn();
    const made = await ask('POST', '/2/tweets', {
      token,
      json: { text: '<b>' },
      origin: 'https://api.twitter.com',
    });
    const { id } = parsed(made).data;
    expect(BigInt(id) >> 22n).toBe(BigInt(sandbox.clock.now()) - 1_288_834_974_657n);
    const path = new URL(sandbox.posts()[0]!.url).pathname;
    expect((await ask('GET', path, { origin: 'https://x.com' })).body.toString()).toContain('&lt;b&gt;');
    expect((await ask('DELETE', `/2/tweets/${id}`, { token })).status).toBe(200);
    expect((await ask('GET', path, { origin: 'https://x.com' })).status).toBe(404);
    expect(sandbox.posts()).toEqual([]);
  });
});

describe('levers', () => {
  it('refuse what they do not know', async () => {
    const { lever } = open();
    await expect(lever('quirks', { nothing: 1 })).rejects.toThrow('no quirk nothing');
    await expect(lever('quirks', { codeSeconds: '1' })).rejects.toThrow('wants a number');
    await expect(lever('limit', { endpoint: 'GET /', calls: 1 })).rejects.toThrow('no limit');
  });

  it.each([
    ['code-88', 'Rate limit exceeded'],
    ['usage-cap', 'UsageCapExceeded'],
    ['window', 'Too Many Requests'],
  ])('429 as %s', async (limited, words) => {
    const { signIn, ask, lever } = open();
    const { access_token: token } = await signIn();
    await lever('quirks', { limited, limitedTimes: 1 });
    const answer = await ask('GET', '/2/users/me', { token });
    expect([answer.status, answer.body.toString()]).toEqual([429, expect.stringContaining(words)]);
    expect((await ask('GET', '/2/users/me', { token })).status).toBe(200);
  });

  it.each([
    ['page', 520],
    ['page-403', 403],
    ['unauthorized', 401],
  ])('incident %s', async (incident, status) => {
    const { signIn, ask, lever } = open();
    const { access_token: token } = await signIn();
    await lever('quirks', { incident, incidentTimes: 1 });
    expect((await ask('GET', '/2/users/me', { token })).status).toBe(status);
    expect((await ask('GET', '/2/users/me', { token })).status).toBe(200);
  });
});
