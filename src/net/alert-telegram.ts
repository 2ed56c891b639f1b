import type { AlertMessage } from '../core/alert.ts';
import { Failure } from '../core/failure.ts';
import { ask, type SendPieces, secretOf } from './alert-send.ts';
import { endOf, linesOf, type TextLine } from './alert-text.ts';

/** https://core.telegram.org/bots/api#sendmessage: 1 to 4,096 characters, counted as JavaScript does. */
const MOST_CHARS = 4096;

interface Entity {
  type: 'code' | 'bold';
  offset: number;
  length: number;
}

export async function sendTelegram({ http, clock, channel, secrets, message }: SendPieces): Promise<void> {
  const token = secretOf(secrets, 'token');
  const answer = await ask(http, 'Telegram', {
    url: `https://api.telegram.org/bot${token}/sendMessage`,
    json: { chat_id: channel.settings.chat, ...telegramBody(message) },
    accept: [429],
  });
  const said = answer.json<{ ok?: boolean; parameters?: { retry_after?: number } }>();
  if (answer.status !== 429 && said?.ok === true) return;
  if (answer.status !== 429)
    throw new Failure('E_BAD_ANSWER', { message: 'Telegram did not take the message.' });
  throw new Failure('E_RATE_LIMIT', {
    message: 'Telegram asks to slow down.',
    notBefore: clock.now() + Math.min(3600, Number(said?.parameters?.retry_after ?? 60)) * 1000,
    status: 429,
    certain: true,
  });
}

/**
 * Without a parse mode nothing in the text is markup; what is to be copied is marked by place
 * (https://core.telegram.org/bots/api#messageentity), where names with @ and # are no links either.
 */
export function telegramBody(message: AlertMessage) {
  let text = '';
  const entities: Entity[] = [];
  const append = (line: TextLine) => {
    if (text !== '') text += '\n';
    const words = line.kind === 'command' ? line.text : unlinked(line.text);
    if (line.kind === 'command') entities.push({ type: 'code', offset: text.length, length: words.length });
    if (line.kind === 'head') entities.push({ type: 'bold', offset: text.length, length: words.length });
    text += words;
  };
  const sizeOf = (lines: readonly TextLine[]) =>
    lines.reduce((sum, line) => sum + unlinked(line.text).length + 1, 0);
  append({ kind: 'head', text: message.title });
  for (const line of message.lines) append({ kind: 'plain', text: line });
  let told = 0;
  for (const item of message.items) {
    const lines = linesOf(item);
    if (text.length + sizeOf(lines) > MOST_CHARS - 60) break;
    append({ kind: 'plain', text: '' });
    for (const line of lines) append(line);
    told += 1;
  }
  const end = endOf({ ...message, more: message.more + message.items.length - told });
  if (end !== '') append({ kind: 'plain', text: end });
  return { text, entities, link_preview_options: { is_disabled: true } };
}

/** A word joiner after @ and #: a caption's names call nobody. */
function unlinked(text: string): string {
  return text.replace(/[@#](?=\w)/gu, '$&\u2060');
}
