import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { median, type Row, ratios, table, withTable } from '../bench/report.ts';

it('ratios are taken round by round, so that a slow moment of the machine counts on both sides', () => {
  expect(ratios([2, 20, 3], [1, 10, 1])).toEqual({ median: 2, min: 2, max: 3, unit: '×' });
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('the page about performance takes a new table in the place of the old one, with what is not met', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/performance.md'), 'utf8');
  const measured = { median: 1.234, min: 1, max: 2, unit: '×' };
  const row: Row = { what: 'a', reference: 'b', target: 'at most 1', measured, met: false, note: 'c' };
  const once = withTable(page, table([row], 'A machine.'));
  expect(once).toContain('| a | b | at most 1 | 1.23 × (1–2) | **not met** | c |');
  expect(withTable(once, table([], 'Another.'))).not.toContain('**not met** | c |');
  expect(() => withTable('no place', 'x')).toThrow('no place');
});
