import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from './meta-caller.ts';
import { debugOf, errorOf, openCaller } from './meta-caller.ts';

const HOUR = 3_600_000;
const bytes = Buffer.from('0123456789');
let caller: Caller;
let access_token: string;

beforeEach(async () => {
  caller = openCaller('facebook');
  access_token = await caller.pageToken();
});

const post = (values: Record<string, string>, edge = 'video_reels') =>
  caller.call('POST', `${caller.graph}/${caller.accountId}/${edge}`, { access_token, ...values });
const read = async (id: string, fields = 'status,published,permalink_url') =>
  (await caller.call('GET', `${caller.graph}/${id}`, { access_token, fields })).body;
const send = (url: string, headers: Record<string, string>, body: Buffer = bytes, complete = true) =>
  caller.call(
    'POST',
    url,
    {},
    { headers: { authorization: `OAuth ${access_token}`, ...headers }, body, complete },
  );
const finish = (video_id: string, more: Record<string, string> = {}) =>
  post({ upload_phase: 'finish', video_id, video_state: 'PUBLISHED', description: 'One', ...more });

async function start(): Promise<{ id: string; url: string }> {
  const { body } = await post({ upload_phase: 'start' });
  return { id: String(body['video_id']), url: String(body['upload_url']) };
}

async function uploaded(): Promise<string> {
  const { id, url } = await start();
  await send(url, { offset: '0', file_size: '10' });
  return id;
}

describe('a reel', () => {
  it('is a receipt long before it is out', async () => {
    const id = await uploaded();
    expect((await finish(id)).body).toMatchObject({ success: true });
    expect(caller.sandbox.posts()).toEqual([]);
    expect(await read(id)).toMatchObject({ published: false, status: { video_status: 'processing' } });
    expect(await read(id)).not.toHaveProperty('permalink_url');
    caller.clock.advance(12_000);
    expect(await read(id)).toMatchObject({
      published: true,
      permalink_url: `/reel/${id}/`,
      status: { publishing_phase: { status: 'complete', publish_status: 'published' } },
    });
    expect(caller.sandbox.posts()).toEqual([expect.objectContaining({ id, text: 'One', bytes: 10 })]);
  });

  it.each([
    ['schema', 'complete', 'bytes_transferred', 'errors'],
    ['documented', 'completed', 'bytes_transfered', 'error'],
  ])('reads in the spelling of the %s', async (spelling, done, counter, failure) => {
    await caller.quirks({ spelling, processingError: '1363128' });
    const id = await uploaded();
    expect(await read(id)).toMatchObject({ status: { uploading_phase: { status: done, [counter]: 10 } } });
    await finish(id);
    caller.clock.advance(12_000);
    const { status } = (await read(id)) as unknown as { status: Record<string, Record<string, unknown>> };
    expect(status['processing_phase']).toHaveProperty(failure);
    expect(JSON.stringify(status)).toContain('1363128');
    expect(caller.sandbox.posts()).toEqual([]);
  });

  it('can’t be finished before its bytes are there, nor twice', async () => {
    const { id, url } = await start();
    expect(errorOf(await finish(id))).toBe('6000');
    await send(url, { offset: '0', file_size: '10' }, bytes.subarray(0, 4), false);
    expect(errorOf(await finish(id))).toBe('6000');
    expect(debugOf(await send(url, { offset: '0', file_size: '10' }))).toBe('OffsetInvalidError');
    await send(url, { offset: '4', file_size: '10' }, bytes.subarray(4));
    expect((await finish(id)).status).toBe(200);
    expect(errorOf(await finish(id))).toBe('100');
    expect(caller.sandbox.complaints()).toHaveLength(1);
  });

  it('can be taken with the answer lost', async () => {
    await caller.quirks({ publishAnswers: ['posted-503'] });
    const id = await uploaded();
    const reply = await finish(id);
    expect([reply.status, errorOf(reply)]).toEqual([503, '2']);
    caller.clock.advance(12_000);
    expect(caller.sandbox.posts()).toHaveLength(1);
  });

  it('can be unreadable while it is fresh', async () => {
    await caller.quirks({ unreadableMs: 30_000 });
    const { id } = await start();
    expect(await read(id)).toHaveProperty('error.code', 100);
    caller.clock.advance(30_000);
    expect(await read(id)).toMatchObject({ status: { video_status: 'uploading' } });
  });

  it('expires a day after an unfinished start', async () => {
    const id = await uploaded();
    caller.clock.advance(24 * HOUR);
    expect(await read(id)).toMatchObject({ status: { video_status: 'expired' } });
    expect(errorOf(await finish(id))).toBe('6000');
  });

  it('is one of thirty in 24 hours', async () => {
    for (let n = 0; n < 30; n += 1) expect((await finish(await uploaded())).status).toBe(200);
    expect(errorOf(await finish(await uploaded()))).toBe('613');
    caller.clock.advance(24 * HOUR);
    expect((await finish(await uploaded())).status).toBe(200);
  });

  it('is listed late, without drafts', async () => {
    await finish(await uploaded());
    await finish(await uploaded(), { video_state: 'DRAFT' });
    const list = async () =>
      (await caller.call('GET', `${caller.graph}/${caller.accountId}/video_reels`, { access_token })).body[
        'data'
      ];
    caller.clock.advance(12_000);
    expect(await list()).toEqual([]);
    caller.clock.advance(20_000);
    expect(await list()).toHaveLength(1);
  });
});

describe('a hosted file', () => {
  it('is fetched in its own time; finish before that finds none', async () => {
    await caller.quirks({
      hosted: { 'https://cdn.example/a.mp4': { bytes: bytes.toString('base64'), slow: true } },
    });
    const { id, url } = await start();
    await send(url, { file_url: 'https://cdn.example/a.mp4' }, Buffer.alloc(0));
    expect(errorOf(await finish(id))).toBe('6000');
    caller.clock.advance(12_000);
    expect((await finish(id)).status).toBe(200);
  });

  it('is refused where robots.txt forbids it', async () => {
    await caller.quirks({ hosted: { 'https://cdn.example/a.mp4': { fails: 'robots' } } });
    const { url } = await start();
    expect(debugOf(await send(url, { file_url: 'https://cdn.example/a.mp4' }, Buffer.alloc(0)))).toBe(
      'ProcessingFailedError',
    );
  });

  it('sent to /videos ends as a draft', async () => {
    await caller.quirks({ hosted: { 'https://cdn.example/a.mp4': { bytes: bytes.toString('base64') } } });
    const { body } = await post({ file_url: 'https://cdn.example/a.mp4', published: 'true' }, 'videos');
    caller.clock.advance(HOUR);
    expect(await read(String(body['id']))).toMatchObject({
      published: false,
      status: { publishing_phase: { publish_status: 'draft' } },
    });
    expect(caller.sandbox.posts()).toEqual([]);
  });
});

describe('refusals', () => {
  it('for want of a task, a right or a live token', async () => {
    await caller.pull('account', { account: '@creator', tasks: ['ANALYZE'] });
    expect((await post({ upload_phase: 'start' })).text).toContain('No permission to publish the video');
    await caller.pull('account', { account: '@creator', tasks: ['CREATE_CONTENT'] });
    access_token = await caller.pageToken({ without: ['pages_manage_posts'] });
    expect((await post({ upload_phase: 'start' })).text).toContain('pages_manage_posts');
    access_token = await caller.pageToken();
    const id = await uploaded();
    await caller.pull('revoke', { which: 'page' });
    expect(errorOf(await finish(id))).toBe('190/460');
    await caller.pull('app', { blocked: true });
    expect((await finish(id)).text).toContain('API access blocked.');
  });

  it('for too many calls, with the Page’s minutes', async () => {
    await caller.quirks({ usagePercent: 100, usageMinutes: 9, usageError: '80001' });
    const reply = await post({ upload_phase: 'start' });
    expect([reply.status, errorOf(reply)]).toEqual([400, '80001']);
    expect(reply.headers['x-business-use-case-usage']).toBe(
      `{"${caller.accountId}":[{"type":"pages","call_count":100,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":9}]}`,
    );
  });

  it('bytes with the person’s token, or another Page’s', async () => {
    const { url } = await start();
    const whole = { offset: '0', file_size: '10' };
    for (const other of [await caller.userToken(), await caller.pageToken({ account: '@second' })])
      expect(debugOf(await send(url, { ...whole, authorization: `OAuth ${other}` }))).toBe(
        'ProcessingFailedError',
      );
  });
});

it('each of the two simulators answers its own requests on the common hosts', async () => {
  await uploaded();
  const other = openCaller('instagram');
  await other.pageToken();
  expect(new Set(caller.sandbox.requests().map(({ platform }) => platform))).toEqual(new Set(['facebook']));
  const graphCalls = other.sandbox.requests().filter(({ origin }) => origin.includes('graph'));
  expect(new Set(graphCalls.map(({ platform }) => platform))).toEqual(new Set(['instagram']));
});
