import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { candidates } from './candidates.ts';
import {
  type MatrixRow,
  matrixOf,
  outcomeAt,
  phasesOf,
  tableIn,
  tableOf,
  troubles,
  withTable,
} from './matrix.ts';

const path = new URL('../../docs/reliability.md', import.meta.url);
const all = Object.values(candidates);

/** `npm run matrix` sets it: then everything is tried and the table written. */
const writes = process.env['REPOST_MATRIX'] === 'write';

describe('the table of faults', () => {
  const table = tableIn(readFileSync(path, 'utf8')) ?? '';
  const lines = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));

  it('has every fault of the suite and every platform, none of them with two posts', () => {
    expect(lines[0]?.slice(3, -1)).toEqual(troubles.map(({ name }) => name));
    expect([...new Set(lines.slice(2).map((cells) => cells[1]))]).toEqual(all.map(([{ name }]) => name));
    const outcomes = new Set(lines.slice(2).flatMap((cells) => cells.slice(3, -1)));
    for (const outcome of outcomes)
      expect(outcome).toMatch(/^(1 post|unknown, [01] posts?)( or (1 post|unknown, [01] posts?))*$/u);
  });

  it.each(all.map(([platform, options]) => [platform.name, platform, options] as const))(
    'has the phases that %s goes through, and what comes of a lost answer in the one that publishes',
    async (name, platform, options) => {
      const phases = await phasesOf(platform, options);
      const rows = lines.filter((cells) => cells[1] === name);
      const counts = [...new Set(phases)].map((one) => `${one} (${phases.filter((p) => p === one).length})`);
      expect(rows.map((cells) => cells[2])).toEqual(counts);
      const publishing = phases.findLastIndex((phase) => phase.startsWith('**'));
      const lost = troubles.find((trouble) => trouble.name === 'lost');
      if (!lost) throw new Error('no such trouble');
      const cells = rows.find((row) => row[2]?.startsWith(`${phases[publishing]} (`)) ?? [];
      const column = lines[0]?.indexOf('lost') ?? -1;
      expect(cells[column]).toContain(await outcomeAt(platform, options, lost, publishing + 1));
    },
  );
});

describe.runIf(writes)('every fault at every request of every platform', () => {
  it('comes to a good end, and the table says which', { timeout: 3_600_000 }, async () => {
    const rows: MatrixRow[] = [];
    for (const [platform, options] of all) rows.push(...(await matrixOf(platform, options)));
    writeFileSync(path, withTable(readFileSync(path, 'utf8'), tableOf(rows)));
  });
});
