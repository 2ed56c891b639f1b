import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { mask } from '../../src/net/redact.ts';
import { telegram } from '../../src/platforms/telegram.ts';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import { sandboxBotToken } from '../../src/sandbox/telegram.ts';
import { count, openStage, textOf } from './telegram-stage.ts';
import { mediaFile } from './x-stage.ts';

const channel = '-1002000000101';
const staging = '5000000101';
const secret = sandboxBotToken.split(':')[1] ?? '';

describe('posting to Telegram', () => {
  it('sends the file to the staging chat, then one small message, then tidies up', async () => {
    const stage = openStage();
    const me = await stage.account();
    const media = mediaFile(300_000);
    const outcome = await me.drive({ job: { media } });
    expect(outcome).toMatchObject({
      state: 'published',
      post: { id: '1', url: 'https://t.me/creator/1' },
    });
    const [shown] = stage.sandbox.posts();
    expect(shown).toMatchObject({ accountId: channel, id: '1', sha256: media.sha256, bytes: 300_000 });
    expect(shown?.text).toBe('Salt & <pepper> on the stove #food');
    expect(shown?.facts).toMatchObject({ width: 1080, height: 1920, silent: false });
    const sendings = stage.requests.filter(({ path }) => /\/send/u.test(path));
    expect(sendings.map(({ body }) => body.length > 300_000)).toEqual([true, false]);
    expect(await stage.pull('messages', { chat: staging })).toEqual([]);
    expect(stage.sandbox.complaints()).toEqual([]);
  });

  it('an animation is sent on as one: a silent video may come back so', async () => {
    const stage = openStage();
    const me = await stage.account();
    expect((await me.drive()).state).toBe('published');
    expect(stage.sandbox.posts()[0]?.facts).toMatchObject({ kind: 'animation' });
    expect(count(stage, 'sendAnimation')).toBe(1);
    await stage.quirks({ silentIsAnimation: false });
    expect((await me.drive()).state).toBe('published');
    expect(stage.sandbox.posts()[0]?.facts).toMatchObject({ kind: 'video' });
  });

  it('goes straight to the channel where there is no staging chat', async () => {
    const stage = openStage();
    const me = await stage.account();
    expect((await me.drive({ job: { options: { staging: 'none' } } })).state).toBe('published');
    expect(count(stage, 'sendVideo')).toBe(1);
    expect(count(stage, 'deleteMessage')).toBe(0);
    expect(stage.sandbox.posts()).toHaveLength(1);
  });

  it('keeps what the rule says', async () => {
    const stage = openStage();
    const me = await stage.account();
    const options = { silent: true, spoiler: true, protect: true, captionAbove: true, staging: '@second' };
    expect((await me.drive({ job: { options } })).state).toBe('published');
    const [first, second] = stage.requests.filter(({ path }) => /\/send/u.test(path));
    expect(first?.body.toString('latin1')).toContain('@second');
    const form = new URLSearchParams(second?.body.toString());
    expect(Object.fromEntries(form)).toMatchObject({
      disable_notification: 'true',
      has_spoiler: 'true',
      protect_content: 'true',
      show_caption_above_media: 'true',
    });
    expect(stage.sandbox.posts()[0]?.facts).toMatchObject({ silent: true });
  });

  it('posts by the number: a channel that was renamed is still the channel', async () => {
    const stage = openStage();
    const me = await stage.account();
    await stage.pull('rename', { chat: channel, username: 'creator_two' });
    expect((await me.drive()).post?.url).toBe('https://t.me/creator_two/1');
    await stage.pull('rename', { chat: channel, username: null });
    expect((await me.drive()).post?.url).toBe('https://t.me/c/2000000101/2');
  });

  it('follows a group that became a supergroup', async () => {
    const stage = openStage();
    const { id } = (await stage.pull('group', { title: 'Friends' })) as { id: string };
    const me = await stage.account(id);
    const moved = (await stage.pull('migrate', { chat: id })) as { id: string };
    expect((await me.drive()).state).toBe('published');
    expect(stage.sandbox.posts().map(({ accountId }) => accountId)).toEqual([moved.id]);
  });

  it('uploads again what Telegram has forgotten', async () => {
    const stage = openStage();
    const me = await stage.account();
    const forgotten = {
      ok: false,
      error_code: 400,
      description: 'Bad Request: wrong file identifier/HTTP URL specified',
    };
    stage.sandbox.faults.add({
      path: 'sendAnimation$',
      times: 1,
      action: { kind: 'status', status: 400, body: forgotten },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(count(stage, 'sendVideo')).toBe(2);
    expect(stage.sandbox.posts()).toHaveLength(1);
  });

  it('leaves a mess rather than a post undone where tidying up fails', async () => {
    const stage = openStage();
    const me = await stage.account();
    stage.sandbox.faults.add({ path: 'deleteMessage$', times: 1, action: { kind: 'hang' } });
    expect((await me.drive()).state).toBe('published');
    expect(await stage.pull('messages', { chat: staging })).toHaveLength(1);
  });
});

const lost: [string, FaultAction, number][] = [
  ['its answer was lost', { kind: 'lost' }, 1],
  ['no answer in time', { kind: 'hang', processed: true }, 1],
  ['502 after all, as a page', { kind: 'status-after', status: 502, body: '<html>Bad Gateway</html>' }, 1],
  ['500 after all', { kind: 'status-after', status: 500 }, 1],
  ['a page for an answer', { kind: 'garbage', processed: true }, 1],
  ['an answer cut short', { kind: 'truncate' }, 1],
  ['it never arrived', { kind: 'hang' }, 0],
  ['500', { kind: 'status', status: 500 }, 0],
];

describe('a sending to the channel that nobody can tell about', () => {
  it.each(lost)('is asked about and never sent again: %s', async (_name, action, shown) => {
    const stage = openStage();
    const me = await stage.account();
    stage.sandbox.faults.add({ path: 'sendAnimation$', times: 1, action });
    const outcome = await me.drive();
    expect(outcome.state).toBe('unknown');
    expect(outcome.error?.code).toBe('E_UNKNOWN_OUTCOME');
    expect(stage.sandbox.posts()).toHaveLength(shown);
    expect(count(stage, 'sendAnimation')).toBe(1);
  });

  it.each(lost)('costs nothing in the staging chat: %s', async (_name, action) => {
    const stage = openStage();
    const me = await stage.account();
    stage.sandbox.faults.add({ path: 'sendVideo$', times: 1, action });
    expect((await me.drive()).state).toBe('published');
    expect(stage.sandbox.posts()).toHaveLength(1);
  });

  it('is sent again where Telegram said that it did nothing', async () => {
    const stage = openStage();
    const me = await stage.account();
    const body = {
      ok: false,
      error_code: 429,
      description: 'Too Many Requests: retry after 35',
      parameters: { retry_after: 35 },
    };
    stage.sandbox.faults.add({
      path: 'sendAnimation$',
      times: 3,
      action: { kind: 'status', status: 429, body },
    });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({
      state: 'published',
      waits: ['quota E_RATE_LIMIT', 'quota E_RATE_LIMIT', 'quota E_RATE_LIMIT'],
    });
    expect(stage.sandbox.posts()).toHaveLength(1);
  });
});

describe('Telegram’s limits', () => {
  it('waits as long as it is told, an hour even, and says so of the bucket', async () => {
    const stage = openStage();
    const me = await stage.account();
    await stage.quirks({ perMinute: 0, floodSeconds: 3600 });
    const startedAt = stage.clock.now();
    const outcome = await me.drive({
      beforeRun: async (run) => {
        if (run > 1) await stage.quirks({ perMinute: 20, floodSeconds: 0 });
      },
    });
    expect(outcome.state).toBe('published');
    expect(stage.clock.now() - startedAt).toBe(HOUR);
    expect(stage.readings).toEqual([{ bucket: 'messages', blockedUntil: startedAt + HOUR }]);
  });

  it('are figures with addresses', () => {
    expect(telegram.limits.map(({ bucket, max, window }) => [bucket, max, window])).toEqual([
      ['messages', 20, { kind: 'trailing', ms: MINUTE }],
      ['pace', 1, { kind: 'trailing', ms: SECOND }],
      ['all', 30, { kind: 'trailing', ms: SECOND }],
    ]);
    for (const { source } of telegram.limits) expect(source).toMatch(/^https:\/\/core\.telegram\.org\//u);
  });
});

describe('the bot’s token', () => {
  it('shows in no trace, no message and no address, whatever goes wrong', async () => {
    const stage = openStage();
    const me = await stage.account();
    stage.sandbox.faults.add({ path: 'sendVideo$', times: 1, action: { kind: 'hang' } });
    const said = {
      ok: false,
      error_code: 400,
      description: `Bad Request: https://api.telegram.org/bot${sandboxBotToken}/x`,
    };
    stage.sandbox.faults.add({
      path: 'sendAnimation$',
      times: 1,
      action: { kind: 'status', status: 400, body: said },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe('dead');
    expect(outcome.error?.message).toMatch(/Telegram refused/);
    const all = JSON.stringify([outcome, stage.traces]);
    expect(all).not.toContain(secret);
    expect(stage.traces.length).toBeGreaterThan(5);
    expect(stage.traces[0]?.url).toBe('https://api.telegram.org/bot***/getMe');
  });

  it('is known by its form to whoever never saw it', () => {
    const other = `/bot8123456789:${'B'.repeat(35)}/sendVideo`;
    expect(mask(`GET https://api.telegram.org${other}`)).toBe(
      'GET https://api.telegram.org/bot8123456789:***/sendVideo',
    );
  });
});

describe('what it offers nobody', () => {
  it('is a look at what a channel shows', () => {
    expect(telegram.recent).toBeUndefined();
    expect(textOf('x').body).toBe('x');
  });
});
