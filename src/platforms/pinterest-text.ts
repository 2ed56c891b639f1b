import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

/**
 * https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml; help pages say 500 for the description,
 * the API takes 800. Counted in UTF-16 units, of all ways to count the one that finds most.
 */
const MAX_TITLE = 100;
const MAX_DESCRIPTION = 800;
export const MAX_ALT_TEXT = 500;
export const MAX_LINK = 2048;
/** More is not looked at (captions of TikTok end at 4,000), so that any text is fitted in bounded time. */
const LONGEST_INPUT = 10_000;
/** How far back a cut looks for the end of a word, in graphemes. */
const WORD_REACH = 24;

/**
 * A caption as Pinterest shall get it: the rule's title or the caption's first line, and the whole as description.
 * Names of TikTok accounts are made plain; hashtags at the end are kept as long as they leave the words half of
 * the room. Never over a limit, never a cut grapheme.
 */
export function fitText(input: TextInput): FittedText {
  const notes: string[] = [];
  const caption = plainNames(clean(input.caption), input.options['mentions'] === 'keep', notes);
  const body = cut(caption, MAX_DESCRIPTION);
  if (body !== caption) notes.push(`cut at ${MAX_DESCRIPTION}`);
  const title = titleOf(clean(input.title ?? ''), caption);
  return {
    body,
    ...(title === '' ? {} : { title }),
    count: { used: body.length, max: MAX_DESCRIPTION, unit: 'characters' },
    notes,
  };
}

/** The description for people who can't see the video; '' for none. */
export function altTextOf(options: Readonly<Record<string, unknown>>): string {
  const { altText } = options;
  return typeof altText === 'string' ? headOf(clean(altText), MAX_ALT_TEXT) : '';
}

/** The first line that says something, without the hashtags at its end. */
function titleOf(own: string, caption: string): string {
  const lines = [own.replaceAll('\n', ' '), ...caption.split('\n')];
  const line = lines.find((one) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(one)) ?? '';
  const prose = own === '' ? splitTags(line).prose : line;
  const title = (prose === '' ? line : prose).replace(/\s+/gu, ' ').trim();
  if (title.length <= MAX_TITLE) return title;
  const head = wordHead(title, MAX_TITLE - 1);
  return head === '' ? '' : `${head}…`;
}

/** No halves of characters, no control characters, one kind of line end. */
function clean(text: string): string {
  return text
    .slice(0, LONGEST_INPUT)
    .replace(/\r\n?|\u2028|\u2029/gu, '\n')
    .replace(/\t/gu, ' ')
    .replace(/(?!\n)\p{Cc}|\p{Cs}|[\uFEFF\uFFFE\uFFFF]/gu, '')
    .trim();
}

/** In an address `@` is part of the address. */
function plainNames(text: string, keep: boolean, notes: string[]): string {
  if (keep) return text;
  let made = 0;
  const plain = text.replace(
    /https?:\/\/\S+|(?<![\p{L}\p{N}_.@＠])[@＠]+(?=[\p{L}\p{N}_.])/giu,
    (found: string) => {
      if (!/^[@＠]/u.test(found)) return found;
      made += 1;
      return '';
    },
  );
  if (made > 0) notes.push(made === 1 ? '1 @name made plain' : `${made} @names made plain`);
  return plain;
}

/** Cuts the words, and of the hashtags at the end as many as would take more than half of the room. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const { prose, tags, gap } = splitTags(text);
  const room = prose === '' ? max : max / 2;
  while (tags.length > 0 && tags.join(' ').length > room) tags.pop();
  const tail = tags.length === 0 ? '' : gap + tags.join(' ');
  if (prose + tail === '') return `${headOf(text, max - 1)}…`;
  if (prose.length + tail.length <= max) return prose + tail;
  return `${wordHead(prose, max - tail.length - 1)}…${tail}`;
}

/** The words, and the hashtags that follow the last of them. */
function splitTags(text: string): { prose: string; tags: string[]; gap: string } {
  const words = text.split(/(\s+)/u);
  let from = words.length;
  while (from > 0 && /^(?:[#＃][\p{L}\p{M}\p{N}_]+)+$/u.test(words[from - 1] ?? '')) from -= 2;
  from = Math.max(0, from);
  const prose = words.slice(0, from).join('').trim();
  const between = (words[from] ?? '').includes('\n') ? '\n' : ' ';
  return {
    prose,
    // More than fit are not worth a look.
    tags: words.slice(from, from + MAX_DESCRIPTION).filter((word) => word.trim() !== ''),
    gap: prose === '' ? '' : between,
  };
}

/** The longest beginning of at most so many units, better at the end of a word. */
function wordHead(text: string, units: number): string {
  const longest = headOf(text, units);
  if (longest === text || /\s/u.test(text[longest.length] ?? '')) return longest.trimEnd();
  const blank = longest.search(/\s\S*$/u);
  const reach = graphemes(longest).slice(-WORD_REACH).join('').length;
  return (blank > 0 && blank >= longest.length - reach ? longest.slice(0, blank) : longest).trimEnd();
}

function headOf(text: string, units: number): string {
  if (text.length <= units) return text;
  let head = '';
  for (const { segment } of segments(text)) {
    if (head.length + segment.length > units) break;
    head += segment;
  }
  return head;
}

function graphemes(text: string): string[] {
  return Array.from(segments(text), ({ segment }) => segment);
}
