import { beforeEach, describe, expect, it } from 'vitest';
import type { Grant } from '../../src/core/account.ts';
import { DAY, HOUR, SECOND } from '../../src/core/clock.ts';
import { facebook } from '../../src/platforms/facebook.ts';
import { instagram } from '../../src/platforms/instagram.ts';
import { authorizeMeta, graphTime, sameText } from '../../src/platforms/meta.ts';
import { inProcessPlainHttp } from './in-process.ts';
import type { MetaStage } from './meta-world.ts';
import { openStage, redirectUri } from './meta-world.ts';

let stage: MetaStage;

beforeEach(() => {
  stage = openStage(instagram);
});

const plain = () => inProcessPlainHttp(stage.sandbox, instagram);

function exchange(code: string, change: { redirectUri?: string; secret?: string; clientId?: string } = {}) {
  const { secret: clientSecret = stage.app.clientSecret ?? '', clientId = stage.app.clientId } = change;
  return stage.signIn.exchange({
    http: plain(),
    app: { ...stage.app, clientId, clientSecret },
    clock: stage.clock,
    code,
    redirectUri: change.redirectUri ?? redirectUri,
    verifier: '',
    callback: new URLSearchParams(),
  });
}

describe('signing in by Facebook Login', () => {
  it('asks the dialog for the rights, or for a login configuration', () => {
    const { app, signIn } = stage;
    const request = { app, redirectUri, state: 's', scopes: signIn.scopes };
    const url = new URL(signIn.authorizeUrl(request));
    expect(url.origin + url.pathname).toBe('https://www.facebook.com/v26.0/dialog/oauth');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: app.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      state: 's',
      auth_type: 'rerequest',
      scope:
        'instagram_basic,instagram_content_publish,pages_show_list,pages_read_engagement,business_management',
    });
    const configured = { ...request, app: { ...app, settings: { configId: '4711' } } };
    const { searchParams } = new URL(signIn.authorizeUrl(configured));
    expect([searchParams.get('config_id'), searchParams.get('scope')]).toEqual(['4711', null]);
  });

  it('keeps both tokens: the person’s for 60 days, the Page’s without an end', async () => {
    const { grant, account, identities } = await stage.login();
    expect(grant.accessToken).toMatch(/^EAAlong/u);
    expect(grant.extra?.['pageToken']).toMatch(/^EAApage/u);
    expect(grant.expiresAt).toBe(stage.clock.now() + 5_183_999 * SECOND);
    expect(grant.refreshExpiresAt).toBe(stage.clock.now() + 90 * DAY);
    expect(grant.scopes).toEqual(expect.arrayContaining([...(stage.signIn.needed ?? [])]));
    expect(account).toMatchObject({ remoteId: '17841405000000000101', handle: '@creator', name: 'Creator' });
    expect(account.settings).toEqual({ pageId: expect.any(String), pageName: 'Creator’s Page' });
    expect(identities).toHaveLength(1);
    expect(JSON.stringify(account)).not.toContain('EAA');
  });

  it('finds the token’s end where the answer leaves it out', async () => {
    await stage.quirks({ expiresInMissing: true });
    const { grant } = await stage.login();
    expect(grant.expiresAt).toBe(stage.clock.now() + 5_183_999 * SECOND);
  });

  it('is done even where the token’s facts can’t be had', async () => {
    stage.sandbox.faults.add({ path: '/v26.0/debug_token', action: { kind: 'status', status: 503 } });
    expect((await stage.login()).grant.expiresAt).toBeDefined();
  });

  it('tells which rights were unticked', async () => {
    const { grant } = await stage.login({ without: ['instagram_content_publish'] });
    expect(grant.scopes).toContain('instagram_basic');
    expect(grant.scopes).not.toContain('instagram_content_publish');
  });

  it('comes back with a refusal where the person declines', async () => {
    const callback = await stage.code({ deny: true });
    expect(callback.get('error')).toBe('access_denied');
    expect(callback.get('state')).toBe('state-1');
  });

  it.each([
    [
      'a code used twice',
      async () => {
        const code = (await stage.code()).get('code') ?? '';
        await exchange(code);
        return exchange(code);
      },
      'E_LOGIN_CODE',
    ],
    ['an unknown code', () => exchange('nonsense'), 'E_LOGIN_CODE'],
    [
      'an old code',
      async () => {
        const code = (await stage.code()).get('code') ?? '';
        stage.clock.advance(HOUR);
        return exchange(code);
      },
      'E_LOGIN_CODE',
    ],
    [
      'another redirect address',
      async () => exchange((await stage.code()).get('code') ?? '', { redirectUri: `${redirectUri}/` }),
      'E_REDIRECT',
    ],
    [
      'a wrong secret',
      async () => exchange((await stage.code()).get('code') ?? '', { secret: 'x' }),
      'E_CLIENT_INVALID',
    ],
    [
      'an unknown app',
      async () => exchange((await stage.code()).get('code') ?? '', { clientId: '1' }),
      'E_CLIENT_INVALID',
    ],
  ])('names what is wrong: %s', async (_what, run, code) => {
    await expect(run()).rejects.toMatchObject({ code });
  });

  it('leaves trouble on the way as trouble', async () => {
    const code = (await stage.code()).get('code') ?? '';
    stage.sandbox.faults.add({ path: '/v26.0/oauth', action: { kind: 'status', status: 503 } });
    await expect(exchange(code)).rejects.toMatchObject({ code: 'E_PLATFORM_DOWN', kind: 'retry' });
  });
});

describe('the accounts that a sign-in offers', () => {
  it('come from all pages of the list; what can’t be posted to has its reason', async () => {
    await stage.quirks({ accountsPage: 1 });
    await stage.pull('account', { account: '@second', tasks: ['ANALYZE'] });
    const { identities } = await stage.login({ account: 'all' });
    expect(identities.map(({ handle, ineligible }) => [handle, ineligible])).toEqual([
      ['@creator', undefined],
      ['@second', expect.stringContaining('role on Second’s Page')],
    ]);
    const next = stage.seen.filter(({ path }) => path.endsWith('/me/accounts'));
    expect(next).toHaveLength(2);
    // The list's own link to the next page has the token in it: only its cursor is used.
    for (const { query } of next) expect(query.has('access_token')).toBe(false);
  });

  it('say where a Page has no Instagram account', async () => {
    await stage.pull('account', { account: '@creator', linked: false });
    const { identities } = await stage.login();
    expect(identities).toEqual([
      expect.objectContaining({ ineligible: expect.stringContaining('no Instagram professional account') }),
    ]);
    expect(identities[0]?.grantExtra).toBeUndefined();
  });

  it('are Pages on Facebook', async () => {
    stage = openStage(facebook);
    const { account, grant } = await stage.login({ account: '@second' });
    expect(account).toMatchObject({ remoteId: '122100000000000202', handle: '@second', name: 'Second' });
    expect(grant.extra?.['pageToken']).toMatch(/^EAApage/u);
  });
});

describe('a pasted token', () => {
  const paste = (token: string, app = true) =>
    stage.signIn.fromToken?.({ http: plain(), app: app ? stage.app : undefined, clock: stage.clock, token });

  async function shortToken(): Promise<string> {
    await stage.login();
    const dialogs = stage.seen.filter(({ query }) => query.has('fb_exchange_token'));
    return dialogs[0]?.query.get('fb_exchange_token') ?? '';
  }

  it('is made to last', async () => {
    const grant = await paste(await shortToken());
    expect(grant?.accessToken).toMatch(/^EAAlong/u);
    expect(grant?.expiresAt).toBe(stage.clock.now() + 5_183_999 * SECOND);
  });

  it('needs the app', async () => {
    await expect(paste('EAAx', false)).rejects.toMatchObject({ code: 'E_NO_APP' });
  });

  it('is refused with the reason', async () => {
    const short = await shortToken();
    const { grant } = await stage.login();
    await expect(paste('EAAnonsense')).rejects.toMatchObject({ code: 'E_LOGIN_CODE' });
    await expect(paste(grant.extra?.['pageToken'] ?? '')).rejects.toThrow(/Page’s token/u);
    stage.clock.advance(3 * HOUR);
    await expect(paste(short)).rejects.toThrow(/not valid/u);
  });
});

describe('renewing', () => {
  async function renew(grant: Grant, account: Awaited<ReturnType<MetaStage['login']>>['account']) {
    return stage.signIn.refresh?.({ http: plain(), app: stage.app, clock: stage.clock, grant, account });
  }

  it('moves the end and reads the Page’s token anew', async () => {
    const { grant, account } = await stage.login();
    stage.clock.advance(7 * DAY);
    const renewed = await renew(grant, account);
    expect(renewed?.expiresAt).toBe(stage.clock.now() + 5_183_999 * SECOND);
    expect(renewed?.extra?.['pageToken']).not.toBe(grant.extra?.['pageToken']);
    expect(renewed?.obtainedAt).toBe(stage.clock.now());
  });

  it('goes on with the same token where Meta gives no later end', async () => {
    const { grant, account } = await stage.login();
    await stage.quirks({ exchangeExtends: false });
    stage.clock.advance(7 * DAY);
    const renewed = await renew(grant, account);
    expect(renewed?.accessToken).toBe(grant.accessToken);
    expect(renewed?.expiresAt).toBe(grant.expiresAt);
  });

  it('lets the account live on the Page’s token where the person’s died', async () => {
    const { grant, account } = await stage.login();
    await stage.pull('expire', { which: 'user' });
    const renewed = await renew(grant, account);
    expect(renewed?.extra?.['pageToken']).toBe(grant.extra?.['pageToken']);
    // The Page's token has no end, but after 90 days without its person it reads nothing.
    expect([renewed?.expiresAt, renewed?.refreshExpiresAt]).toEqual([undefined, grant.refreshExpiresAt]);
  });

  it('needs the person only where both died', async () => {
    const { grant, account } = await stage.login();
    await stage.pull('revoke', { subcode: 458 });
    await expect(renew(grant, account)).rejects.toMatchObject({ kind: 'login', code: 'E_LOGIN_NEEDED' });
  });

  it('leaves the account alone when Meta has trouble', async () => {
    const { grant, account } = await stage.login();
    for (const status of [500, 503]) {
      const remove = stage.sandbox.faults.add({ path: '/v26.0/', action: { kind: 'status', status } });
      await expect(renew(grant, account)).rejects.toMatchObject({ kind: 'retry' });
      remove();
    }
    await stage.pull('expire', { which: 'user' });
    // The person's is dead, and whether the Page's lives can't be told now.
    stage.sandbox.faults.add({ nth: 2, times: 1, action: { kind: 'status', status: 503 } });
    await expect(renew(grant, account)).rejects.toMatchObject({ kind: 'retry' });
  });
});

describe('tokens go', () => {
  const grant: Grant = {
    accessToken: 'EAAperson',
    scopes: [],
    obtainedAt: 0,
    extra: { pageToken: 'EAApage' },
  };
  const header = (url: string, headers = {}) =>
    authorizeMeta({ url, headers }, grant).headers?.['authorization'];

  it('to Graph as Bearer, to rupload as OAuth, the Page’s unless the person’s is asked for', () => {
    expect(header('https://graph.facebook.com/v26.0/1')).toBe('Bearer EAApage');
    expect(header('https://graph.facebook.com/v26.0/1', { authorization: 'person' })).toBe(
      'Bearer EAAperson',
    );
    expect(header('https://rupload.facebook.com/ig-api-upload/v26.0/1')).toBe('OAuth EAApage');
  });

  it.each([
    'https://evil.example/',
    'https://graph.facebook.com.evil.example/',
    'https://graph.facebook.com@evil.example/',
    'http://graph.facebook.com/',
    'https://graph.facebook.com:8443/',
  ])('nowhere else: %s', (url) => {
    expect(() => header(url)).toThrow(/gets no token/u);
  });
});

it('instants are read in every spelling', () => {
  const at = Date.UTC(2026, 10, 20, 10, 15, 30);
  for (const value of ['2026-11-20T10:15:30+0000', '2026-11-20T12:15:30+02:00', at / 1000, String(at / 1000)])
    expect(graphTime(value)).toBe(at);
  for (const value of [undefined, null, '', 'soon', {}]) expect(graphTime(value)).toBeUndefined();
});

it('texts are the same where a reader sees no difference', () => {
  expect(sameText('Hello  #one\n', 'Hello #one')).toBe(true);
  expect(sameText('caf\u00e9', 'cafe\u0301')).toBe(true);
  expect(sameText('Hello #one', 'Hello #One')).toBe(false);
});
