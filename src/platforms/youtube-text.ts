import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

/** Limits of a video's texts: https://developers.google.com/youtube/v3/docs/videos#properties */
const TITLE_MAX = 100;
const DESCRIPTION_MAX_BYTES = 5000;
const TAGS_MAX = 500;

/** Room that the tag by which a lost upload is found again takes: its 19 characters and a comma. */
export const MARKER_TAG_LENGTH = 19;
const TAGS_ROOM = TAGS_MAX - MARKER_TAG_LENGTH - 1;

/** YouTube refuses a video without a title. */
const FALLBACK_TITLE = 'Video';

/** A cut at a sentence's end is taken only where this much of the text is left. */
const SHORTEST_SENTENCE = 20;

/** Fits a caption into title, description and tags. Pure and total; see Platform.fit. */
export function fitText(input: TextInput): FittedText {
  const notes: string[] = [];
  const caption = clean(input.caption);
  const ownTitle = clean(input.title ?? '');
  if (/[<>]/u.test(input.caption + (input.title ?? '')))
    notes.push('“<” and “>” replaced: YouTube refuses them');

  const body = cutToBytes(caption, DESCRIPTION_MAX_BYTES);
  if (body !== caption) notes.push(`description cut at ${DESCRIPTION_MAX_BYTES} bytes`);

  const { tags, dropped } = tagsOf(caption);
  if (dropped > 0) notes.push(`${dropped} hashtag${dropped === 1 ? '' : 's'} left out of the tags`);

  return {
    body,
    title: titleOf(ownTitle, caption, notes),
    tags,
    count: { used: Buffer.byteLength(body), max: DESCRIPTION_MAX_BYTES, unit: 'bytes' },
    notes,
  };
}

/** Without what YouTube refuses or can't show: lone surrogates, control characters, angle brackets. */
function clean(text: string): string {
  return trim(
    text
      .replace(/\r\n?/gu, '\n')
      .replace(/\t/gu, ' ')
      .replace(/[\p{Surrogate}\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/gu, '')
      .replaceAll('<', '‹')
      .replaceAll('>', '›'),
  );
}

/** The own title, else the caption's first line that says something, without the hashtags at its end. */
function titleOf(own: string, caption: string, notes: string[]): string {
  const line = [own.replaceAll('\n', ' '), ...caption.split('\n')].find(isVisible) ?? '';
  const all = wordsOf(line);
  const plain = all.slice(0, all.findLastIndex((word) => !isHashtags(word)) + 1);
  const whole = (plain.length > 0 ? plain : all).map((word) => word.join('')).join(' ');
  const title = shortTitle(whole);
  if (!isVisible(title)) {
    notes.push(`no text for a title: “${FALLBACK_TITLE}” is used`);
    return FALLBACK_TITLE;
  }
  if (title !== whole) notes.push(`title cut at ${TITLE_MAX} characters`);
  return title;
}

/** At most TITLE_MAX UTF-16 units: up to the last sentence that fits, else the last word, else a grapheme. */
function shortTitle(text: string): string {
  if (text.length <= TITLE_MAX) return text;
  const parts = graphemesOf(text);
  const room = fitting(parts, TITLE_MAX, (part) => part.length);
  const sentence = room.findLastIndex(
    (part, at) => /^[。！？]$/u.test(part) || (/^[.!?…]$/u.test(part) && parts[at + 1] === ' '),
  );
  const upToSentence = room.slice(0, sentence + 1).join('');
  if (upToSentence.length >= SHORTEST_SENTENCE) return upToSentence;

  const shorter = fitting(parts, TITLE_MAX - 1, (part) => part.length);
  const space = shorter.lastIndexOf(' ');
  const kept = space > shorter.length / 2 ? shorter.slice(0, space) : shorter;
  return kept.length === 0 ? '' : `${trim(kept.join(''))}…`;
}

function cutToBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  const ellipsis = '…';
  const parts = fitting(graphemesOf(text), max - Buffer.byteLength(ellipsis), (part) =>
    Buffer.byteLength(part),
  );
  return parts.length === 0 ? '' : trim(parts.join('')) + ellipsis;
}

/** The hashtags, each once, as far as YouTube's arithmetic leaves room: characters, and a comma between tags. */
function tagsOf(caption: string): { tags: string[]; dropped: number } {
  const tags: string[] = [];
  const seen = new Set<string>();
  let used = 0;
  for (const tag of caption.includes('#') ? hashtagsOf(graphemesOf(caption)) : []) {
    if (seen.has(tag.toLowerCase())) continue;
    seen.add(tag.toLowerCase());
    const needed = tag.length + (tags.length > 0 ? 1 : 0);
    if (used + needed > TAGS_ROOM) continue;
    tags.push(tag);
    used += needed;
  }
  return { tags, dropped: seen.size - tags.length };
}

function hashtagsOf(parts: readonly string[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    if (parts[at] !== '#') continue;
    let end = at + 1;
    while (isTagPart(parts[end])) end += 1;
    const tag = parts.slice(at + 1, end).join('');
    if (/[\p{L}\p{N}]/u.test(tag)) found.push(tag);
  }
  return found;
}

function isTagPart(part: string | undefined): boolean {
  return part !== undefined && /^[\p{L}\p{N}\p{M}_\u200c\u200d]+$/u.test(part);
}

function isHashtags(word: readonly string[]): boolean {
  return word[0] === '#' && word.length > 1 && word.every((part) => part === '#' || isTagPart(part));
}

/** Words as runs of graphemes: joining them with spaces never joins or splits a grapheme. */
function wordsOf(line: string): string[][] {
  const words: string[][] = [[]];
  for (const part of graphemesOf(line)) {
    if (isBlank(part)) words.push([]);
    else words.at(-1)?.push(part);
  }
  return words.filter((word) => word.length > 0);
}

function graphemesOf(text: string): string[] {
  return Array.from(segments(text), ({ segment }) => segment);
}

/** The first parts that fit into `room` together. */
function fitting(parts: readonly string[], room: number, sizeOf: (part: string) => number): string[] {
  let used = 0;
  const end = parts.findIndex((part) => {
    used += sizeOf(part);
    return used > room;
  });
  return end < 0 ? [...parts] : parts.slice(0, end);
}

/** Trims whole graphemes: a space that carries a mark stays. */
function trim(text: string): string {
  if (text === text.trim()) return text;
  const parts = graphemesOf(text);
  const first = parts.findIndex((part) => !isBlank(part));
  if (first < 0) return '';
  return parts.slice(first, parts.findLastIndex((part) => !isBlank(part)) + 1).join('');
}

function isBlank(part: string): boolean {
  return /^\s+$/u.test(part);
}

function isVisible(text: string): boolean {
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(text);
}
