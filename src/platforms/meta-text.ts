import { segments } from '../core/graphemes.ts';
import type { FittedText, TextInput } from '../core/text.ts';

export interface TextLimits {
  /** In UTF-16 units: of all ways to count the one that finds most, because Meta doesn't say how it counts. */
  units: number;
  /** Most hashtags that are taken at all. */
  hashtags: number;
  /** How many are kept where the rule doesn't say. */
  usualHashtags: number;
  mentions: number;
}

/** Anything that Meta might take for a tag: counted too generously rather than too sparingly. */
const hashtag = /[#＃]+(?=[^\s#＃])/gu;
const mention = /(?<![\p{L}\p{N}_])[@＠]+(?=[\p{L}\p{N}_.])/gu;
const onlyTags = /^(?:[#＃]+[^\s#＃]+)+$/u;

/**
 * Fits a caption. Names of TikTok accounts are made plain, because the same name is often somebody else's here;
 * `mentions: keep` keeps them. Never over a limit, never a cut grapheme.
 */
export function fitCaption(input: TextInput, limits: TextLimits): FittedText {
  const notes: string[] = [];
  // Hashtags first: without its sign a tag may turn out to be a name's rest.
  let body = lessHashtags(clean(input.caption), wantedHashtags(input, limits), notes);
  body = lessMentions(body, input.options['mentions'] === 'keep' ? limits.mentions : 0, notes);
  body = lessAts(body, limits.mentions);
  body = cut(body, limits.units, notes);
  return { body, count: { used: body.length, max: limits.units, unit: 'characters' }, notes };
}

function wantedHashtags({ options }: TextInput, limits: TextLimits): number {
  const wanted = Number(options['hashtags'] ?? limits.usualHashtags);
  if (!Number.isFinite(wanted)) return limits.usualHashtags;
  return Math.max(0, Math.min(limits.hashtags, Math.floor(wanted)));
}

/** No halves of characters, no control characters, one kind of line end. */
function clean(text: string): string {
  return text
    .replace(/\r\n?/gu, '\n')
    .replace(/\p{Cs}/gu, '')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/gu, (control) => (control === '\t' ? ' ' : ''))
    .trim();
}

function lessMentions(text: string, keep: number, notes: string[]): string {
  let seen = 0;
  let made = 0;
  const body = text.replace(mention, (at) => {
    seen += 1;
    if (seen <= keep) return at;
    made += 1;
    return '';
  });
  if (made > 0) notes.push(made === 1 ? '1 @name made plain' : `${made} @names made plain`);
  return body;
}

/** Whatever else has an @ (e-mail addresses) counts with Meta too. */
function lessAts(text: string, keep: number): string {
  let seen = 0;
  return text.replace(/[@＠]/gu, (at) => {
    seen += 1;
    return seen > keep ? '' : at;
  });
}

/** Keeps the first tags. Of the rest those at the end go, those inside a sentence stay as words. */
function lessHashtags(text: string, keep: number, notes: string[]): string {
  const pieces = text.split(/(\s+)/u);
  let tailFrom = pieces.length;
  while (tailFrom > 0 && isTagOrSpace(pieces[tailFrom - 1] ?? '')) tailFrom -= 1;
  let seen = 0;
  let dropped = 0;
  const kept = pieces.map((piece, index) => {
    const before = seen;
    const shortened = piece.replace(hashtag, (sign) => {
      seen += 1;
      if (seen <= keep) return sign;
      dropped += 1;
      return '';
    });
    return index >= tailFrom && seen > keep && seen > before ? firstTags(piece, keep - before) : shortened;
  });
  if (dropped === 0) return text;
  notes.push(dropped === 1 ? '1 hashtag left out' : `${dropped} hashtags left out`);
  return kept.join('').trim();
}

function isTagOrSpace(piece: string): boolean {
  return piece.trim() === '' || onlyTags.test(piece);
}

function firstTags(piece: string, count: number): string {
  return (piece.match(/[#＃]+[^\s#＃]+/gu) ?? []).slice(0, Math.max(0, count)).join('');
}

/** Cuts between graphemes, the last one an ellipsis. */
function cut(text: string, units: number, notes: string[]): string {
  if (text.length <= units) return text;
  let body = '';
  for (const { segment } of segments(text)) {
    if (body.length + segment.length > units - 1) break;
    body += segment;
  }
  notes.push(`cut at ${units}`);
  return `${body.trimEnd()}…`;
}
