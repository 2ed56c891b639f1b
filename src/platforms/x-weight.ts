import { findUrls } from './x-urls.ts';

/**
 * Length as X counts it: twitter-text v3, https://docs.x.com/fundamentals/counting-characters.
 * A code point of the listed ranges weighs 1, any other 2; an emoji 2 however many code points it has; a link
 * 23 however long it is. Counted after NFC.
 */
export function weigh(text: string): number {
  const plain = text.normalize('NFC');
  let weight = 0;
  let at = 0;
  for (const { start, end } of findUrls(plain)) {
    weight += weighWords(plain.slice(at, start)) + URL_WEIGHT;
    at = end;
  }
  return weight + weighWords(plain.slice(at));
}

/** https://github.com/twitter/twitter-text config/v3.json: transformedURLLength, ranges, emojiParsingEnabled. */
const URL_WEIGHT = 23;
const EMOJI_WEIGHT = 2;
const lightRanges: readonly (readonly [number, number])[] = [
  [0x0000, 0x10ff],
  [0x2000, 0x200d],
  [0x2010, 0x201f],
  [0x2032, 0x2037],
];

/** What has the shape of an emoji; whether it is one, `isEmoji` says. */
const emojiShape = new RegExp(
  '[0-9#*]\\uFE0F?\\u20E3|\\p{RI}\\p{RI}|' +
    '\\p{Emoji}(?:\\p{EMod}|\\uFE0F)?[\\u{E0020}-\\u{E007F}]*(?:\\u200D\\p{Emoji}(?:\\p{EMod}|\\uFE0F)?)*',
  'gu',
);
/** Sets of strings need the flag v: Node 20 has it, the language level that the type checker is set to has not. */
const sets: string = 'v';
const wholeEmoji = new RegExp('^\\p{RGI_Emoji}$', sets);

function weighWords(text: string): number {
  let weight = 0;
  let at = 0;
  for (const match of text.matchAll(emojiShape)) {
    weight += weighPoints(text.slice(at, match.index)) + weighEmoji(match[0]);
    at = match.index + match[0].length;
  }
  return weight + weighPoints(text.slice(at));
}

/** No emoji is joined of more parts. */
const MOST_PARTS = 8;

/** A joined sequence that is no emoji of its own is shown, and counted, as its parts. */
function weighEmoji(sequence: string): number {
  const parts = sequence.split('\u200D');
  let weight = 0;
  for (let at = 0; at < parts.length; ) {
    let size = Math.min(MOST_PARTS, parts.length - at);
    while (size > 1 && !isEmoji(parts.slice(at, at + size).join('\u200D'))) size -= 1;
    const head = parts.slice(at, at + size).join('\u200D');
    weight += isEmoji(head) ? EMOJI_WEIGHT : weighPoints(head);
    at += size;
    if (at < parts.length) weight += weighPoints('\u200D');
  }
  return weight;
}

/** Also where a variation selector was left out, as many keyboards do. */
function isEmoji(sequence: string): boolean {
  if (wholeEmoji.test(sequence)) return true;
  if ([...sequence].length === 1) return false;
  return wholeEmoji.test(
    sequence.replace(/(?!\p{Emoji_Presentation})\p{Emoji}(?!\uFE0F|\p{EMod})/gu, '$&\uFE0F'),
  );
}

function weighPoints(text: string): number {
  let weight = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    weight += lightRanges.some(([first, last]) => point >= first && point <= last) ? 1 : 2;
  }
  return weight;
}
