import { beforeEach, describe, expect, it } from 'vitest';
import type { Account, App, Grant } from '../../src/core/account.ts';
import { DAY, HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import type { Http, HttpRequest } from '../../src/core/http.ts';
import type { LimitReading } from '../../src/core/limit.ts';
import type { TracedExchange } from '../../src/core/session.ts';
import type { SourceContext } from '../../src/core/source.ts';
import { challengeOf, newVerifier } from '../../src/net/pkce.ts';
import { tiktokService, tiktokSource } from '../../src/platforms/tiktok.ts';
import { signIn } from '../../src/platforms/tiktok-sign-in.ts';
import type { Choice } from '../../src/sandbox/person.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createTiktok } from '../../src/sandbox/tiktok.ts';
import { inProcessHttp, inProcessPlainHttp } from './in-process.ts';

const app: App = {
  platform: 'tiktok',
  host: '',
  clientId: 'sandbox-tiktok-id',
  clientSecret: 'sandbox-tiktok-secret',
  settings: {},
};

let clock: TestClock;
let sandbox: Sandbox;

beforeEach(() => {
  clock = new TestClock();
  sandbox = createSandbox({ clock, seed: 5, simulators: [createTiktok] });
});

const lever = (name: string, input?: unknown) => sandbox.control('tiktok', name, input);
const quirk = (name: string, value: unknown) => lever('quirk', { name, value });
const publish = async (input: object = {}) => (await lever('publish', input)) as { id: string; url: string };
const publishMany = async (input: object) =>
  ((await lever('publishMany', input)) as { ids: string[] }).ids.reverse();
const plain = () => inProcessPlainHttp(sandbox);
const callsOf = (path: string) => sandbox.requests().filter((request) => request.path === path).length;

async function callback(
  choice: Choice = {},
  verifier = newVerifier(),
  redirectUri = 'http://127.0.0.1:53412/callback/',
) {
  const challenge = challengeOf(verifier, signIn.pkce) ?? '';
  const url = signIn.authorizeUrl({ app, redirectUri, state: 'st', challenge, scopes: signIn.scopes });
  const { redirectedTo } = await approveWithin(sandbox, url, choice);
  return { params: new URL(redirectedTo).searchParams, verifier, redirectUri };
}

async function login(choice: Choice = {}): Promise<Grant> {
  const { params, verifier, redirectUri } = await callback(choice);
  const code = params.get('code') ?? '';
  return signIn.exchange({ http: plain(), app, clock, code, redirectUri, verifier, callback: params });
}

function accountOf(grant: Grant): Account {
  return {
    id: 1,
    platform: 'tiktok',
    account: 'tiktok:@creator',
    handle: '@creator',
    name: 'Creator',
    remoteId: 'open id',
    user: 'me',
    status: 'ok',
    scopes: grant.scopes,
    paused: false,
    settings: {},
    createdAt: 0,
    updatedAt: 0,
  };
}

const refresh = (grant: Grant) => {
  const renewal = signIn.refresh?.({ http: plain(), app, clock, grant, account: accountOf(grant) });
  if (!renewal) throw new Error('TikTok renews');
  return renewal;
};

const revoke = (grant: Grant, givenApp = app) =>
  signIn.revoke?.({ http: plain(), app: givenApp, clock, grant, account: accountOf(grant) });

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('it went well');
    },
    (error: unknown) => error as Failure,
  );

async function context(grant: Grant, changes: Partial<SourceContext> = {}): Promise<SourceContext> {
  return {
    http: inProcessHttp(sandbox, { service: tiktokService, grant }),
    account: accountOf(grant),
    clock,
    known: () => false,
    since: 0,
    ...changes,
  };
}

describe('signing in to TikTok', () => {
  it('brings tokens with their ends, and the scopes that were granted', async () => {
    const grant = await login();
    expect(grant).toMatchObject({
      expiresAt: clock.now() + 2 * HOUR,
      refreshExpiresAt: clock.now() + 180 * DAY,
      scopes: ['user.info.basic', 'user.info.profile', 'video.list'],
      obtainedAt: clock.now(),
    });
    expect(sandbox.complaints()).toEqual([]);
    await quirk('lifetimes', 'legacy');
    expect(await login()).toMatchObject({
      expiresAt: clock.now() + DAY,
      refreshExpiresAt: clock.now() + 365 * DAY,
    });
  });

  it('tells fewer scopes than were asked for', async () => {
    expect((await login({ without: ['video.list'] })).scopes).toEqual([
      'user.info.basic',
      'user.info.profile',
    ]);
    expect(signIn.needed).toEqual(['user.info.basic', 'video.list']);
  });

  it.each([true, false])('reads refusals by the body (HTTP 200: %s)', async (status200) => {
    await quirk('status200Errors', status200);
    const { params, verifier, redirectUri } = await callback();
    const code = params.get('code') ?? '';
    const request = { http: plain(), clock, code, redirectUri, verifier, callback: params };
    const wrong = { ...app, clientSecret: 'wrong' };
    expect(await failureOf(signIn.exchange({ ...request, app: wrong }))).toMatchObject({
      code: 'E_CLIENT_INVALID',
    });
    await signIn.exchange({ ...request, app });
    expect(await failureOf(signIn.exchange({ ...request, app }))).toMatchObject({ code: 'E_LOGIN_CODE' });
    const second = await callback();
    expect(
      await failureOf(
        signIn.exchange({ ...request, app, code: second.params.get('code') ?? '', verifier: newVerifier() }),
      ),
    ).toMatchObject({ code: 'E_LOGIN_CODE' });
  });

  it('renews with the latest refresh token, and only an invalid_grant ends the sign-in', async () => {
    const first = await login();
    clock.advance(HOUR);
    const second = await refresh(first);
    expect(second).toMatchObject({
      expiresAt: clock.now() + 2 * HOUR,
      obtainedAt: clock.now(),
      scopes: first.scopes,
    });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await failureOf(refresh(first))).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    const path = '/v2/oauth/token/';
    sandbox.faults.add({
      path,
      times: 1,
      action: { kind: 'status', status: 503, body: '<html>busy</html>' },
    });
    expect(await failureOf(refresh(second))).toMatchObject({ kind: 'retry' });
    sandbox.faults.add({ path, times: 1, action: 'garbage' });
    expect(await failureOf(refresh(second))).toMatchObject({ kind: 'retry' });
    const body = { error: 'server_error', error_description: 'x', log_id: 'y' };
    sandbox.faults.add({ path, times: 1, action: { kind: 'status', status: 200, body } });
    expect(await failureOf(refresh(second))).toMatchObject({ kind: 'retry' });
    expect((await refresh(second)).accessToken).toBeTruthy();
  });

  it('keeps the end of the refresh token as each answer tells it', async () => {
    await quirk('refreshCountsDown', true);
    const first = await login();
    clock.advance(30 * DAY);
    expect((await refresh(first)).refreshExpiresAt).toBe(first.refreshExpiresAt);
  });

  it.each([
    ['alive', 0],
    ['expired', 3 * HOUR],
  ])('takes back the access by a token that is %s', async (_state, age) => {
    const grant = await login();
    clock.advance(age);
    await revoke(grant);
    expect(await lever('revoke', {})).toBe(0);
  });

  it('takes an access that is gone already for taken back, and says what went wrong else', async () => {
    const grant = await login();
    await lever('revoke', {});
    await revoke(grant);
    const other = await login();
    await quirk('emptyRevokeBody', true);
    const wrong = { ...app, clientSecret: 'wrong' };
    expect(await failureOf(Promise.resolve(revoke(other, wrong)))).toMatchObject({
      code: 'E_CLIENT_INVALID',
    });
    await revoke(other);
    expect(await lever('revoke', {})).toBe(0);
  });

  it('names the account by its user name, or by its display name where the profile was not granted', async () => {
    const identities = async (choice: Choice) => {
      const grant = await login(choice);
      const http = inProcessHttp(sandbox, { service: tiktokService, grant });
      return tiktokService.identities({ http, grant, app, clock });
    };
    const [creator] = await identities({});
    expect(creator).toMatchObject({
      handle: '@creator',
      name: 'Creator',
      url: 'https://www.tiktok.com/@creator',
    });
    expect(creator?.remoteId).toMatch(/^-000/u);
    const [second] = await identities({ account: '@second', without: ['user.info.profile'] });
    expect(second).toMatchObject({ handle: 'Second', name: 'Second' });
    expect(second?.remoteId).not.toBe(creator?.remoteId);
  });
});

describe('polling TikTok', () => {
  it('gives facts as posted, newest first, with clean addresses and ids as text', async () => {
    const grant = await login();
    const older = await publish({
      caption: 'Old',
      createTime: 1_795_251_600,
      durationSeconds: 34,
      width: 720,
      height: 1280,
    });
    const newer = await publish({ caption: 'New #bike', aiGenerated: true, createTime: 1_795_251_700 });
    const items = await tiktokSource.poll(await context(grant));
    expect(items.map(({ remoteId }) => remoteId)).toEqual([newer.id, older.id]);
    expect(items[1]).toEqual({
      remoteId: older.id,
      url: `https://www.tiktok.com/@creator/video/${older.id}`,
      caption: 'Old',
      publishedAt: 1_795_251_600_000,
      kind: 'video',
      durationSeconds: 34,
      width: 720,
      height: 1280,
      aiGenerated: false,
      facts: {},
      told: { views: 99, likes: 5, shares: 1 },
    });
    expect(items[0]).toMatchObject({ caption: 'New #bike', aiGenerated: true });
    expect(sandbox.complaints()).toEqual([]);
  });

  it('says which captions may go on', async () => {
    const grant = await login();
    await publish({ caption: 'x'.repeat(200) });
    const [item] = await tiktokSource.poll(await context(grant));
    expect(item).toMatchObject({ caption: 'x'.repeat(150), facts: { captionCut: true } });
  });

  it('marks photo posts', async () => {
    const grant = await login();
    const { id } = await publish({ kind: 'photo' });
    const [item] = await tiktokSource.poll(await context(grant));
    expect(item).toMatchObject({ kind: 'photo', url: `https://www.tiktok.com/@creator/photo/${id}` });
    expect(item).not.toHaveProperty('durationSeconds');
  });

  it('reads an account without videos, and one with more than a thousand, each once', async () => {
    const grant = await login();
    expect(await tiktokSource.poll(await context(grant))).toEqual([]);
    const ids = await publishMany({ count: 1010, everySeconds: 60 });
    const items = await tiktokSource.poll(await context(grant));
    expect(items.map(({ remoteId }) => remoteId)).toEqual(ids);
  });

  it('goes on past empty pages, pages cut short, and cursors that include their own instant', async () => {
    const grant = await login();
    const ids = await publishMany({ count: 70, everySeconds: 60 });
    for (const id of ids.slice(3, 45)) await lever('setPrivacy', { id, private: true });
    await quirk('emptyPages', 2);
    await quirk('cursorIncluded', true);
    const items = await tiktokSource.poll(await context(grant));
    expect(items.map(({ remoteId }) => remoteId)).toEqual([...ids.slice(0, 3), ...ids.slice(45)]);
  });

  it('loses nothing where posts of one second lie on both sides of a page’s end', async () => {
    const grant = await login();
    const at = 1_795_251_600;
    const ids = [];
    for (let n = 0; n < 25; n += 1) ids.push((await publish({ createTime: at + Math.floor(n / 10) })).id);
    const items = await tiktokSource.poll(await context(grant));
    expect(items.map(({ remoteId }) => remoteId).sort()).toEqual([...ids].sort());
  });

  it('ends where the cursor stands still', async () => {
    const grant = await login();
    await publishMany({ count: 30 });
    await quirk('nonAdvancingCursor', true);
    const items = await tiktokSource.poll(await context(grant));
    expect(items).toHaveLength(20);
    expect(callsOf('/v2/video/list/')).toBeLessThan(5);
  });

  it('bounds one poll, whatever the platform says', async () => {
    const grant = await login();
    await quirk('emptyPages', 10_000);
    expect(await tiktokSource.poll(await context(grant))).toEqual([]);
    expect(callsOf('/v2/video/list/')).toBe(250);
  });

  it('finds what is made public late, below known ones, and stops where all is known', async () => {
    const grant = await login();
    const ids = await publishMany({ count: 200, everySeconds: HOUR / 1000 });
    const late = String(ids[30]);
    await lever('setPrivacy', { id: late, private: true });
    const known = new Set((await tiktokSource.poll(await context(grant))).map(({ remoteId }) => remoteId));
    expect(known.has(late)).toBe(false);
    await lever('setPrivacy', { id: late, private: false });
    const before = callsOf('/v2/video/list/');
    const again = await context(grant, { known: (id) => known.has(id), since: clock.now() - 2 * DAY });
    const fresh = (await tiktokSource.poll(again)).filter(({ remoteId }) => !known.has(remoteId));
    expect(fresh.map(({ remoteId }) => remoteId)).toEqual([late]);
    expect(callsOf('/v2/video/list/') - before).toBe(3);
  });

  it('looks into three pages, also where the first one is known and reaches past the look-back', async () => {
    const grant = await login();
    const ids = await publishMany({ count: 100, everySeconds: (10 * HOUR) / 1000 });
    const late = String(ids[50]);
    const after = await context(grant, { known: (id) => id !== late, since: clock.now() - 2 * DAY });
    const items = await tiktokSource.poll(after);
    expect(items.map(({ remoteId }) => remoteId)).toContain(late);
  });

  it('ends at what is known where it is told that this is enough, and not before', async () => {
    const grant = await login();
    const ids = await publishMany({ count: 60, everySeconds: 60 });
    const late = String(ids[50]);
    const pollKnowing = async (known: (place: number) => boolean) => {
      const before = callsOf('/v2/video/list/');
      const shallow = await context(grant, {
        known: (id) => id !== late && known(ids.indexOf(id)),
        shallow: async () => true,
      });
      const items = await tiktokSource.poll(shallow);
      return { found: items.length, listings: callsOf('/v2/video/list/') - before };
    };
    expect(await pollKnowing((place) => place >= 2)).toEqual({ found: 20, listings: 1 });
    // Pages share a post: each begins a millisecond before the last one's end.
    expect(await pollKnowing((place) => place >= 25)).toEqual({ found: 39, listings: 2 });
    expect((await pollKnowing(() => false)).found).toBe(60);
  });

  it('reads on past the look-back while there is anything unknown', async () => {
    const grant = await login();
    const ids = await publishMany({ count: 150, everySeconds: (10 * HOUR) / 1000 });
    const known = new Set(ids.slice(110));
    const after = await context(grant, { known: (id) => known.has(id), since: clock.now() - 2 * DAY });
    const items = await tiktokSource.poll(after);
    expect(items.map(({ remoteId }) => remoteId)).toEqual(expect.arrayContaining(ids.slice(0, 110)));
  });

  it('keeps what is new where a limit ends it below something known, and only there', async () => {
    const grant = await login();
    const ids = await publishMany({ count: 60, everySeconds: 60 });
    const http = inProcessHttp(sandbox, { service: tiktokService, grant });
    let page = 0;
    const limited: Http = {
      clock,
      async send(request: HttpRequest) {
        page += 1;
        if (page > 1) throw new Failure('E_QUOTA', { kind: 'later', notBefore: clock.now() + 1000 });
        return http.send(request);
      },
    };
    const pollKnowing = async (known: readonly string[]) => {
      page = 0;
      return tiktokSource.poll(await context(grant, { http: limited, known: (id) => known.includes(id) }));
    };
    const items = await pollKnowing(ids.slice(2));
    expect(items.map(({ remoteId }) => remoteId)).toEqual(ids.slice(0, 20));
    // What lies between the page's end and what is known would be missed.
    await expect(pollKnowing(ids.slice(20))).rejects.toMatchObject({ code: 'E_QUOTA' });
  });

  it('takes no harm from posts that come and go between two pages', async () => {
    const grant = await login();
    const ids = await publishMany({ count: 60, everySeconds: 60 });
    const http = inProcessHttp(sandbox, { service: tiktokService, grant });
    let page = 0;
    const meddling: Http = {
      clock,
      async send(request: HttpRequest) {
        const answer = await http.send(request);
        page += 1;
        if (page === 1) {
          await publish({ caption: 'while paging' });
          await lever('delete', { id: ids[20] });
          await lever('delete', { id: ids[25] });
        }
        return answer;
      },
    };
    const items = await tiktokSource.poll(await context(grant, { http: meddling }));
    const expected = ids.filter((id) => id !== ids[20] && id !== ids[25]);
    expect(items.map(({ remoteId }) => remoteId)).toEqual(expected);
  });

  it('survives unknown and missing facts', async () => {
    const grant = await login();
    const videos = [
      { id: 7575000000000000123n, create_time: 1_795_251_600, duration: 9, surprise: {} },
      { id: '7575000000000000124', duration: 9, share_url: 'javascript:alert(1)' },
      { create_time: 1_795_251_600 },
      { id: '7575000000000000125', share_url: 'https://www.tiktok.com/@creator/video/7575000000000000125' },
    ];
    const text = JSON.stringify({ data: { videos, has_more: true }, error: { code: 'ok' } }, (_key, value) =>
      typeof value === 'bigint' ? `#${value}` : value,
    ).replace(/"#(\d+)"/u, '$1');
    sandbox.faults.add({
      path: '/v2/video/list/',
      times: 1,
      action: { kind: 'status', status: 200, body: text },
    });
    const items = await tiktokSource.poll(await context(grant));
    expect(items).toEqual([
      expect.objectContaining({
        remoteId: '7575000000000000123',
        url: 'https://www.tiktok.com/@creator/video/7575000000000000123',
        caption: '',
      }),
      expect.objectContaining({
        remoteId: '7575000000000000124',
        url: 'https://www.tiktok.com/@creator/video/7575000000000000124',
        publishedAt: 0,
      }),
      expect.objectContaining({ remoteId: '7575000000000000125', kind: 'photo' }),
    ]);
  });

  it('says whether a video is still public', async () => {
    const grant = await login();
    const shown = await publish();
    const hidden = await publish({ private: true });
    const foreign = await publish({ account: '@second' });
    const at = await context(grant);
    expect(await tiktokSource.stillPublic(at, shown.id)).toBe('public');
    expect(await tiktokSource.stillPublic(at, hidden.id)).toBe('gone');
    expect(await tiktokSource.stillPublic(at, foreign.id)).toBe('gone');
    await lever('delete', { id: shown.id });
    expect(await tiktokSource.stillPublic(at, shown.id)).toBe('gone');
    sandbox.faults.add({ path: '/v2/video/query/', times: 1, action: 'garbage' });
    expect(await failureOf(tiktokSource.stillPublic(at, shown.id))).toMatchObject({ kind: 'retry' });
  });
});

describe('TikTok’s errors', () => {
  const poll = async (grant: Grant) => failureOf(tiktokSource.poll(await context(grant)));
  const error = (code: string) => ({ data: {}, error: { code, message: 'why', log_id: '2026' } });

  it.each([
    ['access_token_invalid', 401, 'E_LOGIN_NEEDED', 'login'],
    ['scope_not_authorized', 401, 'E_SCOPES', 'login'],
    ['scope_permission_missed', 400, 'E_SCOPES', 'login'],
    ['rate_limit_exceeded', 429, 'E_RATE_LIMIT', 'later'],
    ['invalid_params', 400, 'E_REFUSED', 'reject'],
    ['invalid_param', 400, 'E_REFUSED', 'reject'],
    ['internal_error', 500, 'E_PLATFORM_DOWN', 'retry'],
  ])('%s, with its status and with HTTP 200', async (code, status, expected, kind) => {
    const grant = await login();
    for (const answered of [status, 200]) {
      sandbox.faults.add({
        path: '/v2/video/',
        times: 1,
        action: { kind: 'status', status: answered, body: error(code) },
      });
      const failure = await poll(grant);
      expect(failure).toMatchObject({ code: expected, kind });
      expect(failure.message).toContain('[log_id 2026]');
    }
  });

  it('what nobody can read is tried again', async () => {
    const grant = await login();
    const answers = [
      { kind: 'status', status: 200, body: error('brand_new') },
      { kind: 'status', status: 502, body: '<html>Bad Gateway</html>' },
      { kind: 'status', status: 200, body: { data: {}, error: { code: 'ok' } } },
      { kind: 'status', status: 200, body: 'null' },
      { kind: 'garbage' },
      { kind: 'truncate' },
      { kind: 'cut-body' },
      { kind: 'hang' },
      { kind: 'refuse' },
    ] as const;
    for (const action of answers) {
      sandbox.faults.add({ path: '/v2/video/', times: 1, action });
      expect(await poll(grant)).toMatchObject({ kind: 'retry' });
    }
  });

  it('waits out the minute, or what the answer says, and tells the limit', async () => {
    const grant = await login();
    const learned: LimitReading[] = [];
    const http = inProcessHttp(sandbox, {
      service: tiktokService,
      grant,
      learned: (readings) => learned.push(...readings),
    });
    await quirk('callsPerMinute', 0);
    const at = await context(grant, { http });
    expect(await failureOf(tiktokSource.poll(at))).toMatchObject({ notBefore: clock.now() + MINUTE });
    expect(learned).toEqual([{ bucket: 'video.list', blockedUntil: clock.now() + MINUTE }]);
    const body = error('rate_limit_exceeded');
    sandbox.faults.add({ action: { kind: 'status', status: 429, headers: { 'retry-after': '7' }, body } });
    expect(await failureOf(tiktokSource.poll(at))).toMatchObject({ notBefore: clock.now() + 7000 });
  });

  it('a token that ends on the way is renewed once, and no right is looked for by renewing', async () => {
    let grant = await login();
    let renewals = 0;
    const http = inProcessHttp(sandbox, {
      service: tiktokService,
      grant: () => grant,
      renew: async (refused) => {
        renewals += 1;
        grant = await refresh(refused);
        return grant;
      },
    });
    await publish();
    clock.advance(2 * HOUR);
    expect(await tiktokSource.poll(await context(grant, { http }))).toHaveLength(1);
    expect(renewals).toBe(1);
    grant = await login({ without: ['video.list'] });
    expect(await failureOf(tiktokSource.poll(await context(grant, { http })))).toMatchObject({
      code: 'E_SCOPES',
    });
    expect(renewals).toBe(1);
  });

  it('shows no secret in traces', async () => {
    const exchanges: TracedExchange[] = [];
    const grant = await login();
    const http = inProcessHttp(sandbox, {
      service: tiktokService,
      grant,
      trace: (one) => exchanges.push(one),
    });
    await publish();
    await tiktokSource.poll(await context(grant, { http }));
    const told = JSON.stringify(exchanges);
    expect(told).toContain('/v2/video/list/');
    expect(told).not.toContain(grant.accessToken);
    expect(told).not.toContain('x-signature');
  });
});
