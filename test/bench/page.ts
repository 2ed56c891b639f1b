import type { Findings, Row } from './report.ts';
import { words } from './report.ts';
import { whyNot } from './why-not.ts';

/** All that was measured, as docs/performance.json keeps it: each group with the machine and day it was measured on. */
export interface Results {
  [group: string]: Findings & { title: string; machine: string; load?: number };
}

export const BEGIN = '<!-- figures: begin -->';
export const END = '<!-- figures: end -->';

/** The tables, one a group. */
export function tables(results: Results): string {
  const rows = Object.values(results).flatMap((group) => group.rows);
  const judged = rows.filter(({ met }) => met !== null);
  const met = judged.filter((row) => row.met);
  const machines = [...new Set(Object.values(results).map(({ machine }) => machine))];
  return [
    BEGIN,
    '',
    `${met.length} of ${judged.length} targets are met. Measured on ${machines.join(' and ')}`,
    ...Object.entries(results).flatMap(([name, group]) => ['', ...tableOf(name, group)]),
    '',
    END,
  ].join('\n');
}

function tableOf(name: string, { title, rows, charts = [] }: Results[string]): string[] {
  return [
    `#### ${title} (\`${name}\`)`,
    '',
    '| what | reference | target | measured: median (lowest–highest round) | | figures of this machine |',
    '|---|---|---|---|---|---|',
    ...rows.map(rowOf),
    ...charts.flatMap((chart) => ['', `![${chart.title}](pictures/${chart.name}.svg)`]),
  ];
}

function rowOf(row: Row): string {
  const { what, reference, target, measured, met, note } = row;
  const verdict = met === null ? '–' : met ? 'met' : '**not met**';
  const why = met === false ? whyNot(what) : undefined;
  const cells = [
    what,
    reference,
    target,
    measured ? words(measured) : '–',
    verdict,
    note + (why ? `. ${why}` : ''),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Puts the tables in the place of those before. Throws where the page has no such place. */
export function withTables(page: string, fresh: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('The page has no place for the figures.');
  return `${page.slice(0, from)}${fresh}${page.slice(to + END.length)}`;
}
