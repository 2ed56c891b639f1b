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
const INDENT = /^ *(?:\d+\. |[A-Z]{4} {2}|! |[a-z]+ {2,})?/u;

/** Breaks each line that is too long at its spaces, and goes on under where its words began. */
export function fold(text: string, width: number): string {
  const foldLine = (line: string) => {
    if (cellWidth(line) <= width || COMMAND.test(line)) return line;
    const mark = INDENT.exec(line)?.[0] ?? '';
    const under = ' '.repeat(mark.length);
    const [head = '', ...rest] = wrap(line.slice(mark.length), Math.max(20, width - mark.length));
    return [mark + head, ...rest.map((more) => under + more)].join('\n');
  };
  return text.split('\n').map(foldLine).join('\n');
}
