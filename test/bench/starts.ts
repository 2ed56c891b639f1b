import { rmSync } from 'node:fs';
import { homeWithJobs } from './homes.ts';
import { race, timed } from './race.ts';
import { figure, median, type Row, ratios } from './report.ts';

/** Command lines, and how many times the CPU of an empty Node they may take. */
const lines = {
  '--version': 1.05,
  '--help': 1.25,
  'rule add --help': 1.25,
  'jobs list --limit 20': 1.12,
  status: 1.12,
} as const;

/** CPU rather than the clock on the wall: what else runs on the machine counts less. */
export async function starts(program: string, jobs: number, rounds: number): Promise<Row[]> {
  const env = await homeWithJobs(jobs);
  const runs = Object.keys(lines).map(
    (line) => [line, () => timed([process.execPath, program, ...line.split(' ')], env).cpuMs] as const,
  );
  const results = await race<string, number>(rounds, {
    node: () => timed([process.execPath, '-e', '0'], env).cpuMs,
    ...Object.fromEntries(runs),
  });
  rmSync(env['REPOST_HOME'] ?? '', { recursive: true });
  const node = results['node'] ?? [];
  return Object.entries(lines).map(([line, limit]) => {
    const own = results[line] ?? [];
    const measured = ratios(own, node);
    const large = /list|status/u.test(line) ? `, ${jobs.toLocaleString('en')} jobs` : '';
    return {
      what: `\`repost ${line}\`${large}`,
      reference: '`node -e 0`, CPU time',
      target: `at most ${limit}`,
      measured,
      met: measured.median <= limit,
      note: `${figure(median(own))} ms; Node ${figure(median(node))} ms`,
    };
  });
}
