import { describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../src/core/clock.ts';
import { openPinterest, signedIn } from './pinterest-stage.ts';
import { failureOf } from './stage.ts';

describe('the consent address', () => {
  it('asks for rights separated by commas', () => {
    expect(openPinterest().authorizeUrl()).toBe(
      'https://www.pinterest.com/oauth/?client_id=sandbox-pinterest-id' +
        '&redirect_uri=https%3A%2F%2Flocalhost%3A8443%2Fcallback&response_type=code' +
        '&scope=boards%3Aread%2Cpins%3Aread%2Cpins%3Awrite%2Cuser_accounts%3Aread&state=state-1',
    );
  });

  it('is registered, and comes back when its person declines', async () => {
    const stage = openPinterest();
    await expect(stage.consent({}, { redirectUri: 'https://localhost:8443/' } as object)).rejects.toThrow(
      /redirect_uri/u,
    );
    expect(Object.fromEntries(await stage.consent({ deny: true }))).toEqual({
      error: 'access_denied',
      state: 'state-1',
    });
  });
});

describe('code for tokens', () => {
  it.each([' ', ','] as const)('reads rights that are separated by “%s”', async (scopeSeparator) => {
    const stage = openPinterest();
    await stage.quirks({ scopeSeparator });
    const grant = await stage.exchange(await stage.consent());
    expect(grant.scopes).toEqual(stage.signIn.scopes);
    expect(grant.expiresAt).toBe(stage.clock.now() + 30 * DAY);
    expect(grant.refreshExpiresAt).toBe(stage.clock.now() + 60 * DAY);
    const { headers, body } = stage.requests.at(-1)!;
    expect(Buffer.from(headers['authorization']!.slice(6), 'base64').toString()).toBe(
      'sandbox-pinterest-id:sandbox-pinterest-secret',
    );
    expect(body.toString()).toContain('continuous_refresh=true');
    expect(body.toString()).not.toContain('sandbox-pinterest-secret');
  });

  it('says all that it may be where Pinterest does not say what it is', async () => {
    const stage = openPinterest();
    const callback = await stage.consent();
    const refusals = [
      stage.exchange(callback, { app: { ...stage.app, clientSecret: 'wrong' } }),
      stage.exchange(callback, { redirectUri: 'https://localhost:8443/other' }),
    ];
    for (const refusal of refusals)
      expect(await failureOf(refusal)).toMatchObject({
        code: 'E_LOGIN_CODE',
        certain: true,
        hint: expect.stringContaining('secret and the redirect address'),
      });
    const late = await stage.consent();
    stage.clock.advance(600 * SECOND);
    expect(await failureOf(stage.exchange(late))).toMatchObject({ code: 'E_LOGIN_CODE' });
  });
});

describe('refreshing', () => {
  it('takes the new pair, and the sixty days begin anew', async () => {
    const { stage, me } = await signedIn();
    const request = { http: stage.plain, app: stage.app, clock: stage.clock, account: me.account };
    const first = me.grant();
    stage.clock.advance(11 * DAY);
    const second = await stage.signIn.refresh!({ ...request, grant: first });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(second.refreshExpiresAt).toBe(stage.clock.now() + 60 * DAY);
    expect(await failureOf(stage.signIn.refresh!({ ...request, grant: first }))).toMatchObject({
      code: 'E_LOGIN_NEEDED',
      kind: 'login',
      certain: true,
    });
  });

  it('gets another pair within the grace, where there is one', async () => {
    const { stage, me } = await signedIn({ graceSeconds: 60 });
    const request = {
      http: stage.plain,
      app: stage.app,
      clock: stage.clock,
      account: me.account,
      grant: me.grant(),
    };
    await stage.signIn.refresh!(request);
    expect((await stage.signIn.refresh!(request)).refreshToken).toBeDefined();
    stage.clock.advance(61 * SECOND);
    expect(await failureOf(stage.signIn.refresh!(request))).toMatchObject({ kind: 'login' });
  });

  it('is over after sixty idle days', async () => {
    const { stage, me } = await signedIn();
    stage.clock.advance(60 * DAY);
    expect(await me.drive()).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' }, runs: 1 });
  });

  it('is begun long before that, also by an account that posts nothing', () => {
    const { refreshAheadMs } = openPinterest().signIn;
    expect(30 * DAY - refreshAheadMs!).toBeLessThanOrEqual(30 * DAY);
    expect(refreshAheadMs).toBeGreaterThanOrEqual(7 * DAY);
  });

  it.each([
    ['503', { kind: 'status', status: 503 }, 'E_PLATFORM_DOWN', 'retry'],
    ['429', { kind: 'status', status: 429, body: { code: 8, message: 'x' } }, 'E_RATE_LIMIT', 'later'],
    ['a lost answer', { kind: 'lost' }, 'E_NO_ANSWER', 'retry'],
    ['a page', { kind: 'garbage' }, 'E_BAD_ANSWER', 'retry'],
  ] as const)('leaves the account alone after %s', async (_name, action, code, kind) => {
    const { stage, me } = await signedIn();
    stage.sandbox.faults.add({ path: '/v5/oauth/token', times: 1, action });
    const failure = await failureOf(
      stage.signIn.refresh!({
        http: stage.plain,
        app: stage.app,
        clock: stage.clock,
        account: me.account,
        grant: me.grant(),
      }),
    );
    expect(failure).toMatchObject({ code, kind });
  });

  it('repeats a call once after an access token ended', async () => {
    const { stage, me } = await signedIn();
    await stage.pull('endTokens');
    expect((await me.drive()).state).toBe('published');
    expect(stage.asked('POST', /token$/u)).toHaveLength(2);
  });
});

describe('who it is', () => {
  const offered = async (stage: ReturnType<typeof openPinterest>) =>
    stage.identities(await stage.exchange(await stage.consent()));

  it('is the account, ready where it has one board', async () => {
    expect(await offered(openPinterest())).toEqual([
      {
        remoteId: '1000000000000000101',
        handle: '@creator',
        name: 'creator',
        url: 'https://www.pinterest.com/creator/',
      },
    ]);
  });

  it('is told what it lacks, and which boards there are', async () => {
    const stage = openPinterest();
    await stage.quirks({ tellsId: false });
    await stage.pull('account', { accountType: 'PINNER' });
    await stage.pull('board', { name: 'Food' });
    const [identity] = await offered(stage);
    expect(identity!.remoteId).toBe('creator');
    expect(identity!.warnings).toEqual([
      expect.stringContaining('business account'),
      expect.stringContaining('(Clips, Food)'),
    ]);
  });
});
