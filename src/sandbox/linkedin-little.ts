/**
 * What LinkedIn makes of a text in its “little” spelling: read from left to right, and cut without a word at the
 * first reserved character that is neither escaped nor part of an element.
 * https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
 */
export function readLittle(text: string): { visible: string; hashtags: string[]; cut: boolean } {
  const hashtags: string[] = [];
  let visible = '';
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const element = elementAt(rest);
    if (!element) return { visible, hashtags, cut: true };
    if (element.hashtag !== undefined) hashtags.push(element.hashtag);
    visible += element.shown;
    at += element.length;
  }
  return { visible, hashtags, cut: false };
}

const reserved = '\\|{}@[]()<>#*_~';

interface Element {
  length: number;
  shown: string;
  hashtag?: string;
}

function elementAt(rest: string): Element | undefined {
  const first = rest[0] ?? '';
  if (!reserved.includes(first)) return { length: 1, shown: first };
  const next = rest[1] ?? '';
  if (first === '\\') return next !== '' && reserved.includes(next) ? { length: 2, shown: next } : undefined;
  if (first === '#') {
    const [whole, word] = /^#([\p{L}\p{M}\p{N}]+)/u.exec(rest) ?? [];
    return whole === undefined || word === undefined
      ? undefined
      : { length: whole.length, shown: whole, hashtag: word };
  }
  const template = /^\{hashtag\|\\#\|((?:\\.|[^\\|{}@[\]()<>#*_~])+)\}/u.exec(rest);
  if (template?.[1] !== undefined) {
    const word = template[1].replaceAll('\\', '');
    return { length: template[0].length, shown: `#${word}`, hashtag: word };
  }
  const mention = /^@\[((?:\\.|[^\\\]])+)\]\(urn:li:(?:person|organization):[\w-]+\)/u.exec(rest);
  if (mention?.[1] !== undefined)
    return { length: mention[0].length, shown: mention[1].replaceAll('\\', '') };
  return undefined;
}
