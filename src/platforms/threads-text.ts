import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

/** https://developers.facebook.com/documentation/threads/posts */
const MAX = 500;
const MAX_LINKS = 5;
/** One topic of 1 to 50 characters, without periods and ampersands. */
const topicShape = /^[^\s.&#＃]{1,50}$/u;

const link = /\bhttps?:\/\/[^\s<>"]+|\bwww\.[^\s<>"]+/giu;
const hashtag = /(?<![\p{L}\p{N}_&/])[#＃]+([\p{L}\p{N}_\p{M}]+)/gu;
const mention = /(?<![\p{L}\p{N}_.])[@＠]+(?=[\p{L}\p{N}_.])/gu;

/** A piece of the text: a link, which is kept or left out whole, or what stands between links. */
interface Piece {
  text: string;
  link: boolean;
}

/**
 * Fits the text. Threads makes one word a topic and shows every further # as it stands: so the first hashtag
 * becomes the topic and the others go (at the end) or become plain words. Names of TikTok accounts are made
 * plain: the same name is often somebody else's here.
 */
export function fitThreads(input: TextInput): FittedText {
  const notes: string[] = [];
  const keepTags = input.options['hashtags'] === 'keep';
  const caption = clean(input.caption);
  const topic = topicOf(input, caption);
  let pieces = lessLinks(piecesOf(keepTags ? caption : withoutTail(caption)), notes);
  if (!keepTags) pieces = onText(pieces, (text) => text.replace(hashtag, '$1'));
  if (input.options['mentions'] !== 'keep') pieces = onText(pieces, (text) => plainNames(text, notes));
  const body = cut(tidy(pieces), notes);
  return {
    body,
    ...(topic === undefined ? {} : { tags: [topic] }),
    count: { used: threadsLength(body), max: MAX, unit: 'characters' },
    notes,
  };
}

/** As Threads counts: an emoji is as long as its UTF-8; letters beyond the first plane count as two, to be safe. */
export function threadsLength(text: string): number {
  let length = 0;
  for (const { segment } of segments(text)) length += weightOf(segment);
  return length;
}

const emoji =
  /\p{Extended_Pictographic}|\p{Emoji_Presentation}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u20e3/u;

function weightOf(grapheme: string): number {
  return emoji.test(grapheme) ? Buffer.byteLength(grapheme) : grapheme.length;
}

/** The rule's own topic, else the caption's first hashtag that can be one; `none` is none. */
function topicOf({ options }: TextInput, caption: string): string | undefined {
  const wanted = options['topic'];
  if (wanted === 'none') return undefined;
  if (typeof wanted === 'string' && wanted !== '' && wanted !== 'auto') {
    const bare = wanted.replace(/^[#＃]+/u, '').trim();
    // A topic that a person wrote may have blanks in it.
    return /^[^.&]{1,50}$/u.test(bare) ? bare : undefined;
  }
  for (const [, tag = ''] of onlyText(caption).matchAll(hashtag)) if (topicShape.test(tag)) return tag;
  return undefined;
}

const onlyText = (text: string) => text.replace(link, ' ');

/** No halves of characters, no control characters, one kind of line end. */
function clean(text: string): string {
  return text
    .replace(/\r\n?/gu, '\n')
    .replace(/\p{Cs}/gu, '')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/gu, (control) => (control === '\t' ? ' ' : ''))
    .trim();
}

/** The row of hashtags at the end of most captions. */
function withoutTail(text: string): string {
  return text.replace(/(?:(?:^|\s+)(?:[#＃]+[\p{L}\p{N}_\p{M}]+)+)+\s*$/u, '');
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(link)) {
    // Punctuation that ends the sentence is no part of the address.
    const address = match[0].replace(/[.,;:!?)\]}'’”]+$/u, '');
    pieces.push({ text: text.slice(at, match.index), link: false }, { text: address, link: true });
    at = match.index + address.length;
  }
  return [...pieces, { text: text.slice(at), link: false }];
}

function onText(pieces: readonly Piece[], change: (text: string) => string): Piece[] {
  return pieces.map((piece) => (piece.link ? piece : { ...piece, text: change(piece.text) }));
}

/** More than five different links are refused. */
function lessLinks(pieces: readonly Piece[], notes: string[]): Piece[] {
  const seen = new Set<string>();
  const kept = pieces.filter((piece) => {
    if (!piece.link || seen.has(piece.text)) return true;
    if (seen.size >= MAX_LINKS) return false;
    seen.add(piece.text);
    return true;
  });
  const dropped = pieces.length - kept.length;
  if (dropped > 0) notes.push(dropped === 1 ? '1 link left out' : `${dropped} links left out`);
  return kept;
}

function plainNames(text: string, notes: string[]): string {
  let made = 0;
  const plain = text.replace(mention, () => {
    made += 1;
    return '';
  });
  if (made > 0) notes.push(made === 1 ? '1 @name made plain' : `${made} @names made plain`);
  return plain;
}

function tidy(pieces: readonly Piece[]): Piece[] {
  const joined = pieces.map(({ text }) => text).join('');
  return piecesOf(joined.replace(/[^\S\n]{2,}/gu, ' ').trim());
}

/** Cuts between words, a link never inside; a single word that is too long is cut between graphemes. */
function cut(pieces: readonly Piece[], notes: string[]): string {
  const whole = pieces.map(({ text }) => text).join('');
  if (threadsLength(whole) <= MAX) return whole;
  notes.push(`cut at ${MAX}`);
  const units = pieces.flatMap(({ text, link: isLink }) =>
    isLink ? [text] : (text.match(/\s+|\S+/gu) ?? []),
  );
  let fitting = 0;
  for (let used = 0; fitting < units.length; fitting += 1) {
    used += threadsLength(units[fitting] ?? '');
    if (used > MAX - 1) break;
  }
  // Marks that join across a blank can make the whole longer than its parts.
  while (threadsLength(units.slice(0, fitting).join('')) > MAX - 1) fitting -= 1;
  const body = units.slice(0, fitting).join('');
  if (body.trim() === '') return `${graphemesWithin(whole.trimStart(), MAX - 1)}…`;
  return `${body.trimEnd()}…`;
}

function graphemesWithin(text: string, max: number): string {
  let kept = '';
  let length = 0;
  for (const { segment } of segments(text)) {
    length += weightOf(segment);
    if (length > max) break;
    kept += segment;
  }
  return kept;
}
