/** Median of the ratios of the rounds; the lowest and the highest round. */
export interface Measured {
  median: number;
  min: number;
  max: number;
  unit: string;
}

/** What one row of the table says. */
export interface Row {
  what: string;
  reference: string;
  target: string;
  /** Null where the reference is missing on this machine. */
  measured: Measured | null;
  met: boolean | null;
  /** Absolute figures of this machine, or why there are none. */
  note: string;
}

type Bound = { atLeast: number } | { atMost: number };

/** A row whose target is a bound on its median. */
export function judged(what: string, reference: string, bound: Bound, measured: Measured, note: string): Row {
  const unit = measured.unit === '×' ? '' : ` ${measured.unit}`;
  const [words, met] =
    'atLeast' in bound
      ? [`at least ${bound.atLeast}`, measured.median >= bound.atLeast]
      : [`at most ${bound.atMost}`, measured.median <= bound.atMost];
  return { what, reference, target: `${words}${unit}`, measured, met, note };
}

/** A row that nothing could be compared for. */
export function unmeasured(what: string, reference: string, missing: string): Row {
  const note = `not measured: ${missing} is missing`;
  return { what, reference, target: '–', measured: null, met: null, note };
}

/** One reading, without a spread. */
export const single = (value: number, unit = '×'): Measured => ({
  median: value,
  min: value,
  max: value,
  unit,
});

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
};

/** The ratio of each round, because a machine’s mood lasts longer than a round. */
export function ratios(own: readonly number[], reference: readonly number[], unit = '×'): Measured {
  const each = own.map((value, round) => value / (reference[round] ?? Number.NaN));
  return { median: median(each), min: Math.min(...each), max: Math.max(...each), unit };
}

/** Three digits that count: 0.0123, 12.3, 12,300. */
export const figure = (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 3 });

export const BEGIN = '<!-- figures: begin -->';
export const END = '<!-- figures: end -->';

export function table(rows: readonly Row[], machine: string): string {
  const lines = rows.map(({ what, reference, target, measured, met, note }) => {
    const verdict = met === null ? '–' : met ? 'met' : '**not met**';
    return `| ${what} | ${reference} | ${target} | ${measured ? words(measured) : '–'} | ${verdict} | ${note} |`;
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

export function words({ median: middle, min, max, unit }: Measured): string {
  const spread = min === max ? '' : ` (${figure(min)}–${figure(max)})`;
  return `${figure(middle)} ${unit}${spread}`;
}

/** Puts the table in the place of the one before. Throws where the page has no such place. */
export function withTable(page: string, fresh: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error('The page has no place for the figures.');
  return `${page.slice(0, from)}${fresh}${page.slice(to + END.length)}`;
}
