import type { AlertMessage } from '../core/alert.ts';
import { ask, type SendPieces, secretOf } from './alert-send.ts';
import { cut, endOf, linesOf } from './alert-text.ts';

/**
 * Incoming webhooks (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). Bounds of blocks:
 * https://docs.slack.dev/reference/block-kit/blocks/section-block, …/header-block; 50 blocks a message:
 * https://docs.slack.dev/reference/block-kit/blocks.
 */
const MOST_HEADER = 150;
const MOST_SECTION = 3000;
const MOST_BLOCKS = 50;
/** Messages of some 13,200 characters were refused (https://github.com/slackapi/bolt-js/issues/2509). */
const MOST_CHARS = 12_000;

export async function sendSlack({ http, secrets, message }: SendPieces): Promise<void> {
  await ask(http, 'Slack', { url: secretOf(secrets, 'url'), json: slackBody(message) });
}

/**
 * Everything from outside is `plain_text`: Slack reads neither its own markup nor mentions there. The fallback is
 * read as markup, so its three special characters are escaped (https://docs.slack.dev/messaging/formatting-message-text).
 */
export function slackBody(message: AlertMessage) {
  const blocks: unknown[] = [{ type: 'header', text: plain(message.title, MOST_HEADER) }];
  let room = MOST_CHARS - message.title.length * 2;
  let told = 0;
  const add = (text: string) => {
    const block = { type: 'section', text: plain(text, MOST_SECTION) };
    room -= block.text.text.length;
    if (room < 0) return false;
    blocks.push(block);
    return true;
  };
  if (message.lines.length > 0) add(message.lines.join('\n'));
  for (const item of message.items) {
    const text = linesOf(item)
      .map(({ kind, text: line }) => (kind === 'command' ? `$ ${line}` : line))
      .join('\n');
    if (blocks.length > MOST_BLOCKS - 2 || !add(text)) break;
    told += 1;
  }
  const end = endOf({ ...message, more: message.more + message.items.length - told });
  if (end !== '') blocks.push({ type: 'context', elements: [plain(end, 200)] });
  return { text: escapeMarkup(cut(message.title, 500)), blocks, unfurl_links: false, unfurl_media: false };
}

function plain(text: string, max: number) {
  return { type: 'plain_text', text: cut(text, max), emoji: false };
}

function escapeMarkup(text: string): string {
  return text.replace(
    /[&<>]/gu,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '',
  );
}
