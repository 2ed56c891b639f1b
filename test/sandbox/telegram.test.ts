import { describe, expect, it } from 'vitest';
import { MINUTE, TestClock } from '../../src/core/clock.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { createTelegram, sandboxBotToken } from '../../src/sandbox/telegram.ts';

const channel = '-1002000000101';

interface Body {
  ok: boolean;
  result?: Record<string, never> & { message_id: number; caption?: string; video?: { file_id: string } };
  error_code?: number;
  description?: string;
  parameters?: Record<string, number>;
}

type Parts = Record<string, string | Buffer>;

/** The simulated Telegram, asked by hand. */
function open() {
  const clock = new TestClock();
  const sandbox = createSandbox({ clock, seed: 1, simulators: [createTelegram] });
  async function send(
    method: string,
    how: {
      headers?: Record<string, string>;
      body?: Buffer;
      query?: Record<string, string>;
      token?: string;
      verb?: string;
    },
  ) {
    const answer = await sandbox.dispatch({
      origin: 'https://api.telegram.org',
      method: how.verb ?? 'POST',
      path: `/bot${how.token ?? sandboxBotToken}/${method}`,
      query: new URLSearchParams(how.query),
      headers: how.headers ?? {},
      body: how.body ?? Buffer.alloc(0),
      complete: true,
    });
    if ('cut' in answer) throw new Error(answer.cut);
    return { status: answer.status, ...(JSON.parse(answer.body.toString()) as Body) };
  }
  const form = (method: string, fields: Record<string, string>, token?: string) =>
    send(method, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(new URLSearchParams(fields).toString()),
      ...(token ? { token } : {}),
    });
  const json = (method: string, fields: object) =>
    send(method, {
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(fields)),
    });
  const multipart = (method: string, fields: Parts) =>
    send(method, {
      headers: { 'content-type': 'multipart/form-data; boundary=edge' },
      body: Buffer.concat([
        ...Object.entries(fields).map(([name, value]) =>
          Buffer.concat([
            Buffer.from(
              `--edge\r\nContent-Disposition: form-data; name="${name}"${typeof value === 'string' ? '' : '; filename="v.mp4"'}\r\n\r\n`,
            ),
            Buffer.from(value),
            Buffer.from('\r\n'),
          ]),
        ),
        Buffer.from('--edge--\r\n'),
      ]),
    });
  const lever = (name: string, input?: unknown) => sandbox.control('telegram', name, input);
  return { clock, sandbox, send, form, json, multipart, lever };
}

const clip = Buffer.from('a clip with sound (soun)');

describe('the simulated Telegram', () => {
  it('knows its token by form and by value', async () => {
    const { form } = open();
    expect(sandboxBotToken).toMatch(/^\d{10}:[\w-]{35}$/u);
    expect((await form('getMe', {})).result).toMatchObject({ is_bot: true, username: 'sandbox_repost_bot' });
    expect(await form('getMe', {}, `7000000101:${'x'.repeat(35)}`)).toMatchObject({
      status: 401,
      description: 'Unauthorized',
    });
    expect(await form('getMe', {}, 'nonsense')).toMatchObject({
      status: 404,
      error_code: 404,
      description: 'Not Found',
    });
  });

  it('takes parameters in every form, method names in any case, GET and POST', async () => {
    const { form, json, multipart, send } = open();
    const chat = { id: -1002000000101, title: 'Creator', username: 'creator', type: 'channel' };
    expect((await form('GETCHAT', { chat_id: '@creator' })).result).toMatchObject(chat);
    expect((await json('getChat', { chat_id: -1002000000101 })).result).toMatchObject(chat);
    expect((await multipart('getChat', { chat_id: channel })).result).toMatchObject(chat);
    expect((await send('getChat', { verb: 'GET', query: { chat_id: channel } })).result).toMatchObject(chat);
  });

  it('notes methods that there are not', async () => {
    const { form, sandbox } = open();
    expect((await form('listMessages', {})).status).toBe(404);
    expect(sandbox.complaints()).toHaveLength(1);
  });

  it('posts an uploaded video, and again by its id, but not as something else', async () => {
    const { multipart, form, json, sandbox } = open();
    const first = await multipart('sendVideo', {
      chat_id: channel,
      video: clip,
      caption: 'one #tag',
      width: '540',
      height: '960',
    });
    expect(first.result).toMatchObject({
      message_id: 1,
      caption: 'one #tag',
      video: { width: 540, height: 960 },
    });
    const fileId = first.result?.video?.file_id ?? '';
    expect((await form('sendVideo', { chat_id: channel, video: fileId })).result?.message_id).toBe(2);
    expect((await json('sendVideo', { chat_id: '@second', video: fileId })).result?.message_id).toBe(1);
    expect(await form('sendDocument', { chat_id: channel, document: fileId })).toMatchObject({ status: 400 });
    expect(await form('sendVideo', { chat_id: channel, video: 'AgADnobody' })).toMatchObject({
      description: 'Bad Request: wrong file identifier/HTTP URL specified',
    });
    expect(sandbox.posts()).toHaveLength(3);
    expect(sandbox.posts()[0]).toMatchObject({ url: 'https://t.me/second/1', bytes: clip.length });
  });

  it('finds attached files by attach://', async () => {
    const { multipart } = open();
    const fields = { chat_id: channel, video: 'attach://part7', part7: clip };
    expect((await multipart('sendVideo', fields)).result?.message_id).toBe(1);
    expect(await multipart('sendVideo', { chat_id: channel, video: 'attach://other' })).toMatchObject({
      status: 400,
    });
  });

  it('looks at chat and rights before the content', async () => {
    const { multipart, lever } = open();
    const long = { chat_id: channel, video: clip, caption: 'x'.repeat(1025) };
    await lever('member', { chat: channel, status: 'left' });
    expect((await multipart('sendVideo', long)).description).toBe(
      'Forbidden: bot is not a member of the channel chat',
    );
    await lever('member', { chat: channel, status: 'administrator' });
    expect((await multipart('sendVideo', long)).description).toBe('Bad Request: message caption is too long');
    expect((await multipart('sendVideo', { ...long, chat_id: '@none' })).description).toBe(
      'Bad Request: chat not found',
    );
    expect((await multipart('sendVideo', { ...long, caption: 'x'.repeat(1024) })).status).toBe(200);
  });

  it('refuses what is too large, empty or by address', async () => {
    const { multipart, form, lever } = open();
    await lever('quirks', { maxBytes: 10 });
    expect(await multipart('sendVideo', { chat_id: channel, video: clip })).toMatchObject({
      status: 413,
      error_code: 413,
    });
    expect((await multipart('sendVideo', { chat_id: channel, video: Buffer.alloc(0) })).description).toMatch(
      /non-empty/,
    );
    const byAddress = await form('sendVideo', { chat_id: channel, video: 'https://example.com/v.mp4' });
    expect(byAddress.description).toBe('Bad Request: failed to get HTTP URL content');
  });

  it.each([
    ['HTML', '<b>bold &amp; <i>both</i></b> &#33;', 'bold & both !', 2],
    ['HTML', '<a href="https://a.example">link</a>', 'link', 1],
    ['MarkdownV2', '*bold* \\#no\\_tag', 'bold #no_tag', 1],
    [undefined, '<b>as it is</b>', '<b>as it is</b>', 0],
  ])('reads entities of %s: %s', async (mode, caption, shown, marks) => {
    const { multipart, sandbox } = open();
    await multipart('sendVideo', {
      chat_id: channel,
      video: clip,
      caption,
      ...(mode ? { parse_mode: mode } : {}),
    });
    const [post] = sandbox.posts();
    expect(post?.text).toBe(shown);
    const own = ((post?.facts?.['entities'] ?? []) as { type: string }[]).filter(
      ({ type }) => type !== 'hashtag',
    );
    expect(own).toHaveLength(marks);
  });

  it.each([
    ['HTML', '<b>open', /Can't find end tag corresponding to start tag "b"/],
    ['HTML', '1 < 2', /Unsupported start tag/],
    ['HTML', '<b>crossed</i>', /Unexpected end tag/],
    ['HTML', '<marquee>old</marquee>', /Unsupported start tag "marquee"/],
    ['MarkdownV2', 'a full stop.', /'\.' is reserved/],
    ['MarkdownV2', '*open', /Can't find end of bold entity/],
    ['Wiki', 'x', /unsupported parse_mode/],
  ])('can’t parse %s: %s', async (mode, caption, why) => {
    const { multipart, sandbox } = open();
    const answer = await multipart('sendVideo', { chat_id: channel, video: clip, caption, parse_mode: mode });
    expect(answer).toMatchObject({ status: 400, description: expect.stringMatching(why) });
    expect(sandbox.posts()).toEqual([]);
  });

  it('takes twenty messages to a channel in a minute, and says when there is room again', async () => {
    const { form, clock, sandbox } = open();
    for (let n = 0; n < 20; n += 1)
      expect((await form('sendMessage', { chat_id: channel, text: `${n}` })).ok).toBe(true);
    clock.advance(20_000);
    const full = await form('sendMessage', { chat_id: channel, text: 'too many' });
    expect(full).toMatchObject({
      status: 429,
      description: 'Too Many Requests: retry after 40',
      parameters: { retry_after: 40 },
    });
    expect(sandbox.posts()).toHaveLength(20);
    expect((await form('sendMessage', { chat_id: '@second', text: 'elsewhere' })).ok).toBe(true);
    clock.advance(MINUTE);
    expect((await form('sendMessage', { chat_id: channel, text: 'again' })).ok).toBe(true);
  });

  it('copies and deletes', async () => {
    const { form, sandbox } = open();
    await form('sendMessage', { chat_id: channel, text: 'hello' });
    const copy = await form('copyMessage', { chat_id: '@second', from_chat_id: channel, message_id: '1' });
    expect(copy.result).toEqual({ message_id: 1 });
    expect((await form('deleteMessage', { chat_id: channel, message_id: '1' })).result).toBe(true);
    expect(await form('deleteMessage', { chat_id: channel, message_id: '1' })).toMatchObject({ status: 400 });
    expect(sandbox.posts().map(({ accountId }) => accountId)).toEqual(['-1002000000202']);
  });

  it('tells what the bot is in a chat', async () => {
    const { form, lever } = open();
    const asked = { chat_id: channel, user_id: '7000000101' };
    expect((await form('getChatMember', asked)).result).toMatchObject({
      status: 'administrator',
      can_post_messages: true,
    });
    await lever('member', { chat: channel, status: 'kicked' });
    expect((await form('getChatMember', asked)).result).toMatchObject({ status: 'kicked' });
    expect((await form('getChatMember', { ...asked, user_id: '1' })).status).toBe(400);
  });

  it('says where a group has gone', async () => {
    const { form, lever } = open();
    const { id } = (await lever('group', { title: 'Friends' })) as { id: string };
    expect((await form('sendMessage', { chat_id: id, text: 'x' })).ok).toBe(true);
    const moved = (await lever('migrate', { chat: id })) as { id: string };
    expect(await form('sendMessage', { chat_id: id, text: 'x' })).toMatchObject({
      status: 400,
      parameters: { migrate_to_chat_id: Number(moved.id) },
    });
  });
});
