import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { MINUTE, systemClock } from '../../src/core/clock.ts';
import { judgeQuick, keepBaselines } from './baselines.ts';
import { type Group, groups, type Stage } from './groups.ts';
import { type Results, tables, withTables } from './page.ts';
import { drawn } from './pictures.ts';
import { broken, type Findings, line } from './report.ts';

export interface Order extends Stage {
  /** Names of groups; without them all that the form has. */
  only?: readonly string[];
  /** Measures the short form so many times and keeps what it should give. */
  baselineRounds?: number;
}

/** Measures group by group. The long form keeps what it found, group by group, so that breaking off loses nothing. */
export async function bench(order: Order): Promise<void> {
  const { quick, only, baselineRounds } = order;
  const unknown = only?.filter((name) => groups.every((group) => group.name !== name)) ?? [];
  if (unknown.length > 0) throw new Error(`There is no group ${unknown.join(', ')}.`);
  const wanted = groups.filter(
    ({ name, form }) => only?.includes(name) ?? (form === 'both' || form === (quick ? 'quick' : 'long')),
  );
  if (baselineRounds !== undefined)
    return keepBaselines(order.root, baselineRounds, () => measureAll(wanted, order));
  if (quick) {
    process.exitCode = await judgeQuick(order.root, wanted, (some) => measureAll(some, order));
    return;
  }
  for (const group of wanted) keep(order.root, group, await measure(group, order));
}

async function measureAll(wanted: readonly Group[], order: Stage): Promise<Findings[]> {
  const all: Findings[] = [];
  for (const group of wanted) all.push(await measure(group, order));
  return all;
}

async function measure(group: Group, stage: Stage): Promise<Findings> {
  const from = performance.now();
  let found: Findings;
  try {
    found = await within(LONGEST_MS, group.measure(stage));
  } catch (error) {
    console.error(error);
    found = { rows: [broken(group.name, error)] };
  }
  for (const row of found.rows) console.log(line(row));
  console.log(`         (${group.name}: ${Math.round((performance.now() - from) / 1000)} s)`);
  return found;
}

/** A group that hangs must not cost the others their turn. */
const LONGEST_MS = 10 * MINUTE;

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = systemClock.sleep(ms, stop.signal).then(() => {
    throw new Error(`it took more than ${ms / MINUTE} minutes`);
  });
  late.catch(() => undefined);
  return Promise.race([work, late]).finally(() => stop.abort());
}

/** Puts a group’s rows and pictures in the place of those before. */
function keep(root: string, { name, title }: Group, found: Findings): void {
  const [page, file] = [join(root, 'docs', 'performance.md'), join(root, 'docs', 'performance.json')];
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : {};
  const machine = `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}`;
  const load = loadavg()[0] ?? 0;
  const fresh = { ...before, [name]: { title, machine, load: Math.round(load * 10) / 10, ...found } };
  // In the order of the groups, whatever was measured when.
  const results = Object.fromEntries(
    groups.flatMap((group) => (fresh[group.name] ? [[group.name, fresh[group.name]]] : [])),
  ) as Results;
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  for (const chart of found.charts ?? [])
    writeFileSync(join(root, 'docs', 'pictures', `${chart.name}.svg`), drawn(chart));
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables(results)));
}
