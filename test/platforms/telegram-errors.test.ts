import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { openStage } from './telegram-stage.ts';

const refusals: [number, string, string, string][] = [
  [401, 'Unauthorized', 'E_LOGIN_NEEDED', 'login'],
  [404, 'Not Found', 'E_LOGIN_NEEDED', 'login'],
  [400, 'Bad Request: chat not found', 'E_NO_CHANNEL', 'login'],
  [403, 'Forbidden: bot is not a member of the channel chat', 'E_NO_CHANNEL', 'login'],
  [403, 'Forbidden: bot was kicked from the channel chat', 'E_NO_CHANNEL', 'login'],
  [400, 'Bad Request: need administrator rights in the channel chat', 'E_SCOPES', 'login'],
  [400, 'Bad Request: not enough rights to send videos to the chat', 'E_SCOPES', 'login'],
  [400, 'Bad Request: not enough rights to send text messages to the chat', 'E_SCOPES', 'login'],
  [400, 'Bad Request: CHAT_WRITE_FORBIDDEN', 'E_SCOPES', 'login'],
  [400, 'Bad Request: CHAT_ADMIN_REQUIRED', 'E_SCOPES', 'login'],
  [413, 'Request Entity Too Large', 'E_MEDIA_REFUSED', 'dead'],
  [400, 'Bad Request: message caption is too long', 'E_TEXT_REFUSED', 'dead'],
  [400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 3", 'E_TEXT_REFUSED', 'dead'],
  [400, 'Bad Request: file must be non-empty', 'E_MEDIA_REFUSED', 'dead'],
  [400, 'Bad Request: something that nobody has seen yet', 'E_REFUSED', 'dead'],
  [403, 'Forbidden: something else', 'E_REFUSED', 'dead'],
];

describe.each([
  ['the upload', 'sendVideo$'],
  ['the post', 'sendAnimation$'],
])('Telegram refuses %s', (_name, path) => {
  it.each(refusals)('%i %s', async (status, description, code, end) => {
    const stage = openStage();
    const me = await stage.account();
    const body = { ok: false, error_code: status, description };
    stage.sandbox.faults.add({ path, times: 10, action: { kind: 'status', status, body } });
    const outcome = await me.drive();
    expect([outcome.error?.code, outcome.state === 'waiting' ? 'login' : outcome.state]).toEqual([code, end]);
    expect(outcome.error?.message).toMatch(/Telegram/);
    expect(stage.sandbox.posts()).toEqual([]);
  });

  it.each<[string, Record<string, number>, Record<string, string>, number]>([
    ['in its body', { retry_after: 35 }, {}, 35 * SECOND],
    ['in its header', {}, { 'retry-after': '12' }, 12 * SECOND],
    ['nowhere', {}, {}, MINUTE],
    ['as nonsense', { retry_after: 9e9 }, {}, 26 * HOUR],
  ])('429, told how long to wait %s', async (_where, parameters, headers, wait) => {
    const stage = openStage();
    const me = await stage.account();
    const body = { ok: false, error_code: 429, description: 'Too Many Requests', parameters };
    stage.sandbox.faults.add({ path, times: 1, action: { kind: 'status', status: 429, headers, body } });
    const before = stage.clock.now();
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'published', waits: ['quota E_RATE_LIMIT'] });
    expect(stage.clock.now() - before).toBe(wait);
  });
});

describe('the simulated Telegram refuses by itself', () => {
  const channel = '-1002000000101';

  it.each([
    ['the bot was removed', { status: 'left' }, 'E_NO_CHANNEL'],
    ['the bot was thrown out', { status: 'kicked' }, 'E_NO_CHANNEL'],
    ['the bot is an ordinary member', { status: 'member' }, 'E_SCOPES'],
    ['the right was taken away', { canPost: false }, 'E_SCOPES'],
  ])('%s', async (_name, change, code) => {
    const stage = openStage();
    const me = await stage.account();
    await stage.pull('member', { chat: channel, ...change });
    const outcome = await me.drive();
    expect([outcome.state, outcome.error?.code]).toEqual(['waiting', code]);
    expect(outcome.error?.hint).toMatch(/administrator/);
    await stage.pull('member', { chat: channel, status: 'administrator', canPost: true });
    expect((await me.drive({ journal: outcome.journal })).state).toBe('published');
    expect(stage.sandbox.posts()).toHaveLength(1);
  });

  it('a token that was taken back', async () => {
    const stage = openStage();
    const me = await stage.account();
    await stage.pull('newToken');
    const outcome = await me.drive();
    expect([outcome.state, outcome.error?.code]).toEqual(['waiting', 'E_LOGIN_NEEDED']);
  });

  it('a file that is too large', async () => {
    const stage = openStage();
    const me = await stage.account();
    await stage.quirks({ maxBytes: 1000 });
    const outcome = await me.drive();
    expect([outcome.state, outcome.error?.code]).toEqual(['dead', 'E_MEDIA_REFUSED']);
  });

  it('a staging chat whose person has blocked the bot', async () => {
    const stage = openStage();
    const me = await stage.account();
    await stage.pull('member', { chat: '5000000101', status: 'kicked' });
    const outcome = await me.drive();
    expect([outcome.state, outcome.error?.code]).toEqual(['waiting', 'E_NO_CHANNEL']);
  });
});
