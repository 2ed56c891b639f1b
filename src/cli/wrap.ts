import { cellWidth } from './table.ts';

/** Breaks at spaces; a word that is longer than a line stands alone. */
export function wrap(words: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(' ')) {
    if (line !== '' && cellWidth(line) + 1 + cellWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Lines that are there to be copied. */
const COMMAND = /^ *(?:\$|export) /u;
/** What a line goes on under: its indent, and the first letter after a number, a mark like PASS or a label. */
const INDENT = /^ *(?:\d+\. |[A-Z]{4} {2}|! |[a-z-]+ {2,}|\d\d:\d\d:\d\d )?/u;
/** What a terminal takes for colours, and shows nowhere. */
const COLOUR = /\u001b\[[\d;]*m/gu;
const bare = (text: string) => text.replace(COLOUR, '');

/** Breaks each line that is too long at its spaces, and goes on under where its words began. */
export function fold(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .map((line) => (cellWidth(bare(line)) <= width || COMMAND.test(line) ? line : foldLine(line, width)))
    .join('\n');
}

function foldLine(line: string, width: number): string {
  const under = ' '.repeat(INDENT.exec(bare(line))?.[0].length ?? 0);
  const columns = Math.max(width, under.length + 20);
  const rows: string[] = [];
  let row: string | undefined;
  for (const word of line.split(' ')) {
    const longer = row === undefined ? word : `${row} ${word}`;
    const isFull = cellWidth(bare(longer)) > columns && bare(row ?? '').length > under.length;
    if (isFull) rows.push(row ?? '');
    // An address that fits only without its indent can still be copied whole.
    row = isFull ? (cellWidth(under + bare(word)) > columns ? word : under + word) : longer;
  }
  return [...rows, row ?? ''].join('\n');
}
