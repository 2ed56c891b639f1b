import type { AlertMessage } from '../core/alert.ts';
import { Failure } from '../core/failure.ts';
import { ask, type SendPieces, secretOf } from './alert-send.ts';
import { cut, endOf, linesOf, type TextLine } from './alert-text.ts';

/**
 * Execute Webhook (https://docs.discord.com/developers/resources/webhook#execute-webhook); bounds of embeds, 6,000
 * characters in all: https://docs.discord.com/developers/resources/message#embed-object-embed-limits.
 */
const MOST_EMBEDS = 10;
const MOST_TITLE = 256;
const MOST_DESCRIPTION = 4096;
const MOST_CHARS = 6000;

const colours = { critical: 0xd93025, warning: 0xf29900, info: 0x1a73e8, resolved: 0x188038 } as const;

export async function sendDiscord({ http, clock, secrets, message }: SendPieces): Promise<void> {
  const url = new URL(secretOf(secrets, 'url'));
  url.searchParams.set('wait', 'true');
  const answer = await ask(http, 'Discord', { url: url.href, json: discordBody(message), accept: [429] });
  if (answer.status !== 429) return;
  // https://docs.discord.com/developers/topics/rate-limits: seconds, with a fraction.
  const { retry_after: seconds = 60 } = answer.json<{ retry_after?: number }>();
  throw new Failure('E_RATE_LIMIT', {
    message: 'Discord asks to slow down.',
    notBefore: clock.now() + Math.ceil(Math.min(3600, Number(seconds)) * 1000),
    status: 429,
    certain: true,
  });
}

/** `allowed_mentions` with nothing in it: whatever stands in the text, nobody is called. */
export function discordBody(message: AlertMessage) {
  const title = escapeMarkdown(message.title);
  const embeds: { title?: string; description: string; color: number }[] = [];
  let room = MOST_CHARS - 300;
  let told = 0;
  for (const item of message.items) {
    const [head, ...rest] = linesOf(item);
    const embed = {
      title: cut(escapeMarkdown(head?.text ?? ''), MOST_TITLE),
      description: cut(rest.map(({ kind, text }) => wordsOf(kind, text)).join('\n'), MOST_DESCRIPTION),
      color: colours[item.state === 'resolved' ? 'resolved' : item.severity],
    };
    room -= embed.title.length + embed.description.length;
    if (room < 0 || embeds.length === MOST_EMBEDS - 1) break;
    embeds.push(embed);
    told += 1;
  }
  const lines = message.lines.map(escapeMarkdown);
  const end = endOf({ ...message, more: message.more + message.items.length - told });
  return {
    username: 'repost',
    content: cut([`**${cut(title, 400)}**`, ...lines, ...(end === '' ? [] : [end])].join('\n'), 2000),
    embeds,
    allowed_mentions: { parse: [] },
  };
}

/** Each character that Discord's Markdown reads, and those that begin mentions, emoji and time stamps. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_~|>#[\]()<@:-]/gu, '\\$&');
}

function wordsOf(kind: TextLine['kind'], text: string): string {
  if (kind === 'command') return codeOf(text);
  return kind === 'link' && /^https:\/\/[\w./?=&%~+-]+$/u.test(text) ? text : escapeMarkdown(text);
}

/** Nothing is read within it but the character that ends it. */
function codeOf(text: string): string {
  return `\`${text.replaceAll('`', 'ˋ')}\``;
}
