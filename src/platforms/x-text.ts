import { segmenter } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';
import { findUrls } from './x-urls.ts';
import { weigh } from './x-weight.ts';

/** https://docs.x.com/fundamentals/counting-characters */
const STANDARD_LENGTH = 280;
const PREMIUM_LENGTH = 25_000;
/** More is not looked at (captions of TikTok end at 4,000), so that any text is fitted in bounded time. */
const LONGEST_INPUT = 30_000;
/** How far back a cut looks for the end of a word, in graphemes. */
const WORD_REACH = 24;

type LinkPolicy = 'defuse' | 'strip' | 'keep';

interface Changes {
  handles: number;
  links: number;
  cashtags: number;
}

interface Policy {
  links: LinkPolicy;
  keepHandles: boolean;
}

/**
 * A caption as X shall get it: handles of TikTok (who may be somebody else on X) without `@`, links so that X
 * sees none (a post with a link costs 0.200 USD instead of 0.015,
 * https://docs.x.com/x-api/getting-started/pricing), at most one cashtag
 * (https://docs.x.com/changelog), inside the length that the account may use.
 */
export function fitText(input: TextInput): FittedText {
  const policy = policyOf(input.options);
  const max = mayBeLong(input) ? PREMIUM_LENGTH : STANDARD_LENGTH;
  const changes: Changes = { handles: 0, links: 0, cashtags: 0 };
  const whole = tidy(clean(input.caption), policy, changes);
  const body = weigh(whole) <= max ? whole : cut(whole, max, policy);
  return {
    body,
    count: { used: weigh(body), max, unit: 'characters as X counts them' },
    notes: [...notesOf(changes, policy), ...(body === whole ? [] : [`cut at ${max}`])],
  };
}

function policyOf(options: TextInput['options']): Policy {
  const links = options['links'];
  return {
    links: links === 'keep' || links === 'strip' ? links : 'defuse',
    keepHandles: options['handles'] === 'keep',
  };
}

function mayBeLong({ options, accountSettings }: TextInput): boolean {
  const subscription = accountSettings['subscriptionType'];
  return options['long'] === true && typeof subscription === 'string' && subscription !== 'None';
}

function notesOf({ handles, links, cashtags }: Changes, policy: Policy): string[] {
  const done = policy.links === 'strip' ? 'removed' : 'defused';
  return [
    ...(handles > 0 ? [`${counted(handles, '@handle')} made plain`] : []),
    ...(links > 0 ? [`${counted(links, 'link')} ${done}`] : []),
    ...(cashtags > 0 ? [`${counted(cashtags, '$cashtag')} made plain`] : []),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Without what X refuses or nobody can see: control characters, half surrogates, U+FFFE, U+FEFF, U+FFFF. */
function clean(caption: string): string {
  return caption
    .slice(0, LONGEST_INPUT)
    .replace(/\r\n?/gu, '\n')
    .replace(/(?![\n\t])\p{Cc}|\p{Cs}|[\uFEFF\uFFFE\uFFFF]/gu, '')
    .normalize('NFC')
    .trim();
}

/**
 * Each change can uncover another thing to change (`@shop.com` becomes `shop.com`), so this goes on until
 * nothing changes. It ends: no pass adds an `@`, a `$` or a bare dot, and each change takes at least one away.
 */
function tidy(text: string, policy: Policy, changes: Changes): string {
  let now = text;
  for (;;) {
    const before = now;
    if (!policy.keepHandles) now = plainHandles(now, policy, changes);
    if (policy.links !== 'keep') now = withoutLinks(now, policy.links, changes);
    now = oneCashtag(now, changes).normalize('NFC');
    if (now === before) return now.trim();
  }
}

function plainHandles(text: string, policy: Policy, changes: Changes): string {
  // In an address that stays, `@` is part of the address.
  const urls = policy.links === 'keep' ? findUrls(text) : [];
  return text.replace(/(?<![A-Za-z0-9_])[@＠]+(?=[A-Za-z0-9_])/gu, (signs, offset: number) => {
    if (urls.some((url) => offset >= url.start && offset < url.end)) return signs;
    changes.handles += 1;
    return '';
  });
}

function withoutLinks(text: string, links: 'defuse' | 'strip', changes: Changes): string {
  const urls = findUrls(text);
  if (urls.length === 0) return text;
  changes.links += urls.length;
  let result = '';
  let at = 0;
  for (const { start, end } of urls) {
    result += text.slice(at, start);
    if (links === 'defuse') result += defused(text.slice(start, end));
    at = end;
  }
  result += text.slice(at);
  return links === 'strip' ? result.replace(/[ \t]{2,}/gu, ' ').replace(/ +\n/gu, '\n') : result;
}

/** Readable, and no domain by any parser's rules: brackets never belong to one. */
function defused(url: string): string {
  return url.replace(/^https?:\/\//iu, '').replaceAll('.', '[.]');
}

function oneCashtag(text: string, changes: Changes): string {
  let seen = 0;
  return text.replace(/(?<![A-Za-z0-9$])\$(?=[A-Za-z])/gu, (sign) => {
    seen += 1;
    if (seen === 1) return sign;
    changes.cashtags += 1;
    return '';
  });
}

/** Cuts the prose and keeps the hashtags at the end as long as they leave it half of the room. */
function cut(text: string, max: number, policy: Policy): string {
  const { prose, tags, gap } = splitTags(text);
  // Tags are all of two characters at least, and a blank.
  tags.splice(max / 3);
  while (tags.length > 0 && weigh(tags.join(' ')) > (prose === '' ? max : max / 2)) tags.pop();
  for (;;) {
    const tail = tags.join(' ');
    const head = prose === '' ? '' : cutProse(prose, max, tail === '' ? '' : gap + tail, policy);
    const result = head === '' ? tail : `${head}${tail === '' ? '' : gap + tail}`;
    if (weigh(result) <= max && isTidy(result, policy)) return result;
    if (tags.length === 0) return '';
    tags.pop();
  }
}

function splitTags(text: string): { prose: string; tags: string[]; gap: string } {
  const words = text.split(/(\s+)/u);
  let from = words.length;
  while (from > 0 && /^(?:#[\p{L}\p{M}\p{N}_]+)+$/u.test(words[from - 1]!)) from -= 2;
  from = Math.max(0, from);
  const tags = words.slice(from).filter((word) => word.startsWith('#'));
  const gap = (words[from] ?? '').includes('\n') ? '\n' : ' ';
  return { prose: words.slice(0, from).join('').trim(), tags, gap };
}

/** The longest beginning that fits with `…` and the tail, ending at a grapheme, better at a word. */
function cutProse(prose: string, max: number, tail: string, policy: Policy): string {
  const ends = graphemeEnds(prose);
  const urls = findUrls(prose);
  const fits = (size: number) => weigh(`${prose.slice(0, ends[size])}…${tail}`) <= max;
  let low = 0;
  // Outside of links every grapheme weighs 1 at least.
  let high = urls.length > 0 ? ends.length - 1 : Math.min(ends.length - 1, max);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  for (let size = wordEnd(prose, ends, low); size > 0; size -= 1) {
    const end = ends[size]!;
    if (urls.some((url) => end > url.start && end < url.end) || insideHashtag(prose, end)) continue;
    const head = `${prose.slice(0, end).trimEnd()}…`;
    if (head !== '…' && weigh(head + tail) <= max && isTidy(head + tail, policy)) return head;
  }
  return '';
}

function graphemeEnds(text: string): number[] {
  const segments = segmenter().segment(text);
  return [0, ...Array.from(segments, ({ index, segment }) => index + segment.length)];
}

function wordEnd(text: string, ends: readonly number[], size: number): number {
  for (let back = 0; back < WORD_REACH && size - back > 1; back += 1) {
    if (/\s/u.test(text[ends[size - back]!] ?? ' ')) return size - back;
  }
  return size;
}

/** Half a hashtag is another hashtag. */
function insideHashtag(text: string, end: number): boolean {
  if (!/[\p{L}\p{M}\p{N}_]/u.test(text.slice(end, end + 2))) return false;
  const before = /[#＃][\p{L}\p{M}\p{N}_]*$/u.exec(text.slice(Math.max(0, end - 140), end));
  return before !== null;
}

function isTidy(text: string, policy: Policy): boolean {
  return tidy(text, policy, { handles: 0, links: 0, cashtags: 0 }) === text;
}
