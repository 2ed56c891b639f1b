import { describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../src/core/clock.ts';
import { linkedin } from '../../src/platforms/linkedin.ts';
import { openMember, openPages } from './linkedin-stage.ts';
import { failureOf } from './stage.ts';

describe('the consent address', () => {
  it('spells blanks as %20', () => {
    expect(openMember().authorizeUrl()).toBe(
      'https://www.linkedin.com/oauth/v2/authorization?response_type=code&client_id=sandbox-linkedin-id' +
        '&redirect_uri=https%3A%2F%2Flocalhost%3A8443%2Fcallback&state=state-1' +
        '&scope=openid%20profile%20w_member_social',
    );
  });

  it('is registered: another redirect shows a page and never comes back', async () => {
    const stage = openMember();
    for (const redirectUri of ['https://localhost:8443/callback/', 'https://127.0.0.1:8443/callback'])
      await expect(stage.consent({}, { redirectUri } as object)).rejects.toThrow(/redirect_uri/u);
  });

  it('comes back in LinkedIn’s own words when its person declines', async () => {
    expect(Object.fromEntries(await openMember().consent({ deny: true }))).toMatchObject({
      error: 'user_cancelled_authorize',
      state: 'state-1',
    });
  });

  it('comes back at once for rights that the app was not given', async () => {
    const stage = openMember({ scopes: ['openid', 'profile'] });
    expect((await stage.consent()).get('error')).toBe('unauthorized_scope_error');
  });
});

describe('code for tokens', () => {
  it.each([',', ' '] as const)('reads rights that are separated by “%s”', async (scopeSeparator) => {
    const stage = openMember();
    await stage.quirks({ scopeSeparator });
    const grant = await stage.exchange(await stage.consent());
    expect(grant.scopes).toEqual(['openid', 'profile', 'w_member_social']);
    expect(grant.expiresAt).toBe(stage.clock.now() + 60 * DAY);
    expect(grant.refreshToken).toBeUndefined();
    expect(grant.accessToken.length).toBeGreaterThan(300);
  });

  it('tells a spent code from wrong keys', async () => {
    const stage = openMember();
    const callback = await stage.consent();
    const stranger = { app: { ...stage.app, clientSecret: 'wrong' } };
    expect(await failureOf(stage.exchange(callback, stranger))).toMatchObject({ code: 'E_CLIENT_INVALID' });
    await stage.exchange(callback);
    expect(await failureOf(stage.exchange(callback))).toMatchObject({
      code: 'E_LOGIN_CODE',
      message: expect.stringContaining('Unable to retrieve access token'),
    });
    const late = await stage.consent();
    stage.clock.advance(1800 * SECOND);
    expect(await failureOf(stage.exchange(late))).toMatchObject({ code: 'E_LOGIN_CODE' });
  });
});

describe('a sign-in’s end', () => {
  const refreshed =
    (stage: ReturnType<typeof openMember>) => async (me: Awaited<ReturnType<typeof stage.login>>) =>
      stage.signIn.refresh!({
        http: stage.plain,
        app: stage.app,
        clock: stage.clock,
        grant: me.grant(),
        account: me.account,
      });

  it('comes after sixty days, and only its person renews it', async () => {
    const stage = openMember();
    const me = await stage.login();
    expect(await failureOf(refreshed(stage)(me))).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    stage.clock.advance(60 * DAY);
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_LOGIN_NEEDED' }, runs: 1 });
    expect(stage.posts()).toEqual([]);
  });

  it('is put off for partners, until a day that nothing moves', async () => {
    const stage = openMember();
    await stage.quirks({ partner: true });
    const me = await stage.login();
    const endsAt = me.grant().refreshExpiresAt!;
    expect(endsAt).toBe(stage.clock.now() + 365 * DAY);
    stage.clock.advance(50 * DAY);
    const renewed = await refreshed(stage)(me);
    expect(renewed.accessToken).not.toBe(me.grant().accessToken);
    expect(renewed.refreshToken).toBe(me.grant().refreshToken);
    expect(renewed.refreshExpiresAt).toBe(endsAt);
    await stage.pull('endTokens', { refresh: true });
    expect(await failureOf(refreshed(stage)(me))).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    expect((await me.drive()).state).toBe('waiting');
  });
});

describe('who it is', () => {
  it('is a member, written by the shown name', async () => {
    const stage = openMember();
    const grant = await stage.exchange(await stage.consent());
    expect(await stage.identities(grant)).toEqual([
      {
        remoteId: 'urn:li:person:crEaToR101',
        handle: 'creator',
        name: 'Creator',
        warnings: [expect.stringContaining('sixty days')],
      },
    ]);
  });

  it('waits while LinkedIn refuses the token that it has just given', async () => {
    const stage = openMember();
    await stage.quirks({ tokenRefusedSeconds: 14 });
    const grant = await stage.exchange(await stage.consent());
    const asking = stage.identities(grant);
    while (stage.asked('GET', /userinfo$/u).length < 6) {
      await new Promise((resolve) => setImmediate(resolve));
      if (stage.clock.nextWakeAt() !== undefined) stage.clock.advance(3 * SECOND);
    }
    expect(await asking).toHaveLength(1);
  });

  it('gives up where LinkedIn goes on refusing', async () => {
    const stage = openMember();
    await stage.quirks({ tokenRefusedSeconds: 3600 });
    const grant = await stage.exchange(await stage.consent());
    const asking = failureOf(stage.identities(grant));
    while (stage.asked('GET', /userinfo$/u).length < 6) {
      await new Promise((resolve) => setImmediate(resolve));
      if (stage.clock.nextWakeAt() !== undefined) stage.clock.advance(3 * SECOND);
    }
    expect(await asking).toMatchObject({
      code: 'E_LOGIN_NEEDED',
      message: expect.stringContaining('revoked'),
    });
  });

  it('is the pages that its person may post for, and why not the others', async () => {
    const stage = openPages();
    const grant = await stage.exchange(await stage.consent());
    expect(await stage.identities(grant)).toEqual([
      {
        remoteId: 'urn:li:organization:10100101',
        handle: 'creator-studio',
        name: 'Creator Studio',
        url: 'https://www.linkedin.com/company/creator-studio/',
        settings: { signIn: 'page' },
      },
      {
        remoteId: 'urn:li:organization:10100202',
        handle: '10100202',
        name: '10100202',
        url: 'https://www.linkedin.com/company/10100202/',
        settings: { signIn: 'page' },
        ineligible: expect.stringContaining('admin'),
      },
    ]);
    expect(stage.sandbox.complaints()).toEqual([]);
  });
});

describe('a pasted token', () => {
  const paste = (
    stage: ReturnType<typeof openMember>,
    token: string,
    app: typeof stage.app | undefined = stage.app,
  ) => stage.signIn.fromToken!({ http: stage.plain, app, clock: stage.clock, token });

  it('tells its rights and its end', async () => {
    const stage = openMember();
    const { token } = (await stage.pull('token', {
      scopes: ['openid', 'profile', 'w_member_social', 'w_organization_social', 'rw_organization_admin'],
    })) as { token: string };
    const grant = await paste(stage, token);
    expect(grant.accessToken).toBe(token);
    expect(Math.abs(grant.expiresAt! - (stage.clock.now() + 60 * DAY))).toBeLessThan(SECOND);
    expect((await stage.identities(grant)).map(({ handle }) => handle)).toEqual([
      'creator',
      'creator-studio',
      '10100202',
    ]);
  });

  it('says what it lacks', async () => {
    const stage = openMember();
    const { token } = (await stage.pull('token', { scopes: ['openid', 'profile'] })) as { token: string };
    const [member] = await stage.identities(await paste(stage, token));
    expect(member!.ineligible).toContain('w_member_social');
  });

  it('is refused where it is none, or nobody can ask', async () => {
    const stage = openMember();
    expect(await failureOf(paste(stage, 'nonsense'))).toMatchObject({ code: 'E_LOGIN_CODE' });
    const noApp = stage.signIn.fromToken!({
      http: stage.plain,
      app: undefined,
      clock: stage.clock,
      token: 'x',
    });
    expect(await failureOf(noApp)).toMatchObject({ code: 'E_NO_APP' });
  });
});

it('names its two ways to sign in', () => {
  expect(Object.keys(linkedin.otherSignIns ?? {})).toEqual(['page']);
});
