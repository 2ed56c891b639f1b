import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import type { Choice } from '../../src/sandbox/person.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import type { Answer, Sandbox } from '../../src/sandbox/sandbox.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createTiktok } from '../../src/sandbox/tiktok.ts';

// A verifier and its challenges, computed outside of this code.
const verifier = 'repost-desktop-pkce-vector-0123456789-ABCDEFGHIJKL._~';
const hexChallenge = 'e3973d88dfac26476fb6868605cb1783bd384fc6bc4fbc2abdf177894b28a2a5';
const base64Challenge = '45c9iN-sJkdvtoaGBcsXg704T8a8T7wqvfF3iUsooqU';
const redirectUri = 'http://127.0.0.1:53412/callback/';
const scope = 'user.info.basic,user.info.profile,video.list';
const keys = { client_key: 'sandbox-tiktok-id', client_secret: 'sandbox-tiktok-secret' };

let clock: TestClock;
let sandbox: Sandbox;

beforeEach(() => {
  clock = new TestClock();
  sandbox = createSandbox({ clock, seed: 11, simulators: [createTiktok] });
});

type Json = Record<string, unknown>;

async function ask(
  method: string,
  url: string,
  options: {
    form?: Record<string, string>;
    json?: unknown;
    token?: string;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer & { json: Json }> {
  const { origin, pathname, searchParams } = new URL(url);
  const { form, json, token } = options;
  const headers: Record<string, string> = { ...options.headers };
  if (form) headers['content-type'] = 'application/x-www-form-urlencoded';
  if (json !== undefined) headers['content-type'] = 'application/json';
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  const body = form ? new URLSearchParams(form).toString() : json === undefined ? '' : JSON.stringify(json);
  const answer = await sandbox.dispatch({
    origin,
    method,
    path: pathname,
    query: searchParams,
    headers,
    body: Buffer.from(body),
    complete: true,
  });
  if ('cut' in answer) throw new Error(answer.cut);
  const isJson = answer.headers['content-type']?.startsWith('application/json') === true;
  return { ...answer, json: isJson ? (JSON.parse(answer.body.toString()) as Json) : {} };
}

const api = 'https://open.tiktokapis.com/v2';
const lever = (name: string, input?: unknown) => sandbox.control('tiktok', name, input);
const quirk = (name: string, value: unknown) => lever('quirk', { name, value });
const publish = async (input: Json = {}) =>
  (await lever('publish', input)) as { id: string; createTime: number };

function authorizeUrl(changes: Record<string, string | undefined> = {}): string {
  const url = new URL('https://www.tiktok.com/v2/auth/authorize/');
  const query: Record<string, string | undefined> = {
    client_key: keys.client_key,
    response_type: 'code',
    scope,
    redirect_uri: redirectUri,
    state: 'st',
    code_challenge: hexChallenge,
    code_challenge_method: 'S256',
    ...changes,
  };
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

async function consent(choice: Choice = {}, changes: Record<string, string | undefined> = {}) {
  const { redirectedTo } = await approveWithin(sandbox, authorizeUrl(changes), choice);
  return new URL(redirectedTo).searchParams;
}

const exchange = (code: string, changes: Record<string, string> = {}) =>
  ask('POST', `${api}/oauth/token/`, {
    form: {
      ...keys,
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
      ...changes,
    },
  });

const refresh = (token: unknown) =>
  ask('POST', `${api}/oauth/token/`, {
    form: { ...keys, grant_type: 'refresh_token', refresh_token: String(token) },
  });

const revoke = (token: unknown) =>
  ask('POST', `${api}/oauth/revoke/`, { form: { ...keys, token: String(token) } });

async function login(choice: Choice = {}) {
  const { json } = await exchange((await consent(choice)).get('code') ?? '');
  return json as { access_token: string; refresh_token: string; open_id: string; scope: string };
}

describe('the authorize page', () => {
  it.each([
    ['client_key', { client_key: 'unknown' }],
    ['redirect_uri', { redirect_uri: 'http://127.0.0.1:53412/callback' }],
    ['redirect_uri', { redirect_uri: 'http://localhost:53412/callback/' }],
    ['scope', { scope: 'user.info.basic video.list' }],
    ['code_challenge', { code_challenge: undefined }],
    ['code_challenge', { code_challenge: 'short' }],
    ['code_challenge_method', { code_challenge_method: 'plain' }],
  ])('answers a page that names %s, and sends nobody back', async (name, changes) => {
    const page = await ask('GET', authorizeUrl(changes));
    expect(page.status).toBe(200);
    expect(page.body.toString()).toContain(`TikTok: ${name}<`);
    expect(page.headers['location']).toBeUndefined();
  });

  it('grants all, or a part, or nothing', async () => {
    const all = await consent();
    expect([all.get('scopes'), all.get('state'), all.has('scope')]).toEqual([scope, 'st', false]);
    const part = await consent({ without: ['video.list', 'user.info.basic'] });
    expect(part.get('scopes')).toBe('user.info.basic,user.info.profile');
    const none = await consent({ deny: true });
    expect([none.get('error'), none.get('code'), none.get('state')]).toEqual(['access_denied', null, 'st']);
  });

  it('lets into an app in its sandbox only the target users', async () => {
    const app = sandbox.world.app('tiktok', keys.client_key);
    if (app) app.settings['targetUsers'] = ['@second'];
    await expect(consent({ account: '@creator' })).rejects.toThrow('target users');
    expect((await consent({ account: '@second' })).get('code')).toBeTruthy();
  });
});

describe('the token endpoint', () => {
  it('gives a flat answer with the documented lifetimes, and long tokens with odd characters', async () => {
    const { status, json } = await exchange((await consent()).get('code') ?? '');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      expires_in: 7200,
      refresh_expires_in: 15_552_000,
      scope,
      token_type: 'Bearer',
    });
    expect(json['access_token']).toMatch(/^act\..{100,}!\d+\.e2$/u);
    expect(json['access_token']).toContain('*');
    expect(json['refresh_token']).toMatch(/^rft\..{100,}$/u);
    expect(json['open_id']).toMatch(/^-000/u);
  });

  it('takes the hexadecimal challenge only', async () => {
    const code = (await consent({}, { code_challenge: base64Challenge })).get('code') ?? '';
    expect((await exchange(code)).json).toMatchObject({ error: 'invalid_request' });
  });

  it('takes a code once, within its time, decoded, with the same redirect and client', async () => {
    const fresh = async () => (await consent()).get('code') ?? '';
    const used = await fresh();
    await exchange(used);
    expect((await exchange(used)).json['error']).toBe('invalid_grant');
    const encoded = encodeURIComponent(await fresh()).replaceAll('!', '%21');
    expect((await exchange(encoded)).json['error']).toBe('invalid_grant');
    const elsewhere = { redirect_uri: 'http://127.0.0.1:53413/callback/' };
    expect((await exchange(await fresh(), elsewhere)).json['error']).toBe('invalid_request');
    expect((await exchange(await fresh(), { client_secret: 'x' })).json['error']).toBe('invalid_client');
    const late = await fresh();
    clock.advance(10 * MINUTE);
    expect((await exchange(late)).json['error']).toBe('invalid_grant');
  });

  it('answers errors with 200 and a log_id, or with 400 by switch', async () => {
    const answer = await refresh('rft.unknown');
    expect(answer.status).toBe(200);
    expect(answer.json['log_id']).toMatch(/^20261122120000[0-9A-F]{20}$/u);
    await quirk('status200Errors', false);
    expect((await refresh('rft.unknown')).status).toBe(400);
  });

  it('rotates strictly: the old refresh token is dead at once, also when the answer is lost', async () => {
    const { refresh_token: first } = await login();
    const { json } = await refresh(first);
    expect(json['refresh_token']).not.toBe(first);
    expect((await refresh(first)).json['error']).toBe('invalid_grant');
    const [one, other] = await Promise.all([refresh(json['refresh_token']), refresh(json['refresh_token'])]);
    expect(
      [one.json['error'], other.json['error']].filter((error) => error === 'invalid_grant'),
    ).toHaveLength(1);
    const winner = one.json['refresh_token'] ?? other.json['refresh_token'];
    sandbox.faults.add({ path: '/v2/oauth/token/', times: 1, action: 'lost' });
    await expect(refresh(winner)).rejects.toThrow('lost');
    expect((await refresh(winner)).json['error']).toBe('invalid_grant');
  });

  it('has the older lifetimes by switch, with the same refresh token again', async () => {
    await quirk('lifetimes', 'legacy');
    await quirk('sameRefreshToken', true);
    const { refresh_token: token } = await login();
    const { json } = await refresh(token);
    expect(json).toMatchObject({ expires_in: 86_400, refresh_expires_in: 31_536_000, refresh_token: token });
  });

  it('ends refresh tokens after their time, which may count down over renewals', async () => {
    await quirk('refreshCountsDown', true);
    const { refresh_token: token } = await login();
    clock.advance(100 * DAY);
    const { json } = await refresh(token);
    expect(json['refresh_expires_in']).toBe((80 * DAY) / 1000);
    clock.advance(80 * DAY);
    expect((await refresh(json['refresh_token'])).json['error']).toBe('invalid_grant');
  });

  it('revokes by a living access token only; then both tokens are dead', async () => {
    const tokens = await login();
    clock.advance(2 * HOUR);
    expect((await revoke(tokens.access_token)).json['error']).toBe('invalid_request');
    const renewed = (await refresh(tokens.refresh_token)).json;
    const answer = await revoke(renewed['access_token']);
    expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
    expect((await refresh(renewed['refresh_token'])).json['error']).toBe('invalid_grant');
    expect((await userInfo(String(renewed['access_token']))).status).toBe(401);
  });

  it('complains of what is no form with client_key', async () => {
    await ask('POST', `${api}/oauth/token/`, { form: { client_id: 'x' } });
    await ask('POST', `${api}/oauth/token/`, { json: keys });
    expect(sandbox.complaints()).toHaveLength(2);
  });
});

const userInfo = (token: string, fields = 'open_id,username') =>
  ask('GET', `${api}/user/info/?fields=${fields}`, { token });
const list = (token: string, body: unknown = {}, fields = 'id,create_time') =>
  ask('POST', `${api}/video/list/?fields=${fields}`, { token, json: body });
const query = (token: string, ids: readonly unknown[], fields = 'id') =>
  ask('POST', `${api}/video/query/?fields=${fields}`, { token, json: { filters: { video_ids: ids } } });

const codeOf = ({ status, json }: { status: number; json: Json }) => [
  status,
  (json['error'] as Json)['code'],
];
const dataOf = ({ json }: { json: Json }) =>
  json['data'] as { videos: Json[]; cursor: number; has_more: boolean; user: Json };

describe('the API', () => {
  it('checks token, scope, method, path and fields', async () => {
    const { access_token: token } = await login();
    expect(codeOf(await userInfo(token))).toEqual([200, 'ok']);
    expect(codeOf(await userInfo('act.unknown'))).toEqual([401, 'access_token_invalid']);
    expect(codeOf(await ask('GET', `${api}/user/info/?fields=open_id`))).toEqual([
      401,
      'access_token_invalid',
    ]);
    expect(codeOf(await ask('GET', `${api}/user/info/`, { token }))).toEqual([400, 'invalid_params']);
    expect(codeOf(await userInfo(token, 'open_id,email'))).toEqual([400, 'invalid_params']);
    expect(codeOf(await userInfo(token, 'video_count'))).toEqual([400, 'scope_permission_missed']);
    expect(sandbox.complaints()).toEqual([]);
    await ask('GET', `${api}/video/list/?fields=id`, { token });
    await ask('GET', `${api}/user/info?fields=open_id`, { token });
    expect(sandbox.complaints()).toHaveLength(2);
    const { access_token: less } = await login({ without: ['video.list'] });
    expect(codeOf(await list(less))).toEqual([401, 'scope_not_authorized']);
    clock.advance(2 * HOUR);
    expect(codeOf(await list(token))).toEqual([401, 'access_token_invalid']);
  });

  it('answers with the asked fields only, seconds in the posts, milliseconds in the cursor', async () => {
    await quirk('extraFields', false);
    const { access_token: token } = await login();
    await publish({ createTime: 1_795_000_000 });
    const video = await publish({ createTime: 1_795_251_600, caption: 'Morning', aiGenerated: true });
    await publish({ createTime: 1_795_251_700 });
    const page = dataOf(
      await list(token, { max_count: 2 }, 'id,create_time,title,duration,is_aigc,share_url'),
    );
    expect(page.videos[1]).toEqual({
      id: video.id,
      create_time: 1_795_251_600,
      title: 'Morning',
      duration: 15,
      is_aigc: true,
      share_url: `https://www.tiktok.com/@creator/video/${video.id}?utm_campaign=tt4d_open_api&utm_source=${keys.client_key}`,
    });
    expect(page).toMatchObject({ cursor: 1_795_251_600_000, has_more: true });
    expect(video.id).toMatch(/^\d{19}$/u);
    const last = dataOf(await list(token, { max_count: 2, cursor: page.cursor }));
    expect(last).toMatchObject({ cursor: 0, has_more: false, videos: [{ create_time: 1_795_000_000 }] });
  });

  it('pages by 10 unless told, at most 20, strictly before the cursor, or from it on by switch', async () => {
    const { access_token: token } = await login();
    await lever('publishMany', { count: 30, createTime: 1_795_251_600, everySeconds: 60 });
    expect(dataOf(await list(token)).videos).toHaveLength(10);
    expect(dataOf(await list(token, { max_count: 20 })).videos).toHaveLength(20);
    for (const body of [{ max_count: 21 }, { max_count: 0 }, { cursor: '17' }])
      expect(codeOf(await list(token, body))).toEqual([400, 'invalid_params']);
    const cursor = 1_795_251_600_000 - 60_000;
    expect(dataOf(await list(token, { cursor })).videos[0]?.['create_time']).toBe(1_795_251_600 - 120);
    await quirk('cursorIncluded', true);
    expect(dataOf(await list(token, { cursor })).videos[0]?.['create_time']).toBe(1_795_251_600 - 60);
  });

  it('lists public posts only; hidden ones leave short and empty pages with more behind them', async () => {
    const { access_token: token } = await login();
    const { ids } = (await lever('publishMany', { count: 30 })) as { ids: string[] };
    for (const id of ids.slice(-20)) await lever('setPrivacy', { id, private: true });
    const empty = dataOf(await list(token, { max_count: 20 }));
    expect([empty.videos.length, empty.has_more]).toEqual([0, true]);
    expect(dataOf(await list(token, { max_count: 20, cursor: empty.cursor })).videos).toHaveLength(10);
    await lever('setPrivacy', { id: ids.at(-1), private: false });
    expect(dataOf(await list(token, { max_count: 20 })).videos).toHaveLength(1);
    await lever('delete', { id: ids.at(-1) });
    expect(dataOf(await list(token, { max_count: 20 })).videos).toHaveLength(0);
  });

  it('has cursors that stand still, pages put in between, and a delay, by switch', async () => {
    const { access_token: token } = await login();
    await quirk('listDelaySeconds', 60);
    await publish();
    expect(dataOf(await list(token)).videos).toHaveLength(0);
    clock.advance(MINUTE);
    expect(dataOf(await list(token)).videos).toHaveLength(1);
    await quirk('emptyPages', 1);
    const put = dataOf(await list(token));
    expect([put.videos.length, put.has_more]).toEqual([0, true]);
    await quirk('nonAdvancingCursor', true);
    const [one, two] = [dataOf(await list(token)), dataOf(await list(token, { cursor: 5 }))];
    expect([two.cursor, two.has_more, two.videos.length]).toEqual([one.cursor, true, 1]);
  });

  it('queries at most 20 ids and leaves out what is foreign, hidden or deleted', async () => {
    const { access_token: token } = await login();
    const mine = await publish();
    const hidden = await publish({ private: true });
    const foreign = await publish({ account: '@second' });
    const found = dataOf(await query(token, [mine.id, hidden.id, foreign.id, '7575000000000000999']));
    expect(found.videos).toMatchObject([{ id: mine.id }]);
    expect(codeOf(await query(token, Array(21).fill(mine.id)))).toEqual([400, 'invalid_params']);
    expect(codeOf(await query(token, [Number(mine.id)]))).toEqual([400, 'invalid_params']);
    expect(sandbox.complaints()).toHaveLength(1);
  });

  it('cuts texts after 150 characters, not by switch', async () => {
    const { access_token: token } = await login();
    await publish({ caption: '🚲'.repeat(200) });
    const [short] = dataOf(await list(token, {}, 'title,video_description')).videos;
    expect(short).toMatchObject({ title: '🚲'.repeat(150), video_description: '🚲'.repeat(150) });
    await quirk('cut150', false);
    expect(dataOf(await list(token, {}, 'title')).videos[0]?.['title']).toBe('🚲'.repeat(200));
  });

  it('shows photo posts without a duration', async () => {
    const { access_token: token } = await login();
    await publish({ kind: 'photo' });
    const [photo] = dataOf(await list(token, {}, 'duration,share_url')).videos;
    expect(photo).not.toHaveProperty('duration');
    expect(photo?.['share_url']).toContain('/photo/');
  });

  it('limits each endpoint to 600 calls in any minute', async () => {
    const { access_token: token } = await login();
    await quirk('callsPerMinute', 3);
    for (let n = 0; n < 3; n += 1) {
      expect((await list(token)).status).toBe(200);
      clock.advance(20_000);
    }
    expect((await list(token)).status).toBe(200);
    const refused = await list(token);
    expect([codeOf(refused), refused.headers['retry-after']]).toEqual([
      [429, 'rate_limit_exceeded'],
      undefined,
    ]);
    expect((await userInfo(token)).status).toBe(200);
    await quirk('retryAfter', true);
    expect((await list(token)).headers['retry-after']).toBe('60');
    await quirk('apiErrors200', true);
    expect(codeOf(await list(token))).toEqual([200, 'rate_limit_exceeded']);
  });

  it('knows another person by another open_id', async () => {
    const creator = await login({ account: '@creator' });
    const second = await login({ account: '@second' });
    expect(second.open_id).not.toBe(creator.open_id);
    expect(dataOf(await userInfo(second.access_token)).user).toMatchObject({
      open_id: second.open_id,
      username: 'second',
    });
  });

  it('ends tokens and connections by lever', async () => {
    const creator = await login({ account: '@creator' });
    const second = await login({ account: '@second' });
    await lever('expireTokens', { account: '@creator' });
    expect((await userInfo(creator.access_token)).status).toBe(401);
    expect((await userInfo(second.access_token)).status).toBe(200);
    expect((await refresh(creator.refresh_token)).json).toHaveProperty('access_token');
    await lever('revoke', {});
    expect((await userInfo(second.access_token)).status).toBe(401);
    expect((await refresh(second.refresh_token)).json['error']).toBe('invalid_grant');
    await expect(lever('quirk', { name: 'cut150', value: 'yes' })).rejects.toThrow('boolean');
    await expect(lever('quirk', { name: 'unknown', value: 1 })).rejects.toThrow('status200Errors');
  });
});

describe('files', () => {
  const bytes = Buffer.from('pretend this is a video');
  const file = join(mkdtempSync(join(tmpdir(), 'repost-tiktok-')), 'video.mp4');
  writeFileSync(file, bytes);

  it('gives a cover address that ends after six hours', async () => {
    const { access_token: token } = await login();
    await publish();
    const cover = async () =>
      String(dataOf(await list(token, {}, 'cover_image_url')).videos[0]?.['cover_image_url']);
    const address = await cover();
    expect((await ask('GET', address)).status).toBe(200);
    expect((await ask('GET', address.replace(/x-expires=\d+/u, 'x-expires=1999999999'))).status).toBe(403);
    clock.advance(6 * HOUR);
    expect((await ask('GET', address)).status).toBe(403);
    const again = (await login()).access_token;
    const fresh = dataOf(await list(again, {}, 'cover_image_url')).videos[0]?.['cover_image_url'];
    expect((await ask('GET', String(fresh))).status).toBe(200);
  });

  it('plays a public video on its page, also without the name, and nothing once it is hidden', async () => {
    const { id } = await publish({ file, caption: '<b>' });
    const page = await ask('GET', `https://www.tiktok.com/@_/video/${id}`);
    expect(page.body.toString()).toContain('&lt;b&gt;');
    const source = /src="([^"]+)"/u.exec(page.body.toString())?.[1] ?? '';
    const address = new URL(source, `https://www.tiktok.com/@_/video/${id}`).href;
    expect((await ask('GET', address)).body).toEqual(bytes);
    const part = await ask('GET', address, { headers: { range: 'bytes=0-6' } });
    expect([part.status, part.body.toString()]).toEqual([206, 'pretend']);
    await lever('setPrivacy', { id, private: true });
    expect((await ask('GET', address)).status).toBe(404);
    expect((await ask('GET', `https://www.tiktok.com/@creator/video/${id}`)).body.toString()).not.toContain(
      '<video',
    );
  });

  it('keeps the bytes for the feeds', async () => {
    const { id } = await publish({ file });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(sandbox.posts()).toMatchObject([{ id, sha256, bytes: bytes.length, visible: true }]);
    expect(sandbox.world.media(sha256)).toEqual(bytes);
  });

  it('exports posts with links that end after ten days, and strangers’ videos as a decoy', async () => {
    await publish({ file, caption: 'Long', createTime: 1_795_251_600 });
    const data = (await lever('export')) as {
      Post: { Posts: { VideoList: Record<string, string>[] } };
      'Your Activity': object;
    };
    const [item] = data.Post.Posts.VideoList;
    expect(item).toMatchObject({ Date: '2026-11-21 09:00:00', Title: 'Long', AIGeneratedContent: 'No' });
    expect((await ask('GET', String(item?.['Link']))).body).toEqual(bytes);
    clock.advance(10 * DAY);
    expect((await ask('GET', String(item?.['Link']))).status).toBe(403);
    expect(JSON.stringify(data['Your Activity'])).toContain('tiktokv.com/share/video/');
  });
});
