import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/core/failure.ts';
import { telegram } from '../../src/platforms/telegram.ts';
import { sandboxBotToken } from '../../src/sandbox/telegram.ts';
import { openStage } from './telegram-stage.ts';

const channel = '-1002000000101';
const staging = '5000000101';

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('it went well');
    },
    (error: unknown) => error as Failure,
  );

describe('signing in to Telegram', () => {
  it('knows the channel by its number, and the chat with the bot’s person', async () => {
    const stage = openStage();
    const { identities } = await stage.login();
    expect(identities).toEqual([
      {
        remoteId: channel,
        handle: '@creator',
        name: 'Creator',
        url: 'https://t.me/creator',
        settings: { bot: 'sandbox_repost_bot', staging },
        grantExtra: { session: JSON.stringify({ channel }) },
      },
    ]);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it.each(['creator', '@Creator', channel])('takes the channel as %s', async (handle) => {
    const { identities } = await openStage().login(handle);
    expect(identities[0]?.remoteId).toBe(channel);
  });

  it('knows a private channel by its number only', async () => {
    const stage = openStage();
    await stage.pull('rename', { chat: channel, username: null });
    const { identities } = await stage.login(channel);
    expect(identities[0]).toMatchObject({ handle: channel, remoteId: channel });
    expect(identities[0]?.url).toBeUndefined();
  });

  it('advises to write to the bot where nobody has', async () => {
    const stage = openStage();
    await stage.quirks({ webhook: true });
    const { identities } = await stage.login();
    expect(identities[0]?.settings).toEqual({ bot: 'sandbox_repost_bot' });
    expect(identities[0]?.warnings?.[0]).toMatch(/Write \/start to @sandbox_repost_bot/);
  });

  it.each([
    ['not an administrator', { status: 'member' }, /not an administrator/],
    ['not allowed to post', { canPost: false }, /not allowed to post messages/],
  ])('says why it can’t be used: %s', async (_name, change, why) => {
    const stage = openStage();
    await stage.pull('member', { chat: channel, ...change });
    const { identities } = await stage.login();
    expect(identities[0]?.ineligible).toMatch(why);
  });

  it('refuses a chat with a person', async () => {
    const { identities } = await openStage().login(staging);
    expect(identities[0]?.ineligible).toMatch(/a chat with a person/);
  });

  it('wants the channel’s name, and a token that Telegram knows', async () => {
    const stage = openStage();
    const { signIn } = telegram;
    if (signIn.kind !== 'token') throw new Error('a token');
    const { http } = await stage.login();
    const asked = { http, app: undefined, clock: stage.clock };
    const nameless = await failureOf(signIn.fromToken({ ...asked, token: sandboxBotToken }));
    expect(nameless).toMatchObject({ code: 'E_MISSING_ANSWER' });
    expect((await failureOf(stage.login('@creator', 'no token at all'))).code).toBe('E_LOGIN_CODE');
    const stranger = `7000000999:${'A'.repeat(35)}`;
    expect((await failureOf(stage.login('@creator', stranger))).code).toBe('E_LOGIN_CODE');
    const malformed = '7000000999:AAAAAAAAAAAAAAAAAAAAAAAA';
    expect((await failureOf(stage.login('@creator', malformed))).code).toBe('E_LOGIN_CODE');
    expect((await failureOf(stage.login('@nobody'))).code).toBe('E_NO_CHANNEL');
  });

  it('asks a server of one’s own, at its own address', () => {
    const session = JSON.stringify({ channel, server: 'http://127.0.0.1:8081' });
    const grant = { accessToken: sandboxBotToken, scopes: [], obtainedAt: 0, extra: { session } };
    const request = { url: 'https://api.telegram.org/bot/sendVideo' };
    expect(telegram.authorize?.(request, grant, openStage().clock)).toEqual({
      url: `http://127.0.0.1:8081/bot${sandboxBotToken}/sendVideo`,
    });
  });

  it('takes larger files where the server is one’s own', async () => {
    const { account } = await openStage().account();
    expect(telegram.mediaFor?.(account).maxBytes).toBe(50_000_000);
    const own = { ...account, settings: { server: 'http://127.0.0.1:8081' } };
    expect(telegram.mediaFor?.(own).maxBytes).toBe(2_000_000_000);
  });
});
