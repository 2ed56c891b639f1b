import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Group } from './groups.ts';
import { type Findings, figure, median, type Row } from './report.ts';

/** What a row of the short form should give, and the worst that it gave on a busy machine. */
interface Baseline {
  /** `most`: a higher ratio is worse. */
  worse: 'higher' | 'lower';
  usual: number;
  worst: number;
}

/** How much worse than the worst seen counts as a regression: noise that was not met yet. */
const MARGIN = 1.3;

const fileOf = (root: string) => join(root, 'test', 'bench', 'baselines.json');

/**
 * Measures, and measures the groups anew in which something was worse than its baseline: a regression is worse each
 * time, noise is not. Gives the exit code.
 */
export async function judgeQuick(
  root: string,
  wanted: readonly Group[],
  measure: (some: readonly Group[]) => Promise<Findings[]>,
): Promise<number> {
  const baselines = JSON.parse(readFileSync(fileOf(root), 'utf8')) as Record<string, Baseline>;
  const regressed = async (group: Group) =>
    (await measure([group])).flatMap(({ rows }) => worse(rows, baselines));
  const failed: string[] = [];
  for (const group of wanted) {
    let found = await regressed(group);
    for (let again = 2; found.length > 0 && again > 0; again -= 1) {
      console.log(`         worse than its baseline, so measured again: ${found.join('; ')}`);
      found = await regressed(group);
    }
    failed.push(...found);
  }
  for (const one of failed) console.error(`Worse than its baseline, three times: ${one}`);
  if (failed.length === 0) console.log('No ratio is worse than its baseline.');
  return failed.length === 0 ? 0 : 1;
}

/** Rows that are worse than noise explains, or broke off. */
export function worse(rows: readonly Row[], baselines: Readonly<Record<string, Baseline>>): string[] {
  return rows.flatMap(({ id, what, measured, met, note }) => {
    if (!measured) return met === false ? [`${what}: ${note}`] : [];
    const baseline = id === undefined ? undefined : baselines[id];
    if (!baseline) return [];
    const bound = boundOf(baseline);
    const isWorse = baseline.worse === 'higher' ? measured.median > bound : measured.median < bound;
    return isWorse
      ? [`${what}: ${figure(measured.median)}, usually ${figure(baseline.usual)}, bound ${figure(bound)}`]
      : [];
  });
}

export const boundOf = ({ worse: direction, worst }: Baseline) =>
  direction === 'higher' ? worst * MARGIN : worst / MARGIN;

/** Measures many times and keeps what came out. */
export async function keepBaselines(
  root: string,
  rounds: number,
  measure: () => Promise<Findings[]>,
): Promise<void> {
  const seen: Seen = new Map();
  for (let round = 0; round < rounds; round += 1) {
    for (const { id, measured, target } of (await measure()).flatMap(({ rows }) => rows)) {
      if (id === undefined || !measured) continue;
      const direction = target.startsWith('at least') ? 'lower' : 'higher';
      const kept = seen.get(id) ?? { values: [], worse: direction };
      kept.values.push(measured.median);
      seen.set(id, kept);
    }
    writeFileSync(fileOf(root), `${JSON.stringify(baselinesOf(seen), null, 2)}\n`);
  }
}

type Seen = Map<string, { values: number[]; worse: Baseline['worse'] }>;

function baselinesOf(seen: Seen): Record<string, Baseline> {
  return Object.fromEntries(
    [...seen].map(([id, { values, worse: direction }]): [string, Baseline] => [
      id,
      {
        worse: direction,
        usual: Number(median(values).toPrecision(3)),
        worst: Number((direction === 'higher' ? Math.max(...values) : Math.min(...values)).toPrecision(3)),
      },
    ]),
  );
}
