import { beforeEach, describe, expect, it } from 'vitest';
import { approveWithin } from '../../src/sandbox/person.ts';
import type { Caller, Reply } from './meta-caller.ts';
import { debugOf, errorOf, openCaller } from './meta-caller.ts';

const HOUR = 3_600_000;
const bytes = Buffer.from('0123456789');
let caller: Caller;
let access_token: string;

beforeEach(async () => {
  caller = openCaller('instagram');
  access_token = await caller.pageToken();
});

const post = (edge: string, values: Record<string, string>) =>
  caller.call('POST', `${caller.graph}/${caller.accountId}/${edge}`, { access_token, ...values });
const get = (path: string, values: Record<string, string> = {}) =>
  caller.call('GET', `${caller.graph}/${path}`, { access_token, ...values });
const create = (more: Record<string, string> = {}) =>
  post('media', { media_type: 'REELS', upload_type: 'resumable', caption: 'One', ...more });
const send = (uri: string, headers: Record<string, string>, body: Buffer = bytes, complete = true) =>
  caller.call(
    'POST',
    uri,
    {},
    { headers: { authorization: `OAuth ${access_token}`, ...headers }, body, complete },
  );
const statusOf = async (id: string) => (await get(id, { fields: 'status_code,status,video_status' })).body;
const publish = (id: string) => post('media_publish', { creation_id: id });

async function uploaded(): Promise<string> {
  const { body } = await create();
  await send(String(body['uri']), { offset: '0', file_size: '10' });
  return String(body['id']);
}

async function finished(): Promise<string> {
  const id = await uploaded();
  caller.clock.advance(12_000);
  return id;
}

describe('rupload', () => {
  const idOf = ({ body }: Reply) => String(body['id']);

  it('wants the scheme OAuth and the token of the account', async () => {
    const uri = String((await create()).body['uri']);
    const whole = { offset: '0', file_size: '10' };
    expect(debugOf(await send(uri, { ...whole, authorization: `Bearer ${access_token}` }))).toBe(
      'ProcessingFailedError',
    );
    const other = await caller.pageToken({ account: '@second' });
    const refused = await send(uri, { ...whole, authorization: `OAuth ${other}` });
    expect(refused.text).toContain('unauthorized user request');
    expect((await send(uri, whole)).body).toEqual({ success: true, message: 'Upload successful.' });
  });

  it.each([
    [{ offset: '0' }, bytes, 400, 'ParameterValidationError'],
    [{ file_size: '10' }, bytes, 400, 'ParameterValidationError'],
    [{ offset: 'x', file_size: '10' }, bytes, 400, 'ParameterValidationError'],
    [{ offset: '3', file_size: '10' }, bytes.subarray(3), 412, 'OffsetInvalidError'],
    [{ offset: '0', file_size: '11' }, bytes, 400, 'PartialRequestError'],
    [{ offset: '0', file_size: '9' }, bytes, 400, 'PartialRequestError'],
  ])('refuses headers %o', async (headers, body, status, type) => {
    const uri = String((await create()).body['uri']);
    const reply = await send(uri, headers as Record<string, string>, body);
    expect([reply.status, debugOf(reply)]).toEqual([status, type]);
  });

  it('keeps what arrived before a connection broke, and goes on from there', async () => {
    const created = await create();
    const uri = String(created.body['uri']);
    await send(uri, { offset: '0', file_size: '10' }, bytes.subarray(0, 4), false);
    expect(await statusOf(idOf(created))).toMatchObject({
      status_code: 'IN_PROGRESS',
      video_status: { uploading_phase: { status: 'in_progress', bytes_transferred: 4 } },
    });
    expect(debugOf(await send(uri, { offset: '0', file_size: '10' }))).toBe('OffsetInvalidError');
    expect((await send(uri, { offset: '4', file_size: '10' }, bytes.subarray(4))).status).toBe(200);
    caller.clock.advance(12_000);
    await publish(idOf(created));
    expect(caller.sandbox.world.media(caller.sandbox.posts()[0]?.sha256 ?? '')?.toString()).toBe(
      '0123456789',
    );
  });

  it('refuses now and then for no reason', async () => {
    await caller.quirks({ uploadRefusals: 1 });
    const uri = String((await create()).body['uri']);
    expect((await send(uri, { offset: '0', file_size: '10' })).status).toBe(400);
    expect((await send(uri, { offset: '0', file_size: '10' })).status).toBe(200);
  });
});

describe('a container', () => {
  it('is at work, then ready, then published, and dead a day after it was made', async () => {
    const id = await uploaded();
    expect((await statusOf(id))['status_code']).toBe('IN_PROGRESS');
    caller.clock.advance(12_000);
    expect(await statusOf(id)).toMatchObject({
      status_code: 'FINISHED',
      status: expect.stringMatching(/^Finished:/u),
    });
    expect((await publish(id)).body).toEqual({ id: expect.any(String) });
    expect((await statusOf(id))['status_code']).toBe('PUBLISHED');
    const other = await uploaded();
    caller.clock.advance(24 * HOUR);
    expect((await statusOf(other))['status_code']).toBe('EXPIRED');
    expect((await statusOf(id))['status_code']).toBe('PUBLISHED');
    expect(errorOf(await publish(other))).toBe('24/2207008');
  });

  it('fails with a number of Meta’s list', async () => {
    await caller.quirks({ processingError: '2207026' });
    expect(await statusOf(await finished())).toMatchObject({
      status_code: 'ERROR',
      status: 'Error: Media upload has failed with error code 2207026',
    });
  });

  it('can be unreadable while it is fresh, and lose its status', async () => {
    await caller.quirks({ unreadableMs: 30_000, statusMissing: 1 });
    const id = await uploaded();
    expect(errorOf(await get(id))).toBe('100/33');
    caller.clock.advance(30_000);
    expect(await statusOf(id)).not.toHaveProperty('status_code');
    expect((await statusOf(id))['status_code']).toBe('FINISHED');
  });

  it.each([
    [{ media_type: 'CLIPS' }, '100/2207023'],
    [{ caption: 'x'.repeat(2201) }, '36004/2207010'],
    [{ caption: '#a '.repeat(31) }, '36004/2207010'],
    [{ caption: '@a '.repeat(21) }, '100/2207040'],
    [{ thumb_offset: '-1' }, '1/2207057'],
    [{ share_to_feed: 'yes' }, '100'],
    [{ trial_params: '{}' }, '100'],
    [{ upload_type: 'none' }, '100'],
  ])('is refused for %o', async (values, error) => {
    expect(errorOf(await create(values as Record<string, string>))).toBe(error);
  });

  it('says so when a client makes parameters up', async () => {
    await create({ schedule: 'tomorrow' });
    expect(caller.sandbox.complaints().map(({ what }) => what)).toEqual([
      'POST media got schedule, which it doesn’t know',
    ]);
  });

  it('is one of 400 in 24 hours', async () => {
    await caller.quirks({ containerTotal: 2 });
    await create();
    await create();
    expect(errorOf(await create())).toBe('613');
    caller.clock.advance(24 * HOUR);
    expect((await create()).status).toBe(200);
  });
});

describe('media_publish', () => {
  it('is too early, and may go on saying so when all is finished', async () => {
    const id = await uploaded();
    expect(errorOf(await publish(id))).toBe('9007/2207027');
    caller.clock.advance(12_000);
    await caller.quirks({ notReadyYet: 1 });
    expect(errorOf(await publish(id))).toBe('9007/2207027');
    expect((await publish(id)).status).toBe(200);
  });

  it('makes one post of a container, whatever it answers', async () => {
    await caller.quirks({ publishAnswers: ['posted-4/2207051'] });
    const id = await finished();
    expect(errorOf(await publish(id))).toBe('4/2207051');
    expect(errorOf(await publish(id))).toBe('24/2207008');
    expect(caller.sandbox.posts()).toHaveLength(1);
  });

  it('is counted in a window of 24 hours', async () => {
    await caller.quirks({ quotaTotal: 1 });
    await publish(await finished());
    const limit = (values = {}) => get(`${caller.accountId}/content_publishing_limit`, values);
    expect((await limit()).body).toEqual({ data: [{ quota_usage: 1 }] });
    expect((await limit({ fields: 'quota_usage,config' })).body).toEqual({
      data: [{ quota_usage: 1, config: { quota_total: 1, quota_duration: 86_400 } }],
    });
    caller.clock.advance(23 * HOUR);
    const id = await finished();
    expect(errorOf(await publish(id))).toBe('9/2207042');
    caller.clock.advance(HOUR);
    expect(errorOf(await publish(id))).toBeUndefined();
  });

  it('needs the right, the account and a live token', async () => {
    const id = await finished();
    access_token = await caller.pageToken({ without: ['instagram_content_publish'] });
    expect(errorOf(await publish(id))).toBe('10');
    access_token = await caller.pageToken({ account: '@second' });
    expect(errorOf(await publish(id))).toBe('100/33');
    access_token = await caller.pageToken();
    await caller.pull('revoke', { subcode: 460 });
    expect(errorOf(await publish(id))).toBe('190/460');
  });
});

describe('the list of media', () => {
  const list = (values: Record<string, string> = {}) =>
    get(`${caller.accountId}/media`, { fields: 'id,caption,timestamp,media_product_type', ...values });

  it('shows a post late, newest first, in pages', async () => {
    await publish(await finished());
    expect((await list()).body).toEqual({ data: [] });
    caller.clock.advance(20_000);
    const at = caller.clock.now() - 60_000;
    await caller.pull('post', { account: '@creator', caption: 'Earlier', at });
    const first = await list({ limit: '1' });
    expect(first.body['data']).toEqual([
      expect.objectContaining({ caption: 'One', media_product_type: 'REELS' }),
    ]);
    const { next } = first.body['paging'] as unknown as { next: string };
    expect((await caller.call('GET', next)).body['data']).toEqual([
      expect.objectContaining({ caption: 'Earlier' }),
    ]);
    expect((await list({ since: String(Math.floor(at / 1000) + 1) })).body['data']).toHaveLength(1);
  });

  it('hides posts of an app in development from the public', async () => {
    await caller.pull('app', { development: true });
    await publish(await finished());
    expect(caller.sandbox.posts()[0]?.visible).toBe(false);
  });
});

it('usage headers come with every answer, and calls stop at 100 percent', async () => {
  expect((await get('me')).headers).not.toHaveProperty('x-business-use-case-usage');
  await caller.quirks({ usagePercent: 104, usageMinutes: 12 });
  const reply = await create();
  expect([reply.status, errorOf(reply)]).toEqual([400, '80002']);
  expect(reply.headers['x-business-use-case-usage']).toContain('"estimated_time_to_regain_access":12');
});

describe('Instagram Login', () => {
  const host = 'https://graph.instagram.com';

  async function signIn(account = '@creator'): Promise<Reply> {
    const dialog = new URL('https://www.instagram.com/oauth/authorize');
    const query = {
      client_id: caller.keys.client_id,
      redirect_uri: caller.redirect,
      response_type: 'code',
      scope: 'instagram_business_basic,instagram_business_content_publish',
    };
    for (const [name, value] of Object.entries(query)) dialog.searchParams.set(name, value);
    const { redirectedTo } = await approveWithin(caller.sandbox, dialog.href, { account });
    expect(redirectedTo).toMatch(/#_$/u);
    return caller.call('POST', 'https://api.instagram.com/oauth/access_token', {
      ...caller.keys,
      grant_type: 'authorization_code',
      redirect_uri: caller.redirect,
      code: new URL(redirectedTo).searchParams.get('code') ?? '',
    });
  }

  const long = (token: string) =>
    caller.call('GET', `${host}/access_token`, {
      grant_type: 'ig_exchange_token',
      client_secret: caller.keys.client_secret,
      access_token: token,
    });
  const refresh = (token: string) =>
    caller.call('GET', `${host}/refresh_access_token`, {
      grant_type: 'ig_refresh_token',
      access_token: token,
    });

  it('answers flat with a number too long for a float, or wrapped with text', async () => {
    const flat = await signIn();
    expect(flat.text).toContain('"user_id":17841405000000000101');
    await caller.quirks({ wrapped: true });
    expect((await signIn()).body).toEqual({
      data: [expect.objectContaining({ user_id: '17841405000000000101', permissions: expect.any(String) })],
    });
  });

  it('refuses codes in a shape of its own', async () => {
    const reply = await caller.call('POST', 'https://api.instagram.com/oauth/access_token', {
      ...caller.keys,
      code: 'x',
    });
    expect([reply.status, reply.body]).toEqual([
      400,
      {
        error_type: 'OAuthException',
        code: 400,
        error_message: 'Matching code was not found or was already used',
      },
    ]);
  });

  it('renews a token after a day and within sixty', async () => {
    const { body } = await long(String((await signIn()).body['access_token']));
    const token = String(body['access_token']);
    expect(body['expires_in']).toBe(5_183_999);
    expect((await refresh(token)).text).toContain('at least 24 hours');
    caller.clock.advance(25 * HOUR);
    expect((await refresh(token)).status).toBe(200);
    caller.clock.advance(60 * 24 * HOUR);
    expect(errorOf(await refresh(token))).toBe('190/463');
  });

  it('takes no token of the other family, nor uploads', async () => {
    const token = String((await long(String((await signIn()).body['access_token']))).body['access_token']);
    expect(errorOf(await caller.call('GET', `${host}/v26.0/me`, { access_token }))).toBe('190');
    expect(errorOf(await caller.call('GET', `${caller.graph}/me`, { access_token: token }))).toBe('190');
    const refused = await caller.call('POST', `${host}/v26.0/me/media`, {
      access_token: token,
      media_type: 'REELS',
      upload_type: 'resumable',
    });
    expect(refused.body['error']).toMatchObject({
      type: 'IGApiException',
      code: 100,
      message: 'The parameter video_url is required',
    });
  });

  it('fetches a hosted file: one try, and the content is judged later', async () => {
    const token = String((await long(String((await signIn()).body['access_token']))).body['access_token']);
    const hosted = {
      'https://cdn.example/a.mp4': { bytes: bytes.toString('base64') },
      'https://cdn.example/slow.mp4': { bytes: '', slow: true },
      'https://cdn.example/page.mp4': { fails: 'html' },
      'https://cdn.example/plain.mp4': { fails: 'no-range' },
      'https://cdn.example/robots.mp4': { fails: 'robots' },
    };
    await caller.quirks({ hosted });
    const make = (video_url: string) =>
      caller.call('POST', `${host}/v26.0/${caller.accountId}/media`, {
        access_token: token,
        media_type: 'REELS',
        video_url,
      });
    const read = async (reply: Reply) =>
      (
        await caller.call('GET', `${host}/v26.0/${String(reply.body['id'])}`, {
          access_token: token,
          fields: 'status,status_code',
        })
      ).body;
    const good = await make('https://cdn.example/a.mp4');
    expect(good.body).toEqual({ id: expect.any(String) });
    caller.clock.advance(12_000);
    expect((await read(good))['status_code']).toBe('FINISHED');
    for (const gone of ['slow', 'robots', 'missing'])
      expect(errorOf(await make(`https://cdn.example/${gone}.mp4`))).toBe('9004/2207052');
    expect(await read(await make('https://cdn.example/page.mp4'))).toMatchObject({
      status_code: 'ERROR',
      status: expect.stringContaining('2207077'),
    });
    expect((await read(await make('https://cdn.example/plain.mp4')))['status']).toContain('2207076');
    expect(errorOf(await make('https://cdn.example/ä.mp4'))).toBe('100');
  });
});
