import { beforeEach, describe, expect, it } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { createBucket } from '../../src/sandbox/bucket.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createThreads } from '../../src/sandbox/threads.ts';
import type { Simulator, SimulatorFactory } from '../../src/sandbox/types.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const redirect = 'https://localhost:8443/callback';
const scope = 'threads_basic,threads_content_publish,threads_delete';

type Json = Record<string, unknown>;
interface Reply {
  status: number;
  body: Json;
  text: string;
}

/** Somebody's web server, as good or bad as the test wants it. */
interface Web {
  status: number;
  type: string;
  ranges: boolean;
  head: number;
  asked: string[];
}

let clock: TestClock;
let sandbox: Sandbox;
let web: Web;
let token: string;
const video = Buffer.alloc(2500, 'film');

const createWeb: SimulatorFactory = (): Simulator => ({
  platform: 'bucket',
  origins: ['https://web.example'],
  handle({ method, path, headers }) {
    web.asked.push(`${method} ${path} ${headers['range'] ?? ''}`.trim());
    if (path === '/robots.txt') return { status: 404 };
    if (method === 'HEAD') return { status: web.head, headers: { 'content-type': web.type } };
    if (web.status !== 200) return { status: web.status };
    const [, from = '0', to = '0'] = /bytes=(\d+)-(\d+)/u.exec(headers['range'] ?? '') ?? [];
    const end = Math.min(Number(to), video.length - 1);
    const range = { 'content-range': `bytes ${from}-${end}/${video.length}`, 'content-type': web.type };
    return web.ranges
      ? { status: 206, headers: range, body: video.subarray(Number(from), end + 1) }
      : { status: 200, headers: { 'content-type': web.type }, body: video };
  },
  posts: () => [],
  controls: {},
});

async function call(method: string, path: string, values: Record<string, string> = {}, host = 'net') {
  const url = new URL(path, `https://graph.threads.${host}`);
  const isForm = method === 'POST';
  if (!isForm) for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  const answer = await sandbox.dispatch({
    origin: url.origin,
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: {
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    body: Buffer.from(isForm ? new URLSearchParams(values).toString() : ''),
    complete: true,
  });
  if ('cut' in answer) throw new Error(answer.cut);
  const text = answer.body.toString();
  const body = text.startsWith('{') ? (JSON.parse(text) as Json) : {};
  return { status: answer.status, body, text } satisfies Reply;
}

const errorOf = ({ body }: Reply) => (body['error'] ?? {}) as Json;
const quirks = (change: object) => sandbox.control('threads', 'quirks', change);
const create = (more: Record<string, string> = {}) =>
  call('POST', '/v1.0/me/threads', { media_type: 'VIDEO', video_url: 'https://web.example/a.mp4', ...more });
const statusOf = async (id: unknown) =>
  (await call('GET', `/v1.0/${String(id)}`, { fields: 'id,status,error_message' })).body;
const publish = (id: unknown) => call('POST', '/v1.0/me/threads_publish', { creation_id: String(id) });

async function code(): Promise<string> {
  const url = new URL('https://www.threads.com/oauth/authorize');
  const query = { client_id: 'sandbox-threads-id', redirect_uri: redirect, scope, response_type: 'code' };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { redirectedTo } = await approveWithin(sandbox, url.href);
  expect(redirectedTo).toMatch(/#_$/u);
  return new URL(redirectedTo).searchParams.get('code') ?? '';
}

beforeEach(async () => {
  clock = new TestClock();
  web = { status: 200, type: 'video/mp4', ranges: true, head: 200, asked: [] };
  sandbox = createSandbox({ clock, seed: 5, simulators: [createThreads, createWeb, createBucket] });
  token = '';
  const short = await call('POST', '/oauth/access_token', {
    client_id: 'sandbox-threads-id',
    client_secret: 'sandbox-threads-secret',
    grant_type: 'authorization_code',
    redirect_uri: redirect,
    code: await code(),
  });
  // A bare number that a float can't hold.
  expect(short.text).toMatch(/"user_id":26100000000000000101[,}]/u);
  const long = await call('GET', '/access_token', {
    grant_type: 'th_exchange_token',
    client_secret: 'sandbox-threads-secret',
    access_token: String(short.body['access_token']),
  });
  expect(long.body).toMatchObject({ token_type: 'bearer', expires_in: 5_184_000 });
  token = String(long.body['access_token']);
  await quirks({ notFoundYet: 0 });
});

describe('the crawler', () => {
  it('asks for robots, the head and ranges, and keeps what it finds', async () => {
    const { body } = await create({ text: 'Hello' });
    expect(web.asked).toEqual(['GET /robots.txt', 'HEAD /a.mp4', 'GET /a.mp4 bytes=0-999999']);
    clock.advance(MINUTE);
    expect(await statusOf(body['id'])).toEqual({ id: body['id'], status: 'FINISHED' });
    expect((await publish(body['id'])).status).toBe(200);
    expect(sandbox.posts()[0]).toMatchObject({ bytes: video.length, text: 'Hello', platform: 'threads' });
  });

  it.each([
    ['is gone', { status: 404, head: 404 }],
    ['is a page', { type: 'text/html' }],
    ['has no ranges', { ranges: false }],
    ['moved', { status: 302, head: 302 }],
  ])('fails where the file %s: late, or at once', async (_what, change) => {
    Object.assign(web, change);
    const { body } = await create();
    clock.advance(MINUTE);
    expect(await statusOf(body['id'])).toMatchObject({
      status: 'ERROR',
      error_message: 'FAILED_DOWNLOADING_VIDEO',
    });
    await quirks({ fetchFails: 'UNKNOWN' });
    const other = await create();
    clock.advance(MINUTE);
    expect(await statusOf(other.body['id'])).toMatchObject({ error_message: 'UNKNOWN' });
    await quirks({ fetchFails: 'at-once' });
    const last = await create();
    if (!('type' in change)) expect(errorOf(last)).toMatchObject({ code: 1, error_subcode: 2_207_052 });
    else expect(last.status).toBe(200);
  });

  it('passes a refused HEAD over, and comes when it is its time', async () => {
    web.head = 403;
    await quirks({ crawlAfterMs: MINUTE });
    const { body } = await create();
    expect(web.asked).toEqual([]);
    clock.advance(2 * MINUTE);
    await statusOf(body['id']);
    expect(web.asked).toHaveLength(3);
    // An address that vanished before it came is a failure.
    const late = await create();
    web.status = 404;
    clock.advance(2 * MINUTE);
    await statusOf(late.body['id']);
    clock.advance(MINUTE);
    expect(await statusOf(late.body['id'])).toMatchObject({ status: 'ERROR' });
  });

  it('finds nobody at an address that is not simulated', async () => {
    const { body } = await create({ video_url: 'https://nowhere.example/a.mp4' });
    clock.advance(MINUTE);
    expect(await statusOf(body['id'])).toMatchObject({ status: 'ERROR' });
  });
});

describe('a container', () => {
  it('is in progress, finished, published, and expires after a day', async () => {
    const { body } = await create();
    expect(await statusOf(body['id'])).toMatchObject({ status: 'IN_PROGRESS' });
    clock.advance(MINUTE);
    expect(await statusOf(body['id'])).toMatchObject({ status: 'FINISHED' });
    await publish(body['id']);
    expect(await statusOf(body['id'])).toMatchObject({ status: 'PUBLISHED' });
    const other = await create();
    clock.advance(24 * HOUR);
    expect(await statusOf(other.body['id'])).toMatchObject({ status: 'EXPIRED' });
  });

  it('is not found by publishing: too early, a second time, for the first calls, once lost, by a wrong id', async () => {
    const { body } = await create();
    const missing = { code: 24, error_subcode: 4_279_009, is_transient: false };
    expect(errorOf(await publish(body['id']))).toMatchObject(missing);
    clock.advance(MINUTE);
    await quirks({ notFoundYet: 2 });
    expect(errorOf(await publish(body['id']))).toMatchObject(missing);
    expect(errorOf(await publish(body['id']))).toMatchObject(missing);
    expect((await publish(body['id'])).status).toBe(200);
    expect(errorOf(await publish(body['id']))).toMatchObject(missing);
    expect(errorOf(await publish('1'))).toMatchObject(missing);
    const lost = await create();
    clock.advance(MINUTE);
    await quirks({ lostBefore: clock.now() });
    expect(errorOf(await publish(lost.body['id']))).toMatchObject(missing);
    expect(sandbox.posts()).toHaveLength(1);
  });

  it('refuses texts and values by Threads’ own count', async () => {
    const refused = async (more: Record<string, string>) => errorOf(await create(more));
    expect((await refused({ text: 'x'.repeat(501) }))['message']).toBe(
      'Param text must be at most 500 characters long.',
    );
    expect(await refused({ text: 'x'.repeat(500) })).toEqual({});
    expect((await refused({ text: `${'x'.repeat(497)}😀` }))['code']).toBe(100);
    expect(await refused({ text: `${'x'.repeat(496)}😀` })).toEqual({});
    const links = (count: number) =>
      Array.from({ length: count }, (_, n) => `https://e.example/${n}`).join(' ');
    expect(await refused({ text: links(5) })).toEqual({});
    expect((await refused({ text: links(6) }))['message']).toBe('THREADS_API__LINK_LIMIT_EXCEEDED');
    for (const more of [{ topic_tag: 'a.b' }, { topic_tag: 'x'.repeat(51) }, { reply_control: 'nobody' }])
      expect((await refused(more as Record<string, string>))['code']).toBe(100);
    expect((await refused({ media_type: 'REELS' }))['code']).toBe(100);
    expect(sandbox.complaints()).toEqual([]);
    await refused({ caption: 'x' });
    expect(sandbox.complaints()[0]?.what).toContain('caption');
  });
});

describe('posts', () => {
  it('are listed late, page by page, on both hosts, and have no status', async () => {
    for (let n = 0; n < 3; n += 1)
      await sandbox.control('threads', 'post', {
        account: '@creator',
        text: `Post ${n}`,
        at: clock.now() + n,
      });
    const fields = 'id,text';
    expect((await call('GET', '/v1.0/me/threads', { fields })).body['data']).toEqual([]);
    clock.advance(MINUTE);
    const first = await call('GET', '/v1.0/me/threads', { fields, limit: '2' }, 'com');
    const page = first.body as { data: Json[]; paging: { cursors: { after: string }; next: string } };
    expect(page.data.map(({ text }) => text)).toEqual(['Post 2', 'Post 1']);
    const after = page.paging.cursors.after;
    const rest = await call('GET', '/v1.0/me/threads', { fields, limit: '2', after });
    expect((rest.body['data'] as Json[]).map(({ text }) => text)).toEqual(['Post 0']);
    const asked = await call('GET', `/v1.0/${String(page.data[0]?.['id'])}`, { fields: 'id,status' });
    expect(errorOf(asked)).toMatchObject({
      type: 'THApiException',
      code: 100,
      message: 'Tried accessing nonexisting field (status)',
    });
  });

  it('count in a moving day of 250, and a deleted one gives none back', async () => {
    await quirks({ quotaTotal: 2, processingMs: 0 });
    const ids: unknown[] = [];
    for (let n = 0; n < 2; n += 1) ids.push((await publish((await create()).body['id'])).body['id']);
    const third = (await create()).body['id'];
    expect(errorOf(await publish(third))).toMatchObject({ code: 9 });
    expect((await call('DELETE', `/v1.0/${String(ids[0])}`)).body).toEqual({
      success: true,
      deleted_id: ids[0],
    });
    const limit = await call('GET', '/v1.0/me/threads_publishing_limit', { fields: 'quota_usage,config' });
    expect((limit.body['data'] as Json[])[0]).toEqual({
      quota_usage: 2,
      config: { quota_total: 2, quota_duration: 86_400 },
    });
    clock.advance(24 * HOUR - MINUTE);
    expect(errorOf(await publish((await create()).body['id']))).toMatchObject({ code: 9 });
    clock.advance(2 * MINUTE);
    expect((await publish((await create()).body['id'])).status).toBe(200);
  });

  it.each(['posted-500', 'posted-4/2207051', 'posted-garbage'])(
    'go live although the answer says otherwise: %s',
    async (answer) => {
      await quirks({ processingMs: 0, publishAnswers: [answer] });
      const reply = await publish((await create()).body['id']);
      expect(reply.body['id']).toBeUndefined();
      expect(sandbox.posts()).toHaveLength(1);
    },
  );
});

describe('tokens', () => {
  it('are refused when old, revoked or of nobody, and calls when there are too many', async () => {
    const me = () => call('GET', '/v1.0/me', { fields: 'id,username' });
    expect((await me()).body).toEqual({ id: '26100000000000000101', username: 'creator' });
    await quirks({ tooManyCalls: 1, usagePercent: 80 });
    expect((await me()).status).toBe(429);
    expect(errorOf(await call('GET', '/v1.0/me', { fields: 'nothing' }))['type']).toBe('THApiException');
    await sandbox.control('threads', 'revoke');
    expect(errorOf(await me())).toMatchObject({ code: 190, error_subcode: 460 });
    await quirks({ revokedAs100: true });
    expect(errorOf(await me())).toMatchObject({ code: 100 });
    token = 'THAAnobody';
    expect(errorOf(await me())).toMatchObject({ code: 190 });
  });

  it('are not renewed within a day, nor after sixty', async () => {
    const renew = () =>
      call('GET', '/refresh_access_token', { grant_type: 'th_refresh_token', access_token: token });
    clock.advance(23 * HOUR);
    expect(errorOf(await renew())).toMatchObject({ code: 100 });
    clock.advance(2 * HOUR);
    expect((await renew()).body).toMatchObject({ expires_in: 5_184_000 });
    clock.advance(60 * 24 * HOUR);
    expect(errorOf(await renew())).toMatchObject({ code: 190, error_subcode: 463 });
  });
});
