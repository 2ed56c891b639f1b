import { domainToASCII } from 'node:url';
import { longestTopLevelDomain, topLevelDomains } from './x-tlds.ts';

/**
 * Finds what X takes for a link: addresses with http(s) and, by their ending, bare domains
 * (`shop.example.com`, and `it.so` where a blank was forgotten). Rules: https://github.com/twitter/twitter-text
 * (v3). Written as one pass over the text: a caption of any length costs linear time.
 */
export interface FoundUrl {
  /** Offsets in UTF-16 units, `end` exclusive. */
  start: number;
  end: number;
}

// Character classes of twitter-text, as parts of a class.
const spaces = '\\t-\\r \\u0085\\u00A0\\u1680\\u180E\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000';
const marks = '\\u202A-\\u202E\\u061C\\u200E\\u200F\\u2066-\\u2069';
const invalid = '\\uFFFE\\uFEFF\\uFFFF';
const accents =
  '\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u024F\\u0253\\u0254\\u0256\\u0257\\u0259\\u025B\\u0263\\u0268' +
  '\\u026F\\u0272\\u0289\\u028B\\u02BB\\u0300-\\u036F\\u1E00-\\u1EFF';
const general = `a-zA-Z\\u0400-\\u04FF0-9!*';:=+,.$/%#\\[\\]\\-\\u2013_~@|&${accents}`;

/** A run of what may stand between two dots of a domain. */
const labelRun = new RegExp(`[^!'#%&()*+,\\\\./:;<=>?@\\[\\]^{|}~$${spaces}${marks}${invalid}]+`, 'gu');
// No flag `i` beside `u` here: it would take `s` for the accent U+017F.
const latin = new RegExp(`[-A-Za-z0-9${accents}]`, 'u');
const asciiLabel = new RegExp(`^[-A-Za-z0-9${accents}]+$`, 'u');
const accentFirst = new RegExp(`^[-A-Za-z0-9]*[${accents}]([-A-Za-z0-9${accents}]+)$`, 'u');
const pathCharacter = new RegExp(`[${general}]`, 'u');
const pathEnding = new RegExp(`[+\\-a-zA-Z\\u0400-\\u04FF0-9=_#/${accents}]`, 'u');
const parentheses = new RegExp(`\\((?:[${general}]+|[${general}]*\\([${general}]+\\)[${general}]*)\\)`, 'uy');
const query = /\?[a-z0-9!?*'@();:&=+$/%#[\]\-_.,~|]*/iy;
const queryEnding = /[a-z0-9\-_&=#/]/i;

/** X shortens to t.co: longer addresses and slugs stay text (twitter-text, extractUrlsWithIndices). */
const LONGEST_URL = 4096;
const LONGEST_SLUG = 40;
/** DNS. */
const LONGEST_LABEL = 63;

interface Label {
  start: number;
  end: number;
  text: string;
}

export function findUrls(text: string): FoundUrl[] {
  const found: FoundUrl[] = [];
  let free = 0;
  for (const chain of chainsOf(text)) {
    for (const url of urlsInChain(text, chainFrom(chain, free), free)) {
      if (url.start < free) continue;
      found.push(url);
      free = url.end;
    }
  }
  return found;
}

/** What a path before has left of a chain. */
function chainFrom(chain: readonly Label[], free: number): Label[] {
  return chain
    .filter((label) => label.end > free)
    .map((label) =>
      label.start >= free ? label : { ...label, start: free, text: label.text.slice(free - label.start) },
    );
}

/** Labels that are joined by single dots, two at least. */
function* chainsOf(text: string): Generator<Label[]> {
  let chain: Label[] = [];
  for (const match of text.matchAll(labelRun)) {
    const label = { start: match.index, end: match.index + match[0].length, text: match[0] };
    const last = chain.at(-1);
    if (last && (label.start !== last.end + 1 || text[last.end] !== '.')) {
      if (chain.length > 1) yield chain;
      chain = [];
    }
    chain.push(label);
  }
  if (chain.length > 1) yield chain;
}

function urlsInChain(text: string, chain: readonly Label[], free: number): FoundUrl[] {
  if (chain.length < 2) return [];
  const protocol = protocolBefore(text, chain[0]!.start);
  if (protocol !== undefined && protocol >= free) {
    const end = domainEnd(text, chain, true);
    if (end !== undefined && isSpelledRight(text.slice(chain[0]!.start, end))) {
      const url = wholeUrl(text, protocol, chain[0]!.start, end);
      return url ? [url] : [];
    }
  }
  return bareUrls(text, chain);
}

/** Where `http://` or `https://` begins that stands right before this place, if X would see it. */
function protocolBefore(text: string, at: number): number | undefined {
  const match = /https?:\/\/$/iu.exec(text.slice(Math.max(0, at - 8), at));
  if (!match) return undefined;
  const start = at - match[0].length;
  return /[A-Za-z0-9@＠$#＃\uFFFE\uFEFF\uFFFF]/u.test(text[start - 1] ?? ' ') ? undefined : start;
}

/** Bare domains in a chain: runs of Latin labels that end in a known domain. */
function bareUrls(text: string, chain: readonly Label[]): FoundUrl[] {
  const found: FoundUrl[] = [];
  for (let first = 0; first < chain.length - 1; ) {
    const head = latinHead(text, chain[first]!);
    let last = first + 1;
    while (last < chain.length - 1 && asciiLabel.test(chain[last]!.text)) last += 1;
    if (head !== undefined) {
      const start = chain[first]!.end - head.length;
      const run = [{ start, end: chain[first]!.end, text: head }, ...chain.slice(first + 1, last + 1)];
      const end = domainEnd(text, run, false);
      if (
        end !== undefined &&
        mayStandBare(text, run, end, first > 0 && !asciiLabel.test(chain[first - 1]!.text)) &&
        isSpelledRight(text.slice(start, end))
      ) {
        const url = wholeUrl(text, start, start, end);
        if (url) found.push(url);
      }
    }
    first = head === undefined ? first + 1 : last;
  }
  return found;
}

/** The end of a label that can begin a bare domain. */
function latinHead(text: string, label: Label): string | undefined {
  let start = label.end;
  while (start > label.start && latin.test(text[start - 1]!)) start -= 1;
  if (start === label.end) return undefined;
  const head = text.slice(start, label.end);
  const before = text[start - 1] ?? ' ';
  // `@name.com` is a handle; in `@é.name.com` the accent already separates them.
  if (/[@＠$#＃]/u.test(before)) return accentFirst.exec(head)?.[1];
  return head.startsWith('-') && /[-./_\s]/u.test(before) ? undefined : head;
}

function mayStandBare(text: string, run: readonly Label[], end: number, inside: boolean): boolean {
  const before = text[run[0]!.start - 1] ?? ' ';
  // Behind a label that is not Latin the dot belongs to the same domain.
  if (inside && before === '.') return true;
  // An underscore may stand in a subdomain, not in the domain itself.
  if (before === '_') return run.filter((label) => label.start < end).length > 2;
  return !/[-./]/u.test(before);
}

/** Where the longest domain in these labels ends; undefined where none of them is a known ending. */
function domainEnd(text: string, chain: readonly Label[], unicode: boolean): number | undefined {
  for (let at = chain.length - 1; at > 0; at -= 1) {
    const end = endingIn(text, chain[at]!);
    const name = chain[at - 1]!.text;
    if (end === undefined || (unicode && name.includes('_'))) continue;
    const labels = chain.slice(unicode ? 0 : 1, at);
    if (labels.every((label) => !/^[-_]|[-_]$/u.test(label.text))) return end;
  }
  return undefined;
}

function endingIn(text: string, label: Label): number | undefined {
  const punycode = /^xn--[-0-9a-z]+/iu.exec(label.text);
  if (punycode) return label.start + punycode[0].length;
  for (let size = Math.min(label.text.length, longestTopLevelDomain); size > 1; size -= 1) {
    if (!topLevelDomains.has(label.text.slice(0, size).toLowerCase())) continue;
    const next = text[label.start + size];
    if (next === undefined || !/[0-9a-zA-Z@+-]/u.test(next)) return label.start + size;
  }
  return undefined;
}

function isSpelledRight(domain: string): boolean {
  return domain.split('.').every((label) => {
    if (label.length > LONGEST_LABEL) return false;
    return /^[\x20-\x7e]*$/u.test(label) || domainToASCII(label).length <= LONGEST_LABEL;
  });
}

/** Adds port, path and query to a domain. */
function wholeUrl(text: string, start: number, domain: number, end: number): FoundUrl | undefined {
  const port = /^:[0-9]+/u.exec(text.slice(end, end + 8))?.[0] ?? '';
  const pathStart = end + port.length;
  if (start !== domain && text.slice(domain, end).toLowerCase() === 't.co' && text[end] === '/') {
    const slug = /^[a-z0-9]+/iu.exec(text.slice(end + 1, end + 2 + LONGEST_SLUG))?.[0] ?? '';
    if (slug.length > LONGEST_SLUG) return undefined;
    if (slug !== '') return { start, end: end + 1 + slug.length };
  }
  if (text[pathStart] !== '/') return { start, end: start === domain ? end : pathStart };
  const pathEnd = endOfPath(text, pathStart);
  query.lastIndex = pathEnd;
  const rest = query.exec(text)?.[0] ?? '';
  let size = rest.length;
  while (size > 0 && !queryEnding.test(rest[size - 1]!)) size -= 1;
  return pathEnd + size - start > LONGEST_URL ? undefined : { start, end: pathEnd + size };
}

function endOfPath(text: string, start: number): number {
  let end = start + 1;
  for (let at = start + 1; at < text.length; ) {
    parentheses.lastIndex = at;
    const inside = text[at] === '(' ? parentheses.exec(text)?.[0] : undefined;
    if (inside !== undefined) {
      at += inside.length;
      end = at;
    } else if (pathCharacter.test(text[at]!)) {
      at += 1;
      if (pathEnding.test(text[at - 1]!)) end = at;
    } else break;
  }
  return end;
}
