/** What one row of the table says. */
export interface Row {
  what: string;
  reference: string;
  target: string;
  /** Median of the ratios of the rounds; the lowest and the highest round. */
  measured: { median: number; min: number; max: number; unit: string };
  met: boolean;
  /** Absolute figures of this machine, or why the target can’t be met. */
  note: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
};

/** The ratio of each round, because a machine’s mood lasts longer than a round. */
export function ratios(own: readonly number[], reference: readonly number[], unit = '×') {
  const each = own.map((value, round) => value / (reference[round] ?? Number.NaN));
  return { median: median(each), min: Math.min(...each), max: Math.max(...each), unit };
}

export const figure = (value: number) => value.toPrecision(3).replace(/\.?0+$/u, '');

export const BEGIN = '<!-- figures: begin -->';
export const END = '<!-- figures: end -->';

export function table(rows: readonly Row[], machine: string): string {
  const lines = rows.map(({ what, reference, target, measured, met, note }) => {
    const { median: middle, min, max, unit } = measured;
    const spread = min === max ? '' : ` (${figure(min)}–${figure(max)})`;
    return `| ${what} | ${reference} | ${target} | ${figure(middle)} ${unit}${spread} | ${met ? 'met' : '**not met**'} | ${note} |`;
  });
  return [
    BEGIN,
    '',
    machine,
    '',
    '| what | reference | target | measured: median (lowest–highest round) | | figures of this machine |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    END,
  ].join('\n');
}

/** Puts the table in the place of the one before. Throws where the page has no such place. */
export function withTable(page: string, fresh: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('The page has no place for the figures.');
  return `${page.slice(0, from)}${fresh}${page.slice(to + END.length)}`;
}
