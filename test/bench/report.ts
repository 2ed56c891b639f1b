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
  /** Null where the reference is missing on this machine, or the measurement failed. */
  measured: Measured | null;
  met: boolean | null;
  /** Absolute figures of this machine, or why there are none. */
  note: string;
  /** A name that lasts: `npm run bench -- --quick` compares the row with its baseline by it. */
  id?: string;
}

/** How something grows: a picture, by both axes’ logarithms. */
export interface Chart {
  /** Name of its file, without the ending. */
  name: string;
  title: string;
  x: string;
  y: string;
  lines: { name: string; points: [x: number, y: number][] }[];
}

/** What one group of measurements gives. */
export interface Findings {
  rows: Row[];
  charts?: Chart[];
}

export type Bound = { atLeast: number } | { atMost: number };

/** A row whose target is a bound on its median. */
export function judged(
  what: string,
  reference: string,
  bound: Bound,
  measured: Measured,
  note: string,
  id?: string,
): Row {
  const unit = measured.unit === '×' ? '' : ` ${measured.unit}`;
  const [words, met] =
    'atLeast' in bound
      ? [`at least ${bound.atLeast}`, measured.median >= bound.atLeast]
      : [`at most ${bound.atMost}`, measured.median <= bound.atMost];
  return { what, reference, target: `${words}${unit}`, measured, met, note, ...(id ? { id } : {}) };
}

/** A figure without a target. */
export function stated(what: string, reference: string, measured: Measured, note: string, id?: string): Row {
  return { what, reference, target: '–', measured, met: null, note, ...(id ? { id } : {}) };
}

/** A row that nothing could be compared for. */
export function unmeasured(what: string, reference: string, missing: string): Row {
  const note = `not measured: ${missing} is missing`;
  return { what, reference, target: '–', measured: null, met: null, note };
}

/** In the place of a group that broke off: the others’ rows must not be lost with it. */
export function broken(name: string, error: unknown): Row {
  const said = error instanceof Error ? error.message : String(error);
  const note = `the measurement broke off: ${said.split('\n')[0]?.slice(0, 300) ?? ''}`;
  return { what: `group \`${name}\``, reference: '–', target: '–', measured: null, met: false, note };
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

/** Several readings of one thing. */
export function spread(values: readonly number[], unit = '×'): Measured {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), unit };
}

/** The ratio of each round, because a machine’s mood lasts longer than a round. */
export function ratios(own: readonly number[], reference: readonly number[], unit = '×'): Measured {
  return spread(
    own.map((value, round) => value / (reference[round] ?? Number.NaN)),
    unit,
  );
}

/** Three digits that count: 0.0123, 12.3, 12,300. */
export const figure = (value: number) => value.toLocaleString('en', { maximumSignificantDigits: 3 });

export function words({ median: middle, min, max, unit }: Measured): string {
  const between = min === max ? '' : ` (${figure(min)}–${figure(max)})`;
  return `${figure(middle)} ${unit}${between}`;
}

/** How a row reads on a terminal. */
export function line({ what, reference, measured, target, met, note }: Row): string {
  const verdict = met === null ? '–      ' : met ? 'met    ' : 'not met';
  return `${verdict}  ${what} / ${reference}: ${measured ? words(measured) : '–'} (${target}); ${note}`;
}
