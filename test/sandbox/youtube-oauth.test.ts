import { describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../src/core/clock.ts';
import { approveWithin } from '../../src/sandbox/person.ts';
import { bothScopes, codeForm, openChannel, openGoogle, reasonOf } from './youtube-google.ts';

describe('Google’s consent page', () => {
  it.each(['http://127.0.0.1:1', 'http://[::1]:65535/x', 'http://localhost:8080/callback'])(
    'sends back to %s',
    async (redirect_uri) => {
      const google = openGoogle();
      const answer = await google.consent({}, { redirect_uri });
      expect(Object.fromEntries(answer)).toEqual({
        state: 'st/at e',
        iss: 'https://accounts.google.com',
        code: expect.stringMatching(/^4\/0A/u),
        scope: bothScopes,
      });
    },
  );

  it.each([
    [{ redirect_uri: 'https://example.com/callback' }, 'redirect_uri_mismatch'],
    [{ redirect_uri: 'urn:ietf:wg:oauth:2.0:oob' }, 'redirect_uri_mismatch'],
    [{ client_id: 'nobody' }, 'invalid_client'],
    [{ scope: 'https://www.googleapis.com/auth/drive' }, 'invalid_scope'],
    [{ response_type: 'token' }, 'invalid_request'],
  ])('shows an error page for %j and sends nobody back', async (change, says) => {
    const google = openGoogle();
    await expect(approveWithin(google.sandbox, google.authorizeUrl(change))).rejects.toThrow(says);
  });

  it('lets only test users in while the app is in Testing', async () => {
    const google = openGoogle();
    await google.quirks({ testing: true });
    google.sandbox.world.apps('youtube')[0]!.settings['testUsers'] = ['@second'];
    await expect(google.consent({ account: '@creator' })).rejects.toThrow('verification process');
    expect((await google.consent({ account: '@second' })).has('code')).toBe(true);
  });

  it('lets a person untick a right, and say no', async () => {
    const google = openGoogle();
    const [uploads, reads] = bothScopes.split(' ');
    const answer = await google.login({ without: [reads!] });
    expect(answer.json['scope']).toBe(uploads);
    expect((await google.consent({ deny: true })).get('error')).toBe('access_denied');
  });
});

describe('Google’s token endpoint', () => {
  it('checks code, verifier, secret and address', async () => {
    const google = openGoogle();
    const form = async () => codeForm((await google.consent()).get('code') ?? '');
    const used = await form();
    expect((await google.token(used)).status).toBe(200);
    const cases: [Record<string, string | undefined>, number, string][] = [
      [used, 400, 'invalid_grant'],
      [{ ...(await form()), code_verifier: 'y'.repeat(43) }, 400, 'invalid_grant'],
      [{ ...(await form()), code_verifier: undefined }, 400, 'invalid_grant'],
      [{ ...(await form()), client_secret: undefined }, 400, 'invalid_request'],
      [{ ...(await form()), client_secret: 'wrong' }, 401, 'invalid_client'],
      [{ ...(await form()), client_id: 'nobody' }, 401, 'invalid_client'],
      [{ ...(await form()), redirect_uri: 'http://127.0.0.1:1' }, 400, 'redirect_uri_mismatch'],
      [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ];
    for (const [fields, status, error] of cases) {
      const { status: got, json } = await google.token(fields);
      expect([got, json['error']]).toEqual([status, error]);
    }
  });

  it('gives a refresh token the second time only with consent', async () => {
    const google = openGoogle();
    const first = await google.login({}, { prompt: undefined });
    expect(first.json).toMatchObject({
      expires_in: 3599,
      token_type: 'Bearer',
      refresh_token: expect.stringMatching(/^1\/\/0/u),
    });
    expect((await google.login({}, { prompt: undefined })).json['refresh_token']).toBeUndefined();
    expect((await google.login()).json['refresh_token']).toBeDefined();
    const fresh = await google.token({
      grant_type: 'refresh_token',
      refresh_token: first.json['refresh_token'],
    });
    expect(fresh.json['access_token']).toBeDefined();
    expect(fresh.json['refresh_token']).toBeUndefined();
  });

  it('ends refresh tokens in every known way', async () => {
    const google = openGoogle();
    const renew = async (refresh_token: string) => {
      const { status, json } = await google.token({ grant_type: 'refresh_token', refresh_token });
      return status === 200 ? 'ok' : `${json['error']} ${json['error_subtype'] ?? ''}`.trim();
    };
    const login = async () => String((await google.login()).json['refresh_token']);

    await google.quirks({ testing: true });
    const testing = await google.login();
    expect(testing.json['refresh_token_expires_in']).toBe(604_800);
    google.clock.advance(7 * DAY - SECOND);
    expect(await renew(String(testing.json['refresh_token']))).toBe('ok');
    google.clock.advance(SECOND);
    expect(await renew(String(testing.json['refresh_token']))).toBe('invalid_grant');
    await google.quirks({ testing: false });

    const idle = await login();
    google.clock.advance(170 * DAY);
    expect(await renew(idle)).toBe('ok');
    google.clock.advance(184 * DAY);
    expect(await renew(idle)).toBe('invalid_grant');

    const oldest = await login();
    const others: string[] = [];
    for (let n = 0; n < 100; n += 1) {
      google.clock.advance(SECOND);
      others.push(await login());
    }
    expect(await renew(others[0]!)).toBe('ok');
    expect(await renew(oldest)).toBe('invalid_grant');

    const [kept] = others;
    await google.quirks({ sessionPolicy: true });
    expect(await renew(kept!)).toBe('invalid_grant invalid_rapt');
    await google.quirks({ sessionPolicy: false });
    const revoke = () =>
      google.send('https://oauth2.googleapis.com/revoke', {
        method: 'POST',
        body: `token=${encodeURIComponent(kept!)}`,
      });
    expect((await revoke()).status).toBe(200);
    expect((await revoke()).json['error']).toBe('invalid_token');
    expect(await renew(others[1]!)).toBe('invalid_grant');
  });
});

describe('who may call the API', () => {
  it('is told apart by token, right and channel', async () => {
    const google = openGoogle();
    const channel = await openChannel(google);
    const mine = { part: 'id', mine: 'true' };
    expect((await channel.list('channels', mine)).status).toBe(200);

    google.clock.advance(3599 * SECOND);
    const late = await channel.list('channels', mine);
    expect([late.status, reasonOf(late)]).toEqual([401, 'authError']);
    expect(late.headers['www-authenticate']).toContain('invalid_token');

    const again = await openChannel(google);
    await google.pull('endAccessTokens');
    expect((await again.list('channels', mine)).status).toBe(401);

    const [uploads, reads] = bothScopes.split(' ');
    const blind = await openChannel(google, { without: [reads!] });
    const refused = await blind.list('videos', { part: 'id', id: 'x' });
    expect([refused.status, reasonOf(refused)]).toEqual([403, 'insufficientPermissions']);
    expect(refused.text).toContain('ACCESS_TOKEN_SCOPE_INSUFFICIENT');
    expect((await blind.upload()).status).toBe(201);
    const mute = await openChannel(google, { without: [uploads!] });
    expect(reasonOf(await mute.open())).toBe('insufficientPermissions');

    await google.pull('account', { account: '@second', settings: { noChannel: true } });
    const nobody = await openChannel(google, { account: '@second' });
    expect(reasonOf(await nobody.open())).toBe('youtubeSignupRequired');
    expect(reasonOf(await nobody.list('channels', mine))).toBe('youtubeSignupRequired');
    await google.quirks({ noChannelAnswer: 'empty' });
    expect((await nobody.list('channels', mine)).json['items']).toBeUndefined();

    await google.quirks({ apiEnabled: false });
    const off = await blind.open();
    expect([off.status, reasonOf(off)]).toEqual([403, 'accessNotConfigured']);
    expect(off.text).toContain('SERVICE_DISABLED');
  });
});
