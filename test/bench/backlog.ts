import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/core/clock.ts';
import { homeWithJobs, type Kind } from './homes.ts';
import { race } from './race.ts';
import { type Chart, type Findings, figure, judged, median, spread } from './report.ts';

export interface BacklogSize {
  jobs: number;
  rounds: number;
  settleMs: number;
  /** Backlogs for the picture. */
  growth: readonly number[];
}

interface Start {
  readyMs: number;
  rssMiB: number;
}

/** The real daemon on a home where so many jobs wait for tomorrow, beside one on an empty home. */
export async function backlog(program: string, size: BacklogSize): Promise<Findings> {
  const homes = new Map<number, NodeJS.ProcessEnv>();
  try {
    for (const jobs of new Set([0, size.jobs, ...size.growth]))
      homes.set(jobs, await homeWithJobs(jobs, 'tomorrow' satisfies Kind));
    const results = await race<string, Start>(
      size.rounds,
      Object.fromEntries(
        [...homes].map(([jobs, env]) => [String(jobs), () => startDaemon(program, env, size.settleMs)]),
      ),
    );
    return findings(results, size);
  } finally {
    for (const env of homes.values()) rmSync(env['REPOST_HOME'] ?? '', { recursive: true, force: true });
  }
}

function findings(results: Readonly<Record<string, Start[]>>, size: BacklogSize): Findings {
  const of = (jobs: number, what: keyof Start) => (results[String(jobs)] ?? []).map((start) => start[what]);
  const more = (what: keyof Start, unit: string, divisor = 1) =>
    spread(
      of(size.jobs, what).map((value, round) => (value - (of(0, what)[round] ?? Number.NaN)) / divisor),
      unit,
    );
  const what = `daemon with ${size.jobs.toLocaleString('en')} waiting jobs`;
  const middle = (what: keyof Start) =>
    `${figure(median(of(size.jobs, what)))} against ${figure(median(of(0, what)))}`;
  const sizes = [...new Set([...size.growth, size.jobs])].sort((a, b) => a - b);
  const growth: Chart = {
    name: 'growth-backlog',
    title: 'A daemon’s memory and start by how many jobs wait',
    x: 'waiting jobs',
    y: 'MiB, ms',
    lines: [
      { name: 'memory (MiB)', points: sizes.map((jobs) => [jobs, median(of(jobs, 'rssMiB'))]) },
      { name: 'until ready (ms)', points: sizes.map((jobs) => [jobs, median(of(jobs, 'readyMs'))]) },
    ],
  };
  return {
    rows: [
      judged(
        `${what}: memory more than`,
        'an empty home',
        { atMost: 5 },
        more('rssMiB', 'MiB'),
        `${middle('rssMiB')} MiB, ${size.settleMs / 1000} s after the start`,
        'backlog memory',
      ),
      judged(
        `${what}: ready later than`,
        'an empty home',
        { atMost: 1 },
        more('readyMs', 's', 1000),
        `${middle('readyMs')} ms after the start of the process`,
      ),
    ],
    ...(size.growth.length > 0 ? { charts: [growth] } : {}),
  };
}

/** From the start of the process until it says that it is ready; what it holds a while later. */
async function startDaemon(program: string, env: NodeJS.ProcessEnv, settleMs: number): Promise<Start> {
  const from = performance.now();
  const child = spawn(process.execPath, [program, 'daemon', '--json'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  try {
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stderr }).on('line', (line) => {
        said.push(line);
        if (line.includes('"event":"started"')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}: ${said.at(-1)}`)));
    });
    const readyMs = performance.now() - from;
    await systemClock.sleep(settleMs);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return { readyMs, rssMiB: Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024 };
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
