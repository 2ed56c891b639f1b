import { readFileSync } from 'node:fs';
import { Api, GrammyError, InputFile } from 'grammy';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { type SandboxServer, serveSandbox } from '../../src/sandbox/server.ts';
import { createTelegram, sandboxBotToken } from '../../src/sandbox/telegram.ts';

/** The simulated Telegram against a client that was not written here: grammY, over real sockets. */
const path = new URL('../../src/sandbox/videos/sunrise.mp4', import.meta.url);
const channel = -1002000000101;
let sandbox: Sandbox;
let server: SandboxServer;
let api: Api;

const client = (token: string) => new Api(token, { apiRoot: `${server.url}/api.telegram.org` });

beforeAll(async () => {
  sandbox = createSandbox({ clock: systemClock, seed: 3, simulators: [createTelegram] });
  server = await serveSandbox(sandbox);
  api = client(sandboxBotToken);
});
afterAll(() => server.close());

describe('grammY on the sandbox', () => {
  it('finds bot, channel and rights', async () => {
    const me = await api.getMe();
    expect(me).toMatchObject({ is_bot: true, username: 'sandbox_repost_bot' });
    expect(await api.getChat('@creator')).toMatchObject({ id: channel, type: 'channel' });
    const member = await api.getChatMember(channel, me.id);
    expect(member).toMatchObject({ status: 'administrator', can_post_messages: true });
  });

  it('uploads a video with a marked-up caption, then posts it again by its id', async () => {
    const bytes = readFileSync(path);
    const sent = await api.sendVideo(channel, new InputFile(bytes, 'sunrise.mp4'), {
      caption: '<b>Sunrise</b> &amp; sea #morning',
      parse_mode: 'HTML',
      duration: 12,
      width: 576,
      height: 1024,
      supports_streaming: true,
    });
    expect(sent.caption).toBe('Sunrise & sea #morning');
    expect(sent.caption_entities?.map(({ type }) => type)).toEqual(['bold', 'hashtag']);
    expect(sent.video).toMatchObject({ duration: 12, width: 576, height: 1024, file_size: bytes.length });

    const again = await api.sendVideo('@second', sent.video.file_id, { disable_notification: true });
    expect(again.video.file_unique_id).toBe(sent.video.file_unique_id);
    const [second, first] = sandbox.posts();
    expect(first).toMatchObject({ id: String(sent.message_id), bytes: bytes.length });
    expect(second?.sha256).toBe(first?.sha256);
    expect(sandbox.world.media(first?.sha256 ?? '')?.equals(bytes)).toBe(true);
    expect(await api.deleteMessage(channel, sent.message_id)).toBe(true);
    expect(sandbox.complaints()).toEqual([]);
  });

  it('understands the refusals', async () => {
    const refusal = async (work: Promise<unknown>) =>
      (await work.catch((error: unknown) => error)) as GrammyError;
    expect(await refusal(client(`7000000101:${'x'.repeat(35)}`).getMe())).toBeInstanceOf(GrammyError);
    expect((await refusal(api.sendMessage('@nobody', 'x'))).description).toBe('Bad Request: chat not found');
    expect((await refusal(api.sendVideo(channel, 'no-such-file'))).error_code).toBe(400);
    await sandbox.control('telegram', 'quirks', { perMinute: 0, floodSeconds: 3 });
    const flood = await refusal(api.sendMessage(channel, 'x'));
    expect([flood.error_code, flood.parameters.retry_after]).toEqual([429, 3]);
    await sandbox.control('telegram', 'quirks', { perMinute: 20 });
  });
});
