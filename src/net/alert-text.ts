import type { AlertItem, AlertMessage } from '../core/alert.ts';

/** Made of pieces, so that each service can escape or mark them in its own way. */
export interface TextLine {
  text: string;
  /** `command`: to be copied as it is. `head`: an item’s first line. */
  kind: 'head' | 'plain' | 'command' | 'link';
}

const marks = { critical: '🔴', warning: '🟠', info: '🔵' } as const;

/** An item as lines of plain words. Captions and platforms' words in it are anybody's: nothing is trusted. */
export function linesOf(item: AlertItem): TextLine[] {
  const mark = item.state === 'resolved' ? '✅' : marks[item.severity];
  const before = item.state === 'resolved' ? 'Resolved: ' : item.state === 'still' ? 'Still: ' : '';
  const facts = item.state === 'resolved' ? item.facts.slice(0, 2) : item.facts;
  return [
    { kind: 'head', text: `${mark} ${before}${tame(item.title, 400)}` },
    ...facts.map(
      ([name, value]): TextLine => ({ kind: 'plain', text: `${name}: ${readable(tame(value, 300))}` }),
    ),
    { kind: 'plain', text: `since: ${readable(item.since)}` },
    ...(item.todo === '' ? [] : [{ kind: 'plain', text: `What to do: ${tame(item.todo, 400)}` } as const]),
    ...(item.command === null ? [] : [{ kind: 'command', text: tame(item.command, 300) } as const]),
    ...(item.link === null ? [] : [{ kind: 'link', text: tame(item.link, 500) } as const]),
  ];
}

/** What stands after the items. */
export function endOf({ more }: AlertMessage): string {
  return more === 0 ? '' : `… and ${more} more: repost status`;
}

/** The whole message as plain text, within so many characters: whole items, then a word about the rest. */
export function plainText(message: AlertMessage, maxChars: number, lengthOf = lengthInChars): string {
  const blocks = message.items.map((item) =>
    linesOf(item)
      .map(({ kind, text }) => (kind === 'command' ? `$ ${text}` : text))
      .join('\n'),
  );
  return fitBlocks([...message.lines, ...blocks], message.more, maxChars, lengthOf);
}

/** As many whole blocks as have room, and how many were left out; where not one has, the first is cut. */
export function fitBlocks(
  blocks: readonly string[],
  more: number,
  max: number,
  lengthOf: (text: string) => number,
): string {
  const join = (count: number) => {
    const rest = blocks.length - count + more;
    return [...blocks.slice(0, count), ...(rest === 0 ? [] : [`… and ${rest} more: repost status`])].join(
      '\n\n',
    );
  };
  for (let count = blocks.length; count > 0; count -= 1) if (lengthOf(join(count)) <= max) return join(count);
  let text = join(1);
  while (lengthOf(text) > max) text = cut(text, Math.floor([...text].length * 0.9));
  return text;
}

const lengthInChars = (text: string) => [...text].length;

/** At most so many UTF-16 units, the strictest way to count; cut between code points, never within one. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  let kept = '';
  for (const letter of text) {
    if (kept.length + letter.length > max - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** In one line, without control, direction and invisible characters. */
export function tame(text: string, max: number): string {
  return cut(text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim(), max);
}

/** ISO instants as people read them. */
function readable(text: string): string {
  return text.replace(/\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z\b/gu, '$1 $2 UTC');
}
