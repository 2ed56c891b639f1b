import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api */
const MAX_UNITS = 3000;
/** No figure is documented for the title of a video. */
const MAX_TITLE = 100;
/** More is not looked at (captions of TikTok end at 4,000), so that any text is fitted in bounded time. */
const LONGEST_INPUT = 10_000;
/** How far back a cut looks for the end of a word, in graphemes. */
const WORD_REACH = 24;
const LONGEST_TAG = 100;

/**
 * Each of these means something in LinkedIn's “little” text. One that stands alone makes LinkedIn cut the text
 * at that place, and answer as if all were well:
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
 */
const reserved = /[\\|{}@[\]()<>#*_~]/gu;

/**
 * A caption as LinkedIn shall get it: reserved characters escaped, hashtags left to be hashtags, names of TikTok
 * accounts made plain. What is counted is what is sent, escapes included: whether LinkedIn counts them is not
 * documented.
 */
export function fitText(input: TextInput): FittedText {
  const notes: string[] = [];
  const whole = plainNames(clean(input.caption), input.options['mentions'] === 'keep', notes);
  const body = toLittle(cut(spacedTags(whole), notes));
  const title = titleOf(input.title ?? '');
  return {
    body,
    ...(title === '' ? {} : { title }),
    count: { used: body.length, max: MAX_UNITS, unit: 'characters, escapes included' },
    notes,
  };
}

/** Plain text in LinkedIn's spelling: links and hashtags stay what they are, all else is shown as it is written. */
export function toLittle(text: string): string {
  let little = '';
  let at = 0;
  for (const { start, end, link } of spansOf(text)) {
    const part = text.slice(start, end);
    little += escaped(text.slice(at, start)) + (link ? safeLink(part) : part);
    at = end;
  }
  return little + escaped(text.slice(at));
}

/** What a reader sees of a text in LinkedIn's spelling. */
export function fromLittle(little: string): string {
  return little
    .replace(/\{hashtag\|(?:\\?#|＃)\|((?:\\.|[^}])*)\}/gu, '#$1')
    .replace(/@\[((?:\\.|[^\]])*)\]\([^)]*\)/gu, '$1')
    .replace(/\\([\\|{}@[\]()<>#*_~])/gu, '$1');
}

function escaped(text: string): string {
  return text.replace(reserved, '\\$&');
}

/** A backslash inside an address might end the link: what may be written as %XX is, which names the same page. */
function safeLink(address: string): string {
  const [, authority = '', rest = ''] = /^(https?:\/\/[^/?#]*)(.*)$/isu.exec(address) ?? [];
  const path = rest.replace(reserved, (character) =>
    character === '#' ? '\\#' : `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return authority.replace(reserved, '\\$&') + path;
}

// ---------------------------------------------------------------- links and hashtags

interface Span {
  start: number;
  end: number;
  link: boolean;
}

function spansOf(text: string): Span[] {
  const links = findLinks(text);
  const tags: Span[] = [];
  for (const match of text.matchAll(
    /(?<![\p{L}\p{M}\p{N}_&/#])#([\p{L}\p{M}\p{N}]+)(?![\p{L}\p{M}\p{N}_])/gu,
  )) {
    const [whole, word = ''] = match;
    const start = match.index;
    // Numbers are no hashtags, nor is `#` with a mark on it; one that is very long is a heap of words.
    if (!/^[\p{L}\p{N}]/u.test(word) || !/\p{L}/u.test(word) || word.length > LONGEST_TAG) continue;
    if (links.some((link) => start >= link.start && start < link.end)) continue;
    tags.push({ start, end: start + whole.length, link: false });
  }
  return [...links, ...tags].sort((one, other) => one.start - other.start);
}

function findLinks(text: string): Span[] {
  const found: Span[] = [];
  for (const match of text.matchAll(/(?<![\p{L}\p{N}_])https?:\/\/[^\s<>"“”«»]+/giu)) {
    const address = trimmed(match[0]);
    if (!URL.canParse(address)) continue;
    found.push({ start: match.index, end: match.index + address.length, link: true });
  }
  return found;
}

/** Without what ends a sentence rather than an address. */
function trimmed(address: string): string {
  let end = address.length;
  while (end > 0 && ".,;:!?'’…*_~])}".includes(address[end - 1] ?? '')) end -= 1;
  return address.slice(0, end);
}

/** TikTok writes hashtags without blanks between them, too. */
function spacedTags(text: string): string {
  const links = findLinks(text);
  return text.replace(/(#[\p{L}\p{M}\p{N}_]+)(?=#[\p{L}\p{N}])/gu, (tag, _word, offset: number) =>
    links.some(({ start, end }) => offset >= start && offset < end) ? tag : `${tag} `,
  );
}

// ---------------------------------------------------------------- fitting

/** No halves of characters, no control characters, one kind of line end, one kind of `#` and `@`. */
function clean(text: string): string {
  return text
    .slice(0, LONGEST_INPUT)
    .replace(/\r\n?|\u2028|\u2029/gu, '\n')
    .replace(/\t/gu, ' ')
    .replace(/(?!\n)\p{Cc}|\p{Cs}|[\uFEFF\uFFFE\uFFFF]/gu, '')
    .replaceAll('＃', '#')
    .replaceAll('＠', '@')
    .trim();
}

function plainNames(text: string, keep: boolean, notes: string[]): string {
  if (keep) return text;
  const links = findLinks(text);
  let made = 0;
  const plain = text.replace(/(?<![\p{L}\p{N}_.@])@+(?=[\p{L}\p{N}_.])/gu, (signs, offset: number) => {
    if (links.some(({ start, end }) => offset >= start && offset < end)) return signs;
    made += 1;
    return '';
  });
  if (made > 0) notes.push(made === 1 ? '1 @name made plain' : `${made} @names made plain`);
  return plain;
}

/** The first ones: no more than could ever fit. */
function graphemes(text: string, most: number): string[] {
  const parts: string[] = [];
  for (const { segment } of segments(text)) {
    if (parts.length === most) break;
    parts.push(segment);
  }
  return parts;
}

/** The longest beginning whose spelling fits, better at the end of a word, never half a link or hashtag. */
function cut(text: string, notes: string[]): string {
  if (toLittle(text).length <= MAX_UNITS) return text;
  notes.push(`cut at ${MAX_UNITS}`);
  const parts = graphemes(text, MAX_UNITS);
  let [fitting, tooMany] = [0, parts.length + 1];
  while (tooMany - fitting > 1) {
    const middle = (fitting + tooMany) >> 1;
    if (toLittle(parts.slice(0, middle).join('')).length < MAX_UNITS) fitting = middle;
    else tooMany = middle;
  }
  return `${wordEnd(text, parts.slice(0, fitting)).trimEnd()}…`;
}

function wordEnd(text: string, parts: readonly string[]): string {
  const longest = parts.join('');
  const reach = parts.slice(-WORD_REACH).join('').length;
  const blank = /\s/u.test(text[longest.length] ?? '') ? longest.length : longest.search(/\s\S*$/u);
  const end = blank > 0 && blank >= longest.length - reach ? blank : longest.length;
  const broken = spansOf(text).find((span) => span.start < end && end < span.end);
  const kept = text.slice(0, broken?.start ?? end);
  return kept.trim() === '' ? longest : kept;
}

function titleOf(text: string): string {
  const line = clean(text).replace(/\s+/gu, ' ');
  if (line.length <= MAX_TITLE) return line;
  let title = '';
  for (const part of graphemes(line, MAX_TITLE)) {
    if (title.length + part.length > MAX_TITLE - 1) break;
    title += part;
  }
  return title === '' ? '' : `${title.trimEnd()}…`;
}
