import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

/** In UTF-16 units, as Telegram counts within texts: https://core.telegram.org/bots/api#sendvideo */
const CAPTION_UNITS = 1024;

/** What Telegram would link to somebody's account. */
const mention = /(?<![\p{L}\p{N}_])[@＠]+(?=[\p{L}\p{N}_])/gu;

/**
 * Fits a caption. It is sent as plain text, so that nothing in it needs escaping and nothing is taken for markup;
 * Telegram links hashtags and addresses by itself.
 */
export function fitText({ caption, options }: TextInput): FittedText {
  const notes: string[] = [];
  const cleaned = clean(caption);
  const named = options['mentions'] === 'keep' ? cleaned : plainNames(cleaned, notes);
  const body = cut(named, notes);
  return { body, count: { used: body.length, max: CAPTION_UNITS, unit: 'characters' }, notes };
}

/** No halves of characters, no control characters, one kind of line end. */
function clean(text: string): string {
  return text
    .replace(/\r\n?/gu, '\n')
    .replace(/\p{Cs}/gu, '')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/gu, (control) => (control === '\t' ? ' ' : ''))
    .trim();
}

function plainNames(text: string, notes: string[]): string {
  const made = text.match(mention)?.length ?? 0;
  if (made > 0) notes.push(made === 1 ? '1 @name made plain' : `${made} @names made plain`);
  return text.replace(mention, '').trim();
}

/** Cuts between graphemes, the last one an ellipsis. */
function cut(text: string, notes: string[]): string {
  if (text.length <= CAPTION_UNITS) return text;
  let body = '';
  for (const { segment } of segments(text)) {
    if (body.length + segment.length > CAPTION_UNITS - 1) break;
    body += segment;
  }
  notes.push(`cut at ${CAPTION_UNITS}`);
  return `${body.trimEnd()}…`;
}
