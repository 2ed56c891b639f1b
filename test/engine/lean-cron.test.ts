import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
// @ts-expect-error: a script of the build, without types
import { leanCron } from '../../scripts/lean-cron.mjs';

const folder = mkdtempSync(join(tmpdir(), 'repost-cron-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a task learns of the time, and when it comes next: over a year, and by the hour on days of changed clocks. */
const program = `
  import { L as LocalizedTime, T as TimeMatcher } from './node_modules/node-cron/dist/_shared.js';
  const HOUR = 3_600_000;
  const changes = [[2, 8], [2, 29], [3, 4], [8, 26], [9, 25], [10, 1]].map(([month, day]) => Date.UTC(2026, month, day));
  const days = Array.from({ length: 280 }, (_, step) => Date.UTC(2026, 0, 1) + step * 31 * HOUR - step);
  const hours = changes.flatMap((from) => Array.from({ length: 26 }, (_, hour) => from + hour * HOUR));
  const told = [];
  for (const at of [...days, ...hours]) {
    const time = new LocalizedTime(new Date(at));
    told.push({ ...time.getParts(), iso: time.toISO() });
    for (const pattern of ['*/15 * * * * *', '30 2 * * *', '0 9 * * Mon'])
      told.push(new TimeMatcher(pattern).getNextMatch(new Date(at)).getTime());
  }
  console.log(JSON.stringify(told));
`;

async function bundle(name: string, plugins: Plugin[]): Promise<void> {
  await build({
    stdin: { contents: program, resolveDir: process.cwd() },
    outfile: join(folder, name),
    bundle: true,
    platform: 'node',
    format: 'esm',
    plugins,
    logLevel: 'error',
  });
}

beforeAll(async () => {
  await bundle('lean.mjs', [leanCron]);
  await bundle('whole.mjs', []);
});

it.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Chatham'])(
  'node-cron tells the same time from a Date as from Intl: %s',
  (zone) => {
    const [lean, whole] = ['lean.mjs', 'whole.mjs'].map((name) =>
      execFileSync(process.execPath, [join(folder, name)], { env: { TZ: zone }, encoding: 'utf8' }),
    );
    expect(lean).toBe(whole);
    expect(JSON.parse(lean ?? '')).toHaveLength(4 * (280 + 6 * 26));
  },
);
