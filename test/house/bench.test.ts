import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { worse } from '../bench/baselines.ts';
import { tables, withTables } from '../bench/page.ts';
import { drawn } from '../bench/pictures.ts';
import { broken, judged, median, type Row, ratios, single } from '../bench/report.ts';

const root = join(import.meta.dirname, '../..');

it('ratios are taken round by round, so that a slow moment of the machine counts on both sides', () => {
  expect(ratios([2, 20, 3], [1, 10, 1])).toEqual({ median: 2, min: 2, max: 3, unit: '×' });
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('the page about performance takes new tables in the place of the old ones, with what is not met', () => {
  const page = readFileSync(join(root, 'docs/performance.md'), 'utf8');
  const measured = { median: 1.234, min: 1, max: 2, unit: '×' };
  const row: Row = { what: 'a', reference: 'b', target: 'at most 1', measured, met: false, note: 'c' };
  const results = { some: { title: 'Some', machine: 'A machine', rows: [row] } };
  const once = withTables(page, tables(results));
  expect(once).toContain('| a | b | at most 1 | 1.23 × (1–2) | **not met** | c |');
  expect(once).toContain('0 of 1 targets are met');
  expect(withTables(once, tables({}))).not.toContain('**not met** | c |');
  expect(() => withTables('no place', 'x')).toThrow('no place');
});

it('a ratio that is worse than noise explains is a regression, and so is a group that broke off', () => {
  const baselines = {
    cost: { worse: 'higher' as const, usual: 1, worst: 1.2 },
    rate: { worse: 'lower' as const, usual: 2, worst: 1.8 },
  };
  const cost = (value: number) => judged('a cost', '-', { atMost: 1 }, single(value), '', 'cost');
  const rate = (value: number) => judged('a rate', '-', { atLeast: 2 }, single(value), '', 'rate');
  expect(worse([cost(1.5), rate(1.45)], baselines)).toEqual([]);
  expect(worse([cost(1.6)], baselines)).toEqual([expect.stringContaining('a cost: 1.6')]);
  expect(worse([rate(1.2)], baselines)).toEqual([expect.stringContaining('a rate: 1.2')]);
  expect(worse([broken('some', new Error('no disk'))], {})).toEqual([expect.stringContaining('no disk')]);
});

it('a picture shows every point of every line, within its frame', () => {
  const points: [number, number][] = [
    [1, 3],
    [1000, 3.1],
    [1_000_000, 40],
  ];
  const picture = drawn({ name: 'a', title: 'A < B', x: 'jobs', y: 'ms', lines: [{ name: 'one', points }] });
  expect(picture).toContain('<title id="title">A &lt; B</title>');
  expect(picture.match(/<circle class="f0"/gu)).toHaveLength(points.length + 1);
  const places = [...picture.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/gu)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  for (const [x = -1, y = -1] of places) {
    expect(x > 0 && x < 720).toBe(true);
    expect(y > 0 && y < 420).toBe(true);
  }
});
