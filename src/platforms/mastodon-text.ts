import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';
import { factsOf, type ServerFacts } from './mastodon-server.ts';

/** More is not looked at (captions of TikTok end at 4,000), so that any text is fitted in bounded time. */
const LONGEST_INPUT = 30_000;
/** How far back a cut looks for the end of a word, in graphemes. */
const WORD_REACH = 24;

/**
 * A caption as Mastodon shall get it: handles of TikTok (who may be somebody else here) without `@`, inside what
 * the server takes. A content warning counts with the text:
 * https://github.com/mastodon/mastodon/blob/main/app/validators/status_length_validator.rb
 */
export function fitText(input: TextInput): FittedText {
  const facts = factsOf(input.accountSettings);
  const warning = input.options['spoilerText'];
  const taken = typeof warning === 'string' ? weigh(warning, facts) : 0;
  const room = Math.max(0, facts.maxCharacters - taken);
  const changes = { handles: 0 };
  const cleaned = clean(input.caption);
  const whole = input.options['handles'] === 'keep' ? cleaned : plainHandles(cleaned, changes);
  const body = weigh(whole, facts) <= room ? whole : cut(whole, room, facts);
  return {
    body,
    count: { used: weigh(body, facts) + taken, max: facts.maxCharacters, unit: 'characters' },
    notes: [
      ...(changes.handles > 0
        ? [`${changes.handles} @handle${changes.handles === 1 ? '' : 's'} made plain`]
        : []),
      ...(body === whole ? [] : [`cut at ${facts.maxCharacters}`]),
    ],
  };
}

/** Without what nobody can see and servers choke on: control characters, half surrogates, U+FEFF, U+FFFE, U+FFFF. */
function clean(caption: string): string {
  return caption
    .slice(0, LONGEST_INPUT)
    .replace(/\r\n?/gu, '\n')
    .replace(/(?![\n\t])\p{Cc}|\p{Cs}|[\uFEFF\uFFFE\uFFFF]/gu, '')
    .normalize('NFC')
    .trim();
}

/** In the middle of a word `@` calls nobody, nor behind `/` and `=` in an address: https://medium.com/@name */
function plainHandles(text: string, changes: { handles: number }): string {
  const links = linksIn(text);
  return text
    .replace(/(?<![A-Za-z0-9_])[@＠]+(?=[A-Za-z0-9_])/gu, (signs, offset: number) => {
      const inLink = links.some(({ start, end }) => offset >= start && offset < end);
      if (inLink && signs.length === 1 && /[/=]/u.test(text[offset - 1] ?? '')) return signs;
      changes.handles += 1;
      return '';
    })
    .trim();
}

// ---------------------------------------------------------------- counting

/** Anything that begins like a link: never cut in two. */
const link = /https?:\/\/[^\s]+/giu;
/**
 * Links that every server sees as one, from the first character to the last: only these count as the server's
 * fixed number. Whatever is less plain counts in full.
 */
const plainLink =
  /^https?:\/\/(?:[a-z0-9-]+\.)+(?:com|net|org|info|io|app|dev|tv|me|co|uk|de|fr|es|it|nl|eu|us|ca|jp|br|social)(?:\/|\/[A-Za-z0-9_/@.~-]*[A-Za-z0-9_/])?(?:\?[A-Za-z0-9_=&-]*[A-Za-z0-9_])?$/u;

/** `http://a.b`: what is left of a text that holds a link and may hold more. */
const SHORTEST_LINK = 10;

function linksIn(text: string): { start: number; end: number }[] {
  return Array.from(text.matchAll(link), ({ 0: url, index }) => ({ start: index, end: index + url.length }));
}

/**
 * Length as the server counts it, never less: Mastodon counts graphemes and each link as a fixed number; nobody
 * knows how others count, so there the longest of all ways is taken.
 */
export function weigh(text: string, { genuine, urlCharacters }: ServerFacts): number {
  const lengthOf = genuine ? graphemes : (part: string) => part.length;
  let weight = 0;
  let at = 0;
  for (const { start, end } of linksIn(text)) {
    const alone = start === 0 || /\s/u.test(text[start - 1] ?? '');
    weight += lengthOf(text.slice(at, start));
    // Several may be glued together.
    const urls = text.slice(start, end).split(/(?=https?:\/\/)/iu);
    for (const url of urls) {
      const length = lengthOf(url);
      if (!alone || urls.length > 1 || !plainLink.test(url))
        weight += Math.max(length, urlCharacters + length - SHORTEST_LINK);
      else weight += genuine ? urlCharacters : Math.max(urlCharacters, length);
    }
    at = end;
  }
  return weight + lengthOf(text.slice(at));
}

/**
 * Graphemes by the rules before Unicode 15.1, which many servers still have: letters that are joined to one since
 * then (Indic conjuncts) count each by itself.
 */
function graphemes(text: string): number {
  if (/^[\n -~]*$/u.test(text)) return text.length;
  let count = 0;
  for (const { segment } of segments(text))
    count += segment.length === 1 ? 1 : Math.max(1, segment.match(/\p{L}/gu)?.length ?? 0);
  return count;
}

// ---------------------------------------------------------------- cutting

/** Cuts the prose and keeps the hashtags at the end as long as they leave it half of the room. */
function cut(text: string, room: number, facts: ServerFacts): string {
  const { prose, tags, gap } = splitTags(text);
  // Tags are all of two characters at least, and a blank.
  tags.splice(Math.floor(room / 3));
  while (tags.length > 0 && weigh(tags.join(' '), facts) > (prose === '' ? room : room / 2)) tags.pop();
  const tail = tags.join(' ');
  if (prose === '') return tail;
  const head = cutProse(prose, tail === '' ? '' : gap + tail, room, facts);
  return head === '' ? tail : head + (tail === '' ? '' : gap + tail);
}

function splitTags(text: string): { prose: string; tags: string[]; gap: string } {
  const words = text.split(/(\s+)/u);
  let from = words.length;
  while (from > 0 && /^(?:#[\p{L}\p{M}\p{N}_]+)+$/u.test(words[from - 1] ?? '')) from -= 2;
  from = Math.max(0, from);
  const tags = words.slice(from).filter((word) => word.startsWith('#'));
  const gap = (words[from] ?? '').includes('\n') ? '\n' : ' ';
  return { prose: words.slice(0, from).join('').trim(), tags, gap };
}

/** The longest beginning that fits with `…` and the tail, ending at a grapheme, better at a word, never in a link. */
function cutProse(prose: string, tail: string, room: number, facts: ServerFacts): string {
  const links = linksIn(prose);
  const ends = [
    0,
    ...Array.from(segments(prose), ({ index, segment }) => index + segment.length).filter(
      (end) => !links.some((link) => end > link.start && end < link.end),
    ),
  ];
  const headOf = (size: number) => {
    const head = prose.slice(0, ends[size]).trimEnd();
    // Right behind a link the dots would belong to it.
    return head === '' ? '' : head + (links.some(({ end }) => end === head.length) ? ' …' : '…');
  };
  const fits = (size: number) => weigh(headOf(size) + tail, facts) <= room;
  let low = 0;
  // Each step weighs 1 at least.
  let high = Math.min(ends.length - 1, room);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  for (let size = wordEnd(prose, ends, low); size > 0; size -= 1)
    if (!insideHashtag(prose, ends[size] ?? 0) && fits(size)) return headOf(size);
  return '';
}

function wordEnd(text: string, ends: readonly number[], size: number): number {
  for (let back = 0; back < WORD_REACH && size - back > 1; back += 1) {
    if (/\s/u.test(text[ends[size - back] ?? 0] ?? ' ')) return size - back;
  }
  return size;
}

/** Half a hashtag is another hashtag. */
function insideHashtag(text: string, end: number): boolean {
  if (!/[\p{L}\p{M}\p{N}_]/u.test(text.slice(end, end + 2))) return false;
  return /[#＃][\p{L}\p{M}\p{N}_]*$/u.test(text.slice(Math.max(0, end - 140), end));
}
