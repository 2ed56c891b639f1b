import { cellWidth } from '../table.ts';
import { wrap } from '../wrap.ts';

/** A piece of a topic, written once and shown in a terminal and on a manual page. */
export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'heading'; text: string }
  /** Words and what they mean. */
  | { kind: 'terms'; terms: readonly (readonly [term: string, meaning: string])[] }
  /** Command lines as they are typed, each with a remark or none. */
  | { kind: 'commands'; lines: readonly (readonly [command: string, remark?: string])[] };

/** What `repost help NAME` explains. */
export interface Topic {
  name: string;
  title: string;
  blocks: readonly Block[];
}

export const text = (...sentences: string[]): Block => ({ kind: 'text', text: sentences.join(' ') });
export const heading = (words: string): Block => ({ kind: 'heading', text: words });
export const terms = (entries: readonly (readonly [string, string])[]): Block => ({
  kind: 'terms',
  terms: entries,
});
export const commands = (...lines: (readonly [string, string?])[]): Block => ({ kind: 'commands', lines });

const WIDEST = 100;

/** A topic for a terminal of so many columns. */
export function renderTopic({ title, blocks }: Topic, columns: number): string {
  const width = Math.min(columns, WIDEST);
  return [title, ...blocks.map((block) => renderBlock(block, width))].join('\n\n');
}

function renderBlock(block: Block, width: number): string {
  switch (block.kind) {
    case 'text':
      return wrap(block.text, width).join('\n');
    case 'heading':
      return `${block.text}:`;
    case 'commands':
      return renderCommands(block.lines, width);
    case 'terms':
      return renderTerms(block.terms, width);
  }
}

/** Remarks stand beside the commands where all of them fit there, else above. */
function renderCommands(lines: readonly (readonly [string, string?])[], width: number): string {
  const longest = Math.max(...lines.map(([command]) => command.length));
  const beside = lines.map(([command, remark]) =>
    remark === undefined ? `  $ ${command}` : `  $ ${command.padEnd(longest + 2)}# ${remark}`,
  );
  if (beside.every((line, index) => lines[index]?.[1] === undefined || line.length <= width))
    return beside.join('\n');
  return lines
    .map(([command, remark]) => (remark === undefined ? `  $ ${command}` : `  # ${remark}\n  $ ${command}`))
    .join('\n');
}

function renderTerms(entries: readonly (readonly [string, string])[], width: number): string {
  const longest = Math.max(...entries.map(([term]) => cellWidth(term)));
  const indent = Math.min(longest, 22) + 4;
  return entries
    .map(([term, meaning]) => {
      const lines = wrap(meaning, Math.max(20, width - indent));
      const first = `  ${term}`;
      if (cellWidth(first) + 2 > indent)
        return [first, ...lines.map((line) => ' '.repeat(indent) + line)].join('\n');
      const [head = '', ...rest] = lines;
      return [first.padEnd(indent) + head, ...rest.map((line) => ' '.repeat(indent) + line)].join('\n');
    })
    .join('\n');
}
