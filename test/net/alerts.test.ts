import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type {
  AlertItem,
  AlertMessage,
  Channel,
  ChannelKind,
  ChannelSecrets,
  ChannelSettings,
} from '../../src/core/alert.ts';
import { TestClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import { desktopCall } from '../../src/net/alert-desktop.ts';
import { sendAlert } from '../../src/net/alerts.ts';
import { plainHttp } from '../../src/net/http.ts';
import { originMap } from '../../src/net/origins.ts';
import { undiciTransport } from '../../src/net/transport.ts';
import { discordRules, ntfyRules, openSink, type Rules, slackRules, telegramRules } from './alert-sinks.ts';

/** Words that would do harm where they are believed. */
const hostile =
  '@everyone <!channel> <@U123> @here [click](https://evil.example) **bold** `code` <script>alert(1)</script> \u202e⏎\u0007 &amp; 🎬';

const item = (change: Partial<AlertItem> = {}): AlertItem => ({
  state: 'open',
  rule: 'dead-letter',
  severity: 'critical',
  title: `“${hostile}” could not be posted`,
  facts: [
    ['job', '12'],
    ['it says', hostile],
  ],
  todo: 'See why, then try again.',
  command: 'repost jobs show 12',
  link: 'https://example.com/post',
  since: '2026-11-22T12:00:00.000Z',
  ...change,
});

const message = (items: readonly AlertItem[]): AlertMessage => ({
  schemaVersion: 1,
  id: 'message-1',
  kind: 'alert',
  severity: 'critical',
  title: items.length === 1 ? (items[0]?.title ?? '') : `${items.length} problems`,
  lines: [],
  items,
  more: 0,
  createdAt: '2026-11-22T12:00:00.000Z',
});

const long = Array.from({ length: 40 }, (_, index) =>
  item({ title: `${index} ${'é🎬'.repeat(300)}`, facts: [['it says', '“<&>”'.repeat(400)]] }),
);

async function openService(kind: ChannelKind, rules: Rules, good?: { status: number; body: string }) {
  const sink = await openSink(rules, good);
  const transport = undiciTransport({
    origins: originMap({
      'https://hooks.slack.com': sink.origin,
      'https://discord.com': sink.origin,
      'https://api.telegram.org': sink.origin,
      'https://ntfy.sh': sink.origin,
      'https://example.com': sink.origin,
    }),
  });
  onTestFinished(async () => {
    await transport.close();
    await sink.close();
  });
  const clock = new TestClock();
  const http = plainHttp({ transport, clock, timeoutMs: 5000 });
  const send = (secrets: ChannelSecrets, told: AlertMessage, settings: Partial<ChannelSettings> = {}) => {
    const channel: Channel = {
      id: 1,
      name: kind,
      kind,
      settings: {
        severity: 'info',
        only: null,
        except: [],
        user: null,
        quiet: null,
        digest: null,
        repeatMs: 0,
        place: '',
        ...settings,
      },
      digestAt: null,
      weeklyAt: null,
      createdAt: 0,
      updatedAt: 0,
    };
    return sendAlert({ http, clock, channel, secrets, message: told });
  };
  return { sink, clock, send };
}

const slackUrl = 'https://hooks.slack.com/services/T0000/B0000/SlackSecretSlackSecret';
const discordUrl = 'https://discord.com/api/webhooks/123456/DiscordSecretDiscordSecret';
const botToken = '7000000101:AATelegramSecretTelegramSecretTele';
const chat = { chat: '@alerts' };

const services = [
  { kind: 'slack', rules: slackRules, secrets: { url: slackUrl }, settings: {}, good: undefined },
  {
    kind: 'discord',
    rules: discordRules,
    secrets: { url: discordUrl },
    settings: {},
    good: { status: 200, body: '{"id":"1"}' },
  },
  {
    kind: 'telegram',
    rules: telegramRules,
    secrets: { token: botToken },
    settings: chat,
    good: { status: 200, body: '{"ok":true,"result":{}}' },
  },
  {
    kind: 'ntfy',
    rules: ntfyRules,
    secrets: { url: 'https://ntfy.sh/my-topic', token: 'tk_NtfySecretNtfySecret' },
    settings: {},
    good: { status: 200, body: '{"id":"1"}' },
  },
] as const;

describe.each(services)('$kind', ({ kind, rules, secrets, settings, good }) => {
  it('takes short and long messages, and is told how many were left out', async () => {
    const { sink, send } = await openService(kind, rules, good);
    await send(secrets, message([item()]), settings);
    await send(secrets, message([item({ state: 'resolved' })]), settings);
    await send(secrets, message(long), settings);
    await send(
      secrets,
      { ...message([]), kind: 'test', title: 'Test', lines: ['Nothing is wrong.'] },
      settings,
    );
    expect(sink.requests).toHaveLength(4);
    expect(sink.requests[2]?.text).toMatch(/… and \d+ more: repost status/u);
    expect(sink.requests[0]?.text).toContain('repost jobs show 12');
  });

  it('calls nobody, whatever a caption says, and shows no control characters', async () => {
    const { sink, send } = await openService(kind, rules, good);
    await send(secrets, message([item()]), settings);
    const text = sink.requests[0]?.text ?? '';
    expect(text).not.toMatch(/\\u202e|\u202e|\\u0007/u);
    if (kind === 'slack') {
      const body = JSON.parse(text) as { text: string; blocks: { text: { type: string } }[] };
      expect(body.text).not.toMatch(/<[!@]/u);
      expect(body.blocks.every((block) => block.text.type === 'plain_text')).toBe(true);
    }
    if (kind === 'discord') {
      const body = JSON.parse(text) as { embeds: { title: string; description: string }[] };
      expect(body.embeds[0]?.description).not.toMatch(/(?<!\\)[[*<@]/u);
      expect(body.embeds[0]?.description).toContain('`repost jobs show 12`');
    }
    if (kind === 'telegram') {
      const body = JSON.parse(text) as {
        text: string;
        entities: { type: string; offset: number; length: number }[];
      };
      expect(body.text).not.toMatch(/@everyone/u);
      const code = body.entities.find(({ type }) => type === 'code');
      expect(body.text.slice(code?.offset, (code?.offset ?? 0) + (code?.length ?? 0))).toBe(
        'repost jobs show 12',
      );
    }
  });

  it('is heeded when it asks to slow down, tried again when it is down, left alone when it refuses', async () => {
    const { sink, clock, send } = await openService(kind, rules, good);
    const failed = async () =>
      send(secrets, message([item()]), settings).then(
        () => undefined,
        (error: unknown) => error as Failure,
      );
    const body = JSON.stringify({ retry_after: 7.5, parameters: { retry_after: 7.5 } });
    sink.answers.push(
      { status: 429, headers: { 'retry-after': '7.5' }, body },
      { status: 502 },
      { status: 404 },
    );
    const slow = await failed();
    expect(slow).toMatchObject({ code: 'E_RATE_LIMIT', notBefore: clock.now() + 7500 });
    expect(await failed()).toMatchObject({ kind: 'retry' });
    const refusal = await failed();
    expect(refusal).toMatchObject({ code: 'E_ALERT', kind: 'reject' });
    for (const secret of Object.values(secrets))
      expect(JSON.stringify([refusal?.message, refusal?.hint])).not.toContain(secret);
  });
});

describe('a webhook', () => {
  const key = `whsec_${Buffer.from('an example key of thirty-two byte').toString('base64')}`;
  const url = 'https://example.com/hooks/WebhookSecretWebhookSecret';

  /** As the guide shows it. */
  function verify(
    secret: string,
    headers: Record<string, string | string[] | undefined>,
    body: string,
  ): boolean {
    const id = String(headers['webhook-id']);
    const timestamp = String(headers['webhook-timestamp']);
    const bytes = Buffer.from(secret.replace(/^whsec_/u, ''), 'base64');
    const expected = createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest();
    return String(headers['webhook-signature'])
      .split(' ')
      .some((part) => {
        const given = Buffer.from(part.replace(/^v1,/u, ''), 'base64');
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
  }

  it('is signed over id, time and body, the same id at every try', async () => {
    const { sink, send } = await openService('webhook', () => undefined);
    sink.answers.push({ status: 500 });
    await send({ url, key }, message([item()])).catch(() => undefined);
    await send({ url, key }, message([item()]));
    const [first, second] = sink.requests;
    expect(first?.headers['webhook-id']).toBe('message-1');
    expect(second?.headers['webhook-id']).toBe('message-1');
    for (const request of sink.requests) {
      expect(verify(key, request.headers, request.text)).toBe(true);
      expect(verify(key, request.headers, `${request.text} `)).toBe(false);
      expect(verify(key, { ...request.headers, 'webhook-timestamp': '1' }, request.text)).toBe(false);
      expect(verify(key.replace('YW4', 'YW5'), request.headers, request.text)).toBe(false);
    }
    expect(JSON.parse(second?.text ?? '')).toMatchObject({
      type: 'repost.alert',
      data: { items: [{ rule: 'dead-letter' }] },
    });
  });
});

describe('a heartbeat', () => {
  it('is one GET', async () => {
    const { sink, send } = await openService('heartbeat', () => undefined);
    await send({ url: 'https://example.com/ping/HeartbeatSecret' }, message([]));
    expect(sink.requests).toMatchObject([{ method: 'GET', path: '/ping/HeartbeatSecret', text: '' }]);
  });
});

describe('a notification on the desktop', () => {
  it('is given as arguments, its markup escaped, short', () => {
    const [program, ...args] = desktopCall(message(long), 'linux');
    expect(program).toBe('notify-send');
    expect(args.slice(0, 3)).toEqual(['--app-name=repost', '--urgency=critical', '--']);
    expect(desktopCall(message([item()]), 'linux').at(-1)).not.toMatch(/[<>]/u);
    const mac = desktopCall(message([item()]), 'darwin');
    expect(mac[0]).toBe('osascript');
    expect(mac.slice(1, 7).join(' ')).not.toContain('evil');
  });
});
