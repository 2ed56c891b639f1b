import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { mask } from '../../src/net/redact.ts';
import { firstAppPassword, mainPassword } from '../../src/sandbox/bluesky-sessions.ts';
import type { Stage } from './bluesky-stage.ts';
import { appPassword, home, openStage, self } from './bluesky-stage.ts';

let stage: Stage;

beforeEach(() => {
  stage = openStage();
});

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Failure) => ({ code: error.code, kind: error.kind, message: error.message }),
  );
const app = { platform: 'bluesky', host: '', clientId: '', settings: {} } as const;

describe('signing in by app password', () => {
  const enter = (token = firstAppPassword, handle: string | undefined = 'creator.bsky.social', at?: string) =>
    appPassword.fromToken({
      http: stage.plain,
      app: undefined,
      clock: stage.clock,
      token,
      ...(handle === '' ? {} : { handle }),
      ...(at === undefined ? {} : { at }),
    });

  it('needs no browser, and says how the account signed in', async () => {
    const { identity, grant } = await stage.login('password');
    expect(identity.settings).toMatchObject({ pds: home, signIn: 'app-password' });
    expect(identity.warnings).toBeUndefined();
    expect(grant()).toMatchObject({
      expiresAt: stage.clock.now() + 2 * HOUR,
      refreshExpiresAt: stage.clock.now() + 90 * DAY,
      scopes: ['app-password'],
    });
    // The password itself is used once and kept nowhere.
    expect(JSON.stringify(grant())).not.toContain(firstAppPassword);
    expect(mask(firstAppPassword)).not.toContain(firstAppPassword);
    expect(stage.sent('com.atproto.server.createSession')[0]!.origin).toBe('https://bsky.social');
  });

  it('goes to somebody’s own server', async () => {
    await stage.pull('move', { account: '@creator', pds: self });
    await enter();
    await enter(firstAppPassword, 'creator.bsky.social', 'pds.example.org');
    expect(stage.sent('com.atproto.server.createSession').map(({ origin }) => origin)).toEqual([self, self]);
  });

  it('also to one without a sign-in in the browser', async () => {
    await stage.pull('move', { account: '@creator', pds: self });
    stage.sandbox.faults.add({ path: '/.well-known/', action: { kind: 'status', status: 404 } });
    expect((await enter()).scopes).toEqual(['app-password']);
  });

  it('warns of an address that is not confirmed', async () => {
    await stage.quirks({ emailConfirmed: false });
    const { identity } = await stage.login('password');
    expect(identity.warnings?.[0]).toContain('not confirmed');
  });

  it('keeps no session that was opened with the account’s own password', async () => {
    expect(await failureOf(enter(mainPassword))).toMatchObject({
      code: 'E_LOGIN_CODE',
      message: 'That is the account’s own password.',
    });
    expect(stage.sent('com.atproto.server.deleteSession')).toHaveLength(1);
    await stage.quirks({ emailFactor: true });
    expect(await failureOf(enter(mainPassword))).toMatchObject({
      message: 'That is the account’s own password.',
    });
  });

  it('says what is wrong', async () => {
    expect(await failureOf(enter('aaaa-bbbb-cccc-dddd'))).toMatchObject({ code: 'E_LOGIN_CODE' });
    expect(await failureOf(enter(firstAppPassword, ''))).toMatchObject({ code: 'E_MISSING_ANSWER' });
    expect(await failureOf(enter(firstAppPassword, 'nobody.example.com'))).toMatchObject({ code: 'E_USAGE' });
    await stage.pull('status', { account: '@creator', status: 'takendown' });
    expect(await failureOf(enter())).toMatchObject({ code: 'E_ACCOUNT_BLOCKED' });
    await stage.pull('status', { account: '@creator', status: 'active' });
    await stage.quirks({ sessionsPer5Min: 0 });
    expect(await failureOf(enter())).toMatchObject({ code: 'E_RATE_LIMIT', kind: 'later' });
  });

  it('renews, again and again; an answer that was lost costs nothing for two hours', async () => {
    const me = await stage.login('password');
    const refresh = (grant = me.grant()) =>
      appPassword.refresh!({ http: stage.plain, app, clock: stage.clock, grant, account: me.account });
    await refresh();
    stage.clock.advance(HOUR);
    const second = await refresh();
    await refresh(second);
    stage.clock.advance(2 * HOUR);
    expect(await failureOf(refresh())).toMatchObject({ code: 'E_LOGIN_NEEDED', kind: 'login' });
    // The one that was used in between has gone on from there, and within its own two hours does so again.
    expect((await failureOf(refresh(second)))?.kind ?? 'renewed').toBe('renewed');
  });

  it('ends with the password', async () => {
    const { password } = (await stage.pull('appPassword', { account: '@creator' })) as { password: string };
    expect(password).toMatch(/^([a-z2-7]{4}-){3}[a-z2-7]{4}$/u);
    const grant = await enter(password);
    await stage.pull('revokePassword', { password });
    const account = (await stage.login('password')).account;
    stage.clock.advance(MINUTE);
    expect(
      await failureOf(appPassword.refresh!({ http: stage.plain, app, clock: stage.clock, grant, account })),
    ).toMatchObject({
      kind: 'login',
    });
  });

  it('signs out', async () => {
    const me = await stage.login('password');
    const request = { http: stage.plain, app, clock: stage.clock, grant: me.grant(), account: me.account };
    await appPassword.revoke!(request);
    expect(await failureOf(appPassword.refresh!(request))).toMatchObject({ kind: 'login' });
  });
});
