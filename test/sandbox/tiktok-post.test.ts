import { beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createTiktok } from '../../src/sandbox/tiktok.ts';

// A verifier and its challenge, computed outside of this code.
const verifier = 'repost-desktop-pkce-vector-0123456789-ABCDEFGHIJKL._~';
const challenge = 'e3973d88dfac26476fb6868605cb1783bd384fc6bc4fbc2abdf177894b28a2a5';
const redirectUri = 'http://127.0.0.1:53412/callback/';
const api = 'https://open.tiktokapis.com/v2';
const MB = 1_000_000;

let clock: TestClock;
let sandbox: Sandbox;
let token: string;

type Json = Record<string, unknown> & { data?: Record<string, never>; error?: { code: string } };

async function ask(
  method: string,
  url: string,
  how: { headers?: Record<string, string>; body?: Buffer | string },
) {
  const { origin, pathname, searchParams } = new URL(url);
  const answer = await sandbox.dispatch({
    origin,
    method,
    path: pathname,
    query: searchParams,
    headers: how.headers ?? {},
    body: Buffer.from(how.body ?? ''),
    complete: true,
  });
  if ('cut' in answer) throw new Error(answer.cut);
  const text = answer.body.toString();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: (text === '' ? {} : JSON.parse(text)) as Json,
  };
}

async function signIn(scope = 'user.info.basic,video.list,video.publish,video.upload', account?: string) {
  const query = new URLSearchParams({
    client_key: 'sandbox-tiktok-id',
    response_type: 'code',
    scope,
    redirect_uri: redirectUri,
    state: 'st',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const url = `https://www.tiktok.com/v2/auth/authorize/?${query}`;
  const { redirectedTo } = await approveWithin(sandbox, url, account === undefined ? {} : { account });
  const body = new URLSearchParams({
    client_key: 'sandbox-tiktok-id',
    client_secret: 'sandbox-tiktok-secret',
    grant_type: 'authorization_code',
    code: new URL(redirectedTo).searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: verifier,
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return (await ask('POST', `${api}/oauth/token/`, { headers, body })).json['access_token'] as string;
}

const call = (path: string, json: unknown = {}, bearer = token) =>
  ask('POST', `${api}/post/publish/${path}/`, {
    headers: { 'content-type': 'application/json; charset=UTF-8', authorization: `Bearer ${bearer}` },
    body: JSON.stringify(json),
  });

const quirk = (name: string, value: unknown) => sandbox.control('tiktok', 'quirk', { name, value });

const info = { title: 'A ride', privacy_level: 'PUBLIC_TO_EVERYONE' };
const source = (size: number, chunk = size, count = Math.floor(size / chunk)) => ({
  source: 'FILE_UPLOAD',
  video_size: size,
  chunk_size: chunk,
  total_chunk_count: count,
});
const init = (size: number, chunk?: number, count?: number) =>
  call('video/init', { post_info: info, source_info: source(size, chunk, count) });

async function begun(size: number, chunk?: number) {
  const { json } = await init(size, chunk);
  const { publish_id: id, upload_url: url } = json.data as unknown as {
    publish_id: string;
    upload_url: string;
  };
  const put = (first: number, last: number, headers: Record<string, string> = {}) =>
    ask('PUT', url, {
      headers: { 'content-type': 'video/mp4', 'content-range': `bytes ${first}-${last}/${size}`, ...headers },
      body: Buffer.alloc(last - first + 1, 'v'),
    });
  const status = async () =>
    (await call('status/fetch', { publish_id: id })).json.data as Record<string, unknown>;
  return { id, url, put, status };
}

beforeEach(async () => {
  clock = new TestClock();
  sandbox = createSandbox({ clock, seed: 11, simulators: [createTiktok] });
  token = await signIn();
});

describe('the simulated Content Posting API', () => {
  it('tells what a creator may post', async () => {
    expect((await call('creator_info/query')).json.data).toEqual({
      creator_avatar_url: expect.any(String),
      creator_username: 'creator',
      creator_nickname: 'Creator',
      privacy_level_options: ['PUBLIC_TO_EVERYONE', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'],
      comment_disabled: false,
      duet_disabled: false,
      stitch_disabled: false,
      max_video_post_duration_sec: 600,
    });
    await sandbox.control('tiktok', 'account', { private: true, maxSeconds: 60 });
    expect((await call('creator_info/query')).json.data).toMatchObject({
      privacy_level_options: ['FOLLOWER_OF_CREATOR', 'MUTUAL_FOLLOW_FRIENDS', 'SELF_ONLY'],
      duet_disabled: true,
      max_video_post_duration_sec: 60,
    });
  });

  it('wants the right for it', async () => {
    const reader = await signIn('user.info.basic,video.list');
    for (const path of ['creator_info/query', 'video/init', 'inbox/video/init', 'status/fetch'])
      expect((await call(path, {}, reader)).json.error?.code).toBe('scope_not_authorized');
  });

  it.each([
    ['whole, small', 3_145_728, undefined, undefined, 'ok'],
    ['whole, 64 MB', 64 * MB, undefined, undefined, 'ok'],
    ['whole, larger', 64 * MB + 1, undefined, undefined, 'invalid_params'],
    ['TikTok’s own example', 50_000_123, 10 * MB, 5, 'ok'],
    ['a lone chunk that is not the whole', 66_259_900, 64 * MB, 1, 'invalid_params'],
    ['one chunk too many', 50_000_123, 10 * MB, 6, 'invalid_params'],
    ['chunks too small', 50 * MB, 5 * MB, 10, 'invalid_params'],
    ['chunks too large', 200 * MB, 65 * MB, 3, 'invalid_params'],
    ['4 GiB', 4 * 2 ** 30, 10 * MB, 429, 'ok'],
    ['more', 4 * 2 ** 30 + 1, 10 * MB, 429, 'invalid_params'],
  ])('takes plans by the rules: %s', async (_name, size, chunk, count, code) => {
    expect((await init(size, chunk, count)).json.error?.code).toBe(code);
  });

  it.each([
    ['no audience', { privacy_level: undefined }, 400, 'invalid_params'],
    [
      'an audience that is not offered',
      { privacy_level: 'FOLLOWER_OF_CREATOR' },
      403,
      'privacy_level_option_mismatch',
    ],
    ['a title too long', { title: 'x'.repeat(2201) }, 400, 'invalid_params'],
    [
      'a paid partnership for oneself',
      { privacy_level: 'SELF_ONLY', brand_content_toggle: true },
      400,
      'invalid_params',
    ],
  ])('refuses %s', async (_name, change, status, code) => {
    const answer = await call('video/init', { post_info: { ...info, ...change }, source_info: source(1000) });
    expect([answer.status, answer.json.error?.code]).toEqual([status, code]);
  });

  it('lets an app without audit post to private accounts for their owner only', async () => {
    await quirk('audited', false);
    const self = { post_info: { ...info, privacy_level: 'SELF_ONLY' }, source_info: source(1000) };
    expect((await init(1000)).json.error?.code).toBe('unaudited_client_can_only_post_to_private_accounts');
    expect((await call('video/init', self)).json.error?.code).toBe(
      'unaudited_client_can_only_post_to_private_accounts',
    );
    await sandbox.control('tiktok', 'account', { private: true });
    const closed = { ...self.post_info, disable_duet: true, disable_stitch: true };
    expect((await call('video/init', { ...self, post_info: closed })).json.error?.code).toBe('ok');
  });

  it('takes chunks in their order and says how far it is', async () => {
    const { put, status } = await begun(25 * MB, 10 * MB);
    expect(await status()).toMatchObject({ status: 'PROCESSING_UPLOAD', uploaded_bytes: 0 });
    expect((await put(10 * MB, 25 * MB - 1)).status).toBe(416);
    const first = await put(0, 10 * MB - 1);
    expect([first.status, first.headers['content-range']]).toEqual([206, 'bytes 0-10000000/25000000']);
    expect(await status()).toMatchObject({ uploaded_bytes: 10 * MB });
    expect((await put(0, 10 * MB - 1)).status).toBe(416);
    expect((await put(10 * MB, 25 * MB - 1)).status).toBe(201);
    expect(sandbox.complaints()).toEqual([]);
  });

  it('refuses what is no chunk', async () => {
    const { put, url } = await begun(1000);
    expect((await put(0, 999, { 'content-range': 'bytes 0-998/1000' })).status).toBe(400);
    expect((await put(0, 999, { 'content-type': 'text/plain' })).status).toBe(400);
    expect((await ask('PUT', `${new URL(url).origin}/video/?upload_token=x`, {})).status).toBe(404);
    expect((await put(0, 999, { authorization: 'Bearer act.x' })).status).toBe(201);
    expect(sandbox.complaints()).toHaveLength(1);
  });

  it('ends an address after an hour', async () => {
    const { put } = await begun(1000);
    clock.advance(HOUR);
    expect((await put(0, 999)).status).toBe(403);
  });

  it('publishes after processing, and tells the id after moderation', async () => {
    const { put, status } = await begun(1000);
    await put(0, 999);
    expect((await put(0, 999)).status).toBe(404);
    expect(sandbox.posts()[0]).toMatchObject({ text: 'A ride', visible: false });
    clock.advance(20 * SECOND);
    expect(await status()).toEqual({ status: 'PUBLISH_COMPLETE', uploaded_bytes: 1000, downloaded_bytes: 0 });
    clock.advance(40 * SECOND);
    const [post] = sandbox.posts();
    const { text } = await call('status/fetch', {
      publish_id: ((await sandbox.control('tiktok', 'uploads')) as { id: string }[])[0]?.id,
    });
    // An integer beyond what a float can hold.
    expect(text).toContain(`"publicaly_available_post_id":[${post?.id}]`);
    expect(post).toMatchObject({ visible: true, bytes: 1000 });
  });

  it('fails what it is told to fail', async () => {
    await quirk('failTimes', 1);
    await quirk('failReason', 'frame_rate_check_failed');
    const { put, status } = await begun(1000);
    await put(0, 999);
    clock.advance(MINUTE);
    expect(await status()).toMatchObject({ status: 'FAILED', fail_reason: 'frame_rate_check_failed' });
    expect(sandbox.posts()).toEqual([]);
  });

  it('knows no strange status', async () => {
    expect((await call('status/fetch', { publish_id: 'v_pub_file~1' })).json.error?.code).toBe(
      'invalid_publish_id',
    );
    const { id } = await begun(1000);
    const other = await signIn(undefined, '@second');
    expect((await call('status/fetch', { publish_id: id }, other)).json.error?.code).toBe(
      'token_not_authorized_for_specified_publish_id',
    );
  });

  it('counts: six beginnings and thirty looks a minute, fifteen posts a day', async () => {
    for (let n = 0; n < 6; n += 1) expect((await init(1000)).status).toBe(200);
    expect((await init(1000)).json.error?.code).toBe('rate_limit_exceeded');
    for (let n = 0; n < 20; n += 1) expect((await call('creator_info/query')).status).toBe(200);
    expect((await call('creator_info/query')).status).toBe(429);
    for (let n = 0; n < 15; n += 1) {
      clock.advance(MINUTE);
      await (await begun(1000)).put(0, 999);
    }
    clock.advance(MINUTE);
    expect((await init(1000)).json.error?.code).toBe('spam_risk_too_many_posts');
  });

  it('lays drafts into the inbox, five at most', async () => {
    for (let n = 0; n < 5; n += 1) {
      clock.advance(MINUTE);
      const { json } = await call('inbox/video/init', { source_info: source(1000) });
      const { upload_url: url } = json.data as unknown as { upload_url: string };
      const headers = { 'content-type': 'video/mp4', 'content-range': 'bytes 0-999/1000' };
      expect((await ask('PUT', url, { headers, body: Buffer.alloc(1000) })).status).toBe(201);
    }
    clock.advance(MINUTE);
    const full = await call('inbox/video/init', { source_info: source(1000) });
    expect(full.json.error?.code).toBe('spam_risk_too_many_pending_share');
    expect(sandbox.posts().every(({ visible }) => !visible)).toBe(true);
    const { state, video } = (await sandbox.control('tiktok', 'finishDraft', { caption: 'mine' })) as Record<
      string,
      string
    >;
    expect(state).toBe('complete');
    expect(sandbox.posts().find(({ id }) => id === video)).toMatchObject({ text: 'mine', visible: true });
  });
});
