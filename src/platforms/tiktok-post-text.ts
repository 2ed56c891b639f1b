import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

/** In UTF-16 units: https://developers.tiktok.com/doc/content-posting-api-reference-direct-post */
const TITLE_UNITS = 2200;

/** Fits a caption. Hashtags and @names are TikTok's own here, so they stay as they are. */
export function fitCaption({ caption }: TextInput): FittedText {
  const notes: string[] = [];
  const body = cut(clean(caption), notes);
  return { body, count: { used: body.length, max: TITLE_UNITS, unit: 'characters' }, notes };
}

/** No halves of characters, no control characters, one kind of line end. */
function clean(text: string): string {
  return text
    .replace(/\r\n?/gu, '\n')
    .replace(/\p{Cs}/gu, '')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/gu, (control) => (control === '\t' ? ' ' : ''))
    .trim();
}

/** Cuts between graphemes, the last one an ellipsis. */
function cut(text: string, notes: string[]): string {
  if (text.length <= TITLE_UNITS) return text;
  let body = '';
  for (const { segment } of segments(text)) {
    if (body.length + segment.length > TITLE_UNITS - 1) break;
    body += segment;
  }
  notes.push(`cut at ${TITLE_UNITS}`);
  return `${body.trimEnd()}…`;
}
