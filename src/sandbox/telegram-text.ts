import { bad } from './telegram-answers.ts';

export interface Entity {
  type: string;
  /** In UTF-16 units, as `length`. */
  offset: number;
  length: number;
  url?: string;
}

export interface ParsedText {
  text: string;
  entities: Entity[];
}

/** Tags of https://core.telegram.org/bots/api#html-style */
const tagTypes: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  code: 'code',
  pre: 'pre',
  a: 'text_link',
  blockquote: 'blockquote',
  'tg-spoiler': 'spoiler',
};

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"' };

/** Characters that stand for themselves only after a backslash: https://core.telegram.org/bots/api#markdownv2-style */
const reserved = /[_*[\]()~`>#+\-=|{}.!]/u;

const signTypes: Readonly<Record<string, string>> = {
  '*': 'bold',
  _: 'italic',
  '~': 'strikethrough',
  '`': 'code',
};

/** The text as it is shown, and what is told of its parts. Throws 400 where it can't be parsed. */
export function parseText(text: string, mode: string | undefined): ParsedText {
  switch (mode?.toLowerCase()) {
    case undefined:
    case '':
      return { text, entities: [] };
    case 'html':
      return parseHtml(text);
    case 'markdownv2':
      return parseMarkdown(text);
    default:
      throw bad('unsupported parse_mode');
  }
}

function fail(what: string): never {
  throw bad(`can't parse entities: ${what}`);
}

function parseHtml(source: string): ParsedText {
  const open: { tag: string; offset: number; url?: string }[] = [];
  const entities: Entity[] = [];
  let text = '';
  let at = 0;
  while (at < source.length) {
    const [whole, close, tag, attributes = ''] =
      /^<(\/?)([a-zA-Z][\w-]*)([^>]*)>/u.exec(source.slice(at)) ?? [];
    const [entity, name, decimal] = /^&(?:([a-zA-Z]+)|#(\d+));/u.exec(source.slice(at)) ?? [];
    if (whole !== undefined && tag !== undefined) {
      at += whole.length;
      if (close === '') {
        const url = /\bhref="([^"]*)"/u.exec(attributes)?.[1];
        if (!Object.hasOwn(tagTypes, tag.toLowerCase()))
          fail(`Unsupported start tag "${tag}" at byte offset ${byteAt(source, at - whole.length)}`);
        open.push({ tag: tag.toLowerCase(), offset: text.length, ...(url === undefined ? {} : { url }) });
        continue;
      }
      const last = open.pop();
      if (last?.tag !== tag.toLowerCase())
        fail(`Unexpected end tag at byte offset ${byteAt(source, at - whole.length)}`);
      const length = text.length - last.offset;
      if (length > 0)
        entities.push({
          type: tagTypes[last.tag] ?? 'bold',
          offset: last.offset,
          length,
          ...(last.url === undefined ? {} : { url: last.url }),
        });
    } else if (source[at] === '<') {
      fail(`Unsupported start tag "" at byte offset ${byteAt(source, at)}`);
    } else if (entity !== undefined && (decimal !== undefined || Object.hasOwn(named, name ?? ''))) {
      text += decimal === undefined ? named[name ?? ''] : String.fromCodePoint(Number(decimal));
      at += entity.length;
    } else {
      text += source[at];
      at += 1;
    }
  }
  const left = open.pop();
  if (left) fail(`Can't find end tag corresponding to start tag "${left.tag}"`);
  return { text, entities };
}

function parseMarkdown(source: string): ParsedText {
  const open = new Map<string, number>();
  const entities: Entity[] = [];
  let text = '';
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at] ?? '';
    if (sign === '\\' && at + 1 < source.length) {
      at += 1;
      text += source[at];
    } else if (Object.hasOwn(signTypes, sign)) {
      const offset = open.get(sign);
      if (offset === undefined) open.set(sign, text.length);
      else {
        open.delete(sign);
        entities.push({ type: signTypes[sign] ?? 'bold', offset, length: text.length - offset });
      }
    } else if (reserved.test(sign)) {
      fail(`Character '${sign}' is reserved and must be escaped with the preceding '\\'`);
    } else {
      text += sign;
    }
  }
  const [left] = open;
  if (left) fail(`Can't find end of ${signTypes[left[0]]} entity at byte offset ${left[1]}`);
  return { text, entities };
}

function byteAt(source: string, index: number): number {
  return Buffer.byteLength(source.slice(0, index));
}

/** Hashtags, names and addresses are found by Telegram itself. */
export function foundEntities(text: string): Entity[] {
  const kinds: readonly [string, RegExp][] = [
    ['hashtag', /(?<![\p{L}\p{N}_])#[\p{L}\p{N}_]+/gu],
    ['mention', /(?<![\p{L}\p{N}_])@[A-Za-z]\w{3,31}/gu],
    ['url', /\bhttps?:\/\/[^\s]+/gu],
  ];
  return kinds
    .flatMap(([type, shape]) =>
      [...text.matchAll(shape)].map((match) => ({ type, offset: match.index, length: match[0].length })),
    )
    .sort((one, other) => one.offset - other.offset);
}
