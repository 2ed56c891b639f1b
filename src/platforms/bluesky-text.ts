import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

/** Both hold: https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json */
export const MAX_GRAPHEMES = 300;
export const MAX_BYTES = 3000;
/** Until August 2026 servers took no longer descriptions, and not every server is new. */
const ALT_GRAPHEMES = 1000;
const ALT_BYTES = 10_000;
/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/richtext/facet.json */
const TAG_GRAPHEMES = 64;
const TAG_BYTES = 640;
/** More is not looked at (captions of TikTok end at 4,000), so that any text is fitted in bounded time. */
const LONGEST_INPUT = 30_000;
/** How far back a cut looks for the end of a word, in graphemes. */
const WORD_REACH = 24;

/** A part of the text that is more than text; the range counts bytes of UTF-8, its end excluded. */
export interface Facet {
  index: { byteStart: number; byteEnd: number };
  features: (
    | { $type: 'app.bsky.richtext.facet#link'; uri: string }
    | { $type: 'app.bsky.richtext.facet#tag'; tag: string }
  )[];
}

/**
 * A caption as Bluesky shall get it: inside 300 graphemes and 3,000 bytes, names of TikTok accounts made plain,
 * the hashtags at the end kept as long as they leave the words half of the room. Never a cut grapheme.
 */
export function fitText(input: TextInput): FittedText {
  const notes: string[] = [];
  const whole = plainNames(clean(input.caption), input.options['mentions'] === 'keep', notes);
  const body = fits(whole) ? whole : cut(whole);
  if (body !== whole) notes.push(`cut at ${MAX_GRAPHEMES}`);
  return { body, count: { used: graphemes(body).length, max: MAX_GRAPHEMES, unit: 'characters' }, notes };
}

/** The description for people who can't see the video, from the rule's option; '' for none. */
export function altOf(options: Readonly<Record<string, unknown>>, caption: string): string {
  const wanted = typeof options['alt'] === 'string' ? options['alt'] : 'caption';
  if (wanted === 'none') return '';
  return headOf(clean(wanted === 'caption' ? caption : wanted), ALT_GRAPHEMES, ALT_BYTES);
}

/** At most three languages, in their proper spelling; what is none is left out. */
export function langsOf(options: Readonly<Record<string, unknown>>): string[] {
  const written = typeof options['langs'] === 'string' ? options['langs'].split(/[\s,]+/u) : [];
  const langs = written.flatMap((tag) => {
    try {
      return Intl.getCanonicalLocales(tag);
    } catch {
      return [];
    }
  });
  return [...new Set(langs)].slice(0, 3);
}

/** Links and hashtags of a text: without facets they are shown as plain words. */
export function facetsOf(text: string, hashtags: 'link' | 'plain' = 'link'): Facet[] {
  const links = findLinks(text);
  const tags = hashtags === 'link' ? findTags(text, links) : [];
  let [at, bytes] = [0, 0];
  const byteAt = (index: number) => {
    bytes += Buffer.byteLength(text.slice(at, index));
    at = index;
    return bytes;
  };
  return [...links, ...tags]
    .sort((one, other) => one.start - other.start)
    .map(({ start, end, feature }) => ({
      index: { byteStart: byteAt(start), byteEnd: byteAt(end) },
      features: [feature],
    }));
}

// ---------------------------------------------------------------- links and hashtags

interface Span {
  start: number;
  end: number;
  feature: Facet['features'][number];
}

function findLinks(text: string): Span[] {
  const found: Span[] = [];
  for (const match of text.matchAll(/(?<![\p{L}\p{N}_])https?:\/\/[^\s<>"“”«»]+/giu)) {
    const written = trimmed(match[0]);
    if (!URL.canParse(written)) continue;
    const { href, hostname } = new URL(written);
    if (!hostname.includes('.')) continue;
    const start = match.index;
    found.push({
      start,
      end: start + written.length,
      feature: { $type: 'app.bsky.richtext.facet#link', uri: href },
    });
  }
  return found;
}

/** Without what ends a sentence rather than an address. */
function trimmed(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1] ?? '';
    const head = address.slice(0, end);
    const unopened = last === ')' && head.split('(').length < head.split(')').length;
    if (!unopened && !/[.,;:!?'’…*_~\]}]/u.test(last)) break;
    end -= 1;
  }
  return address.slice(0, end);
}

const wordCharacter = /[\p{L}\p{N}\p{M}_]/u;

/** TikTok writes hashtags without blanks between them, too: `#one#two` are two. */
function findTags(text: string, links: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const match of text.matchAll(/[#＃]([\p{L}\p{N}\p{M}_]+)/gu)) {
    const [whole, tag = ''] = match;
    const [start, end] = [match.index, match.index + whole.length];
    const before = [...text.slice(Math.max(0, start - 2), start)].at(-1) ?? '';
    const follows = found.at(-1)?.end === start;
    if (!follows && (wordCharacter.test(before) || /[&/#＃]/u.test(before))) continue;
    // Numbers are no hashtags (`#1`), nor are marks without a letter (the emoji #️⃣).
    if (!/[\p{L}_]/u.test(tag) || links.some((link) => start >= link.start && start < link.end)) continue;
    if (graphemes(tag).length > TAG_GRAPHEMES || Buffer.byteLength(tag) > TAG_BYTES) continue;
    found.push({ start, end, feature: { $type: 'app.bsky.richtext.facet#tag', tag } });
  }
  return found;
}

// ---------------------------------------------------------------- fitting

/** Without what nobody can see or a server refuses: control characters, halves of characters, U+FEFF, U+FFFE, U+FFFF. */
function clean(text: string): string {
  return text
    .slice(0, LONGEST_INPUT)
    .replace(/\r\n?|\u2028|\u2029/gu, '\n')
    .replace(/\t/gu, ' ')
    .replace(/(?!\n)\p{Cc}|\p{Cs}|[\uFEFF\uFFFE\uFFFF]/gu, '')
    .replace(/[^\S\n]+(?=\n|$)/gu, '')
    .replace(/\n{3,}/gu, '\n\n')
    .normalize('NFC')
    .trim();
}

/** A name on TikTok may be somebody else's here. In an address `@` is part of the address. */
function plainNames(text: string, keep: boolean, notes: string[]): string {
  if (keep) return text;
  const links = findLinks(text);
  let made = 0;
  const plain = text.replace(/(?<![\p{L}\p{N}_.])[@＠]+(?=[\p{L}\p{N}_])/gu, (signs, offset: number) => {
    if (links.some(({ start, end }) => offset >= start && offset < end)) return signs;
    made += 1;
    return '';
  });
  if (made > 0) notes.push(made === 1 ? '1 @name made plain' : `${made} @names made plain`);
  return plain;
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_BYTES && graphemes(text).length <= MAX_GRAPHEMES;
}

/** Cuts the words and keeps the hashtags at the end as long as they leave them half of the room. */
function cut(text: string): string {
  const { prose, tags, gap } = splitTags(text);
  tags.splice(MAX_GRAPHEMES / 3);
  const room = prose === '' ? 1 : 2;
  const tooLong = (tail: string) =>
    graphemes(tail).length > MAX_GRAPHEMES / room || Buffer.byteLength(tail) > MAX_BYTES / room;
  while (tags.length > 0 && tooLong(tags.join(' '))) tags.pop();
  const tail = tags.length === 0 ? '' : gap + tags.join(' ');
  if (prose === '') return tail.trimStart();
  const head = wordHead(
    prose,
    MAX_GRAPHEMES - graphemes(tail).length - 1,
    MAX_BYTES - Buffer.byteLength(tail) - 3,
  );
  return head === '' ? tail.trimStart() : `${head}…${tail}`;
}

function splitTags(text: string): { prose: string; tags: string[]; gap: string } {
  const words = text.split(/(\s+)/u);
  let from = words.length;
  while (from > 0 && /^(?:[#＃][\p{L}\p{M}\p{N}_]+)+$/u.test(words[from - 1] ?? '')) from -= 2;
  from = Math.max(0, from);
  const tags = words.slice(from).filter((word) => /^[#＃]/u.test(word));
  const gap = (words[from] ?? '').includes('\n') ? '\n' : ' ';
  return { prose: words.slice(0, from).join('').trim(), tags, gap };
}

/** The longest beginning inside both bounds, better at the end of a word; never half a link or hashtag. */
function wordHead(text: string, maxGraphemes: number, maxBytes: number): string {
  const longest = headOf(text, maxGraphemes, maxBytes);
  if (longest === text) return longest;
  const reach = graphemes(longest).slice(-WORD_REACH).join('').length;
  const blank = /\s/u.test(text[longest.length] ?? '') ? longest.length : longest.search(/\s\S*$/u);
  const end = blank >= longest.length - reach && blank > 0 ? blank : longest.length;
  const spans = [...findLinks(text), ...findTags(text, [])];
  const broken = spans.find((span) => span.start < end && end < span.end);
  const kept = text.slice(0, broken?.start ?? end).trimEnd();
  return kept === '' ? longest.trimEnd() : kept;
}

function headOf(text: string, maxGraphemes: number, maxBytes: number): string {
  let [head, bytes, count] = ['', 0, 0];
  for (const grapheme of graphemes(text)) {
    bytes += Buffer.byteLength(grapheme);
    count += 1;
    if (bytes > maxBytes || count > maxGraphemes) break;
    head += grapheme;
  }
  return head;
}

function graphemes(text: string): string[] {
  return Array.from(segments(text), ({ segment }) => segment);
}
