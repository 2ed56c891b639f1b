import { beforeEach, describe, expect, it } from 'vitest';
import type { Caller, Reply } from './meta-caller.ts';
import { errorOf, openCaller } from './meta-caller.ts';

const HOUR = 3_600_000;
let caller: Caller;

beforeEach(() => {
  caller = openCaller('instagram');
});

const token = (values: Record<string, string>) =>
  caller.call('GET', `${caller.graph}/oauth/access_token`, { ...caller.keys, ...values });

describe('the dialog', () => {
  const open = (change: Record<string, string>) =>
    caller.call('GET', 'https://www.facebook.com/v26.0/dialog/oauth', {
      client_id: caller.keys.client_id,
      redirect_uri: caller.redirect,
      response_type: 'code',
      scope: 'pages_show_list',
      ...change,
    });

  it.each([
    [
      'a redirect address with one slash more',
      { redirect_uri: 'https://localhost:8443/callback/' },
      'URL blocked',
    ],
    ['an unknown app', { client_id: '1' }, 'Invalid App ID'],
    [
      'a misspelt right',
      { scope: 'pages_show_list,instagram_content_publishing' },
      'Invalid Scopes: instagram_content_publishing',
    ],
  ])('refuses %s on a page of its own', async (_what, change, words) => {
    const { text, headers } = await open(change);
    expect(text).toContain(words);
    expect(headers['location']).toBeUndefined();
  });

  it('refuses rights that the app’s use cases don’t have', async () => {
    await caller.pull('app', { rights: ['pages_show_list'] });
    expect((await open({ scope: 'instagram_basic' })).text).toContain('Invalid Scopes');
  });

  it('comes back with code, state and the odd tail', async () => {
    const back = await caller.code();
    expect(back.hash).toBe('#_=_');
    expect(back.searchParams.get('state')).toBe('s 1');
    const declined = await caller.code({ deny: true });
    expect(Object.fromEntries(declined.searchParams)).toEqual({
      state: 's 1',
      error: 'access_denied',
      error_code: '200',
      error_reason: 'user_denied',
      error_description: 'Permissions error',
    });
  });

  it('lets the person untick rights and Pages', async () => {
    const back = await caller.code({ without: ['instagram_content_publish'], account: '@second' });
    const { body } = await token({
      redirect_uri: caller.redirect,
      code: back.searchParams.get('code') ?? '',
    });
    const access_token = String(body['access_token']);
    const permissions = await caller.call('GET', `${caller.graph}/me/permissions`, { access_token });
    expect(permissions.body['data']).toContainEqual({
      permission: 'instagram_content_publish',
      status: 'declined',
    });
    const accounts = await caller.call('GET', `${caller.graph}/me/accounts`, {
      access_token,
      fields: 'name',
    });
    expect(accounts.body['data']).toEqual([{ name: 'Second’s Page', id: expect.any(String) }]);
  });
});

describe('tokens', () => {
  const list = (access_token: string) =>
    caller.call('GET', `${caller.graph}/me/accounts`, { access_token, fields: 'id,access_token' });
  const pageOf = ({ body }: Reply) => (body['data'] as unknown as { id: string; access_token: string }[])[0]!;

  it('a Page’s lives as long as the person’s it came from', async () => {
    const code = (await caller.code()).searchParams.get('code') ?? '';
    const short = String((await token({ redirect_uri: caller.redirect, code })).body['access_token']);
    const early = pageOf(await list(short));
    const long = await token({ grant_type: 'fb_exchange_token', fb_exchange_token: short });
    const late = pageOf(await list(String(long.body['access_token'])));
    const read = (access_token: string) =>
      caller.call('GET', `${caller.graph}/${early.id}`, { access_token });
    caller.clock.advance(3 * HOUR);
    expect(errorOf(await read(early.access_token))).toBe('190/463');
    expect((await read(late.access_token)).status).toBe(200);
    caller.clock.advance(61 * 24 * HOUR);
    expect((await read(late.access_token)).status).toBe(200);
    expect(errorOf(await list(String(long.body['access_token'])))).toBe('190/463');
    // Ninety days after its person was last there nothing is left.
    caller.clock.advance(30 * 24 * HOUR);
    expect(errorOf(await read(late.access_token))).toBe('190/463');
  });

  it('are described by debug_token', async () => {
    const user = await caller.userToken();
    const ask = (input_token: string) =>
      caller.call('GET', `${caller.graph}/debug_token`, {
        input_token,
        access_token: `${caller.keys.client_id}|${caller.keys.client_secret}`,
      });
    expect((await ask(user)).body['data']).toMatchObject({
      type: 'USER',
      is_valid: true,
      app_id: caller.keys.client_id,
    });
    const page = pageOf(await list(user));
    expect((await ask(page.access_token)).body['data']).toMatchObject({
      type: 'PAGE',
      expires_at: 0,
      profile_id: page.id,
    });
    await caller.pull('revoke', { which: 'user' });
    expect((await ask(user)).body['data']).toMatchObject({ is_valid: false });
    expect((await ask('EAAnonsense')).body['data']).toMatchObject({ is_valid: false });
  });

  it('are refused with the reason', async () => {
    const read = (access_token: string) => caller.call('GET', `${caller.graph}/me`, { access_token });
    const user = await caller.userToken();
    expect(errorOf(await read(''))).toBe('104');
    expect(errorOf(await read('IGAAother'))).toBe('190');
    await caller.pull('app', { blocked: true });
    expect(errorOf(await read(user))).toBe('200');
    await caller.pull('app', { blocked: false });
    await caller.pull('revoke', { subcode: 458 });
    expect(errorOf(await read(user))).toBe('190/458');
  });

  it('the list of Pages comes in pages, and its next address has the token in it', async () => {
    await caller.quirks({ accountsPage: 1 });
    const user = await caller.userToken({ account: 'all' });
    const first = await list(user);
    const { next, cursors } = first.body['paging'] as unknown as { next: string; cursors: { after: string } };
    expect(next).toContain(encodeURIComponent(user));
    const second = await caller.call('GET', next);
    expect(second.body['data']).toEqual([
      { id: expect.not.stringMatching(pageOf(first).id), access_token: expect.any(String) },
    ]);
    expect(second.body['paging']).not.toHaveProperty('next');
    expect(cursors.after).not.toBe('');
  });

  it('may come without their length', async () => {
    await caller.quirks({ expiresInMissing: true });
    const code = (await caller.code()).searchParams.get('code') ?? '';
    expect((await token({ redirect_uri: caller.redirect, code })).body).not.toHaveProperty('expires_in');
  });
});

it('an old version, no version and unknown fields are refused', async () => {
  const access_token = await caller.userToken();
  const get = (url: string, fields = 'id') => caller.call('GET', url, { access_token, fields });
  expect(errorOf(await get('https://graph.facebook.com/v19.0/me'))).toBe('2635');
  expect(errorOf(await get('https://graph.facebook.com/me'))).toBe('2500');
  expect(caller.sandbox.complaints()).toHaveLength(1);
  expect(errorOf(await get(`${caller.graph}/me`, 'id,shoe_size'))).toBe('100');
});

describe('signing in from a device', () => {
  const post = (edge: string, values: Record<string, string>) =>
    caller.call('POST', `${caller.graph}/device/${edge}`, {
      access_token: `${caller.keys.client_id}|client-token`,
      ...values,
    });

  async function begin() {
    await caller.pull('app', { clientToken: 'client-token' });
    const { body } = await post('login', { scope: 'pages_show_list' });
    return { code: String(body['code']), user: String(body['user_code']) };
  }

  const decide = (user_code: string, decision: string) =>
    caller.call('POST', `https://www.facebook.com/device?user_code=${user_code}`, {
      decision,
      scope: 'pages_show_list',
    });

  it('waits, slows down, and gives a token', async () => {
    const { code, user } = await begin();
    expect(errorOf(await post('login_status', { code }))).toBe('31/1349174');
    expect(errorOf(await post('login_status', { code }))).toBe('31/1349172');
    await decide(user, 'approve');
    caller.clock.advance(5000);
    const { body } = await post('login_status', { code });
    const accounts = await caller.call('GET', `${caller.graph}/me/accounts`, {
      access_token: String(body['access_token']),
    });
    expect(accounts.status).toBe(200);
  });

  it('says that the person declined, and that a code is too old', async () => {
    const { code, user } = await begin();
    await decide(user, 'deny');
    expect(errorOf(await post('login_status', { code }))).toBe('31/1349173');
    caller.clock.advance(420_000);
    expect(errorOf(await post('login_status', { code }))).toBe('31/1349152');
  });

  it('needs the app’s client token', async () => {
    expect(errorOf(await post('login', { scope: 'pages_show_list' }))).toBe('190');
  });
});
