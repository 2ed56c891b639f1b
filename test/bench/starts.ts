import { rmSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import type { Surroundings } from '../../src/cli/command.ts';
import { allCommands, buildProgram } from '../../src/cli/program.ts';
import { homeWithJobs } from './homes.ts';
import { race, timed } from './race.ts';
import { hasProgram } from './references.ts';
import { type Findings, figure, judged, median, type Row, ratios, unmeasured } from './report.ts';

export interface StartSize {
  jobs: number;
  rounds: number;
  /** Rounds over the help of every command; none: left out. */
  helpRounds: number;
  /** Other commands, and other programs beside it. */
  others: boolean;
}

/** Command lines, and how many times the CPU of an empty Node they may take. */
const lines = {
  '--version': 1.05,
  '--help': 1.25,
  'jobs list --limit 20': 1.12,
  status: 1.12,
} as const;

/** Commands that need no network, on an ordinary home: all that any command does before it touches one. */
const ordinary = [
  'accounts list',
  'rule list',
  'limits',
  'posts',
  'videos',
  'audit',
  'analytics',
  'jobs show 1',
  'config list',
] as const;
const ORDINARY_JOBS = 1_000;
const BEFORE_NETWORK = 1.5;

/** Other programs that say their version, and how much of their CPU ours may take. */
const others = {
  gh: { words: ['gh', '--version'], limit: 1.6 },
  toot: { words: ['toot', '--version'], limit: 0.35 },
  'yt-dlp': { words: ['yt-dlp', '--version'], limit: 0.45 },
  rclone: { words: ['rclone', 'version'], limit: undefined },
} as const;

/** CPU rather than the clock on the wall: what else runs on the machine counts less. */
export async function starts(program: string, size: StartSize): Promise<Findings> {
  const { jobs, rounds, helpRounds } = size;
  const env = await homeWithJobs(jobs);
  const small = await homeWithJobs(ORDINARY_JOBS);
  const repost = (line: string, home = env) =>
    timed([process.execPath, program, ...line.split(' ')], home).cpuMs;
  const node = () => timed([process.execPath, '-e', '0'], env).cpuMs;
  try {
    const present = Object.entries(others).filter(([name]) => size.others && hasProgram(name));
    const results = await race<string, number>(rounds, {
      node,
      ...Object.fromEntries(Object.keys(lines).map((line) => [line, () => repost(line)])),
      ...Object.fromEntries((size.others ? ordinary : []).map((line) => [line, () => repost(line, small)])),
      ...Object.fromEntries(present.map(([name, { words }]) => [name, () => timed(words, env).cpuMs])),
    });
    return {
      rows: [
        ...ownRows(results, jobs),
        ...(size.others ? otherRows(results) : []),
        ...(await helpRows(helpRounds, node, repost)),
      ],
    };
  } finally {
    for (const home of [env, small]) rmSync(home['REPOST_HOME'] ?? '', { recursive: true, force: true });
  }
}

type Results = Readonly<Record<string, number[]>>;

function ownRows(results: Results, jobs: number): Row[] {
  const node = results['node'] ?? [];
  const row = (line: string, limit: number) => {
    const own = results[line] ?? [];
    const large = /list --limit|status/u.test(line) ? `, ${jobs.toLocaleString('en')} jobs` : '';
    return judged(
      `\`repost ${line}\`${large}`,
      '`node -e 0`, CPU time',
      { atMost: limit },
      ratios(own, node),
      `${figure(median(own))} ms; Node ${figure(median(node))} ms`,
      `start ${line}`,
    );
  };
  if (!results[ordinary[0]]) return Object.entries(lines).map(([line, limit]) => row(line, limit));
  const worst = [...ordinary].sort((a, b) => median(results[b] ?? []) - median(results[a] ?? []))[0];
  const slowest = results[worst ?? ''] ?? [];
  return [
    ...Object.entries(lines).map(([line, limit]) => row(line, limit)),
    judged(
      `the dearest of ${ordinary.map((line) => `\`${line}\``).join(', ')}, ${ORDINARY_JOBS.toLocaleString('en')} jobs`,
      '`node -e 0`, CPU time',
      { atMost: BEFORE_NETWORK },
      ratios(slowest, node),
      `\`${worst}\`: ${figure(median(slowest))} ms`,
      'start before the network',
    ),
  ];
}

function otherRows(results: Results): Row[] {
  const own = results['--version'] ?? [];
  return Object.entries(others).map(([name, { words, limit }]) => {
    const other = results[name] ?? [];
    const reference = `\`${words.join(' ')}\`, CPU time`;
    if (other.length === 0) return unmeasured('`repost --version`', reference, name);
    const note = `${figure(median(own))} ms; ${name} ${figure(median(other))} ms`;
    const measured = ratios(own, other);
    return limit === undefined
      ? { what: '`repost --version`', reference, target: '–', measured, met: null, note }
      : judged('`repost --version`', reference, { atMost: limit }, measured, note);
  });
}

/** The help of every command there is; the dearest counts. */
async function helpRows(
  rounds: number,
  node: () => number,
  repost: (line: string) => number,
): Promise<Row[]> {
  if (rounds === 0) return [];
  const paths = helpPaths();
  const results = await race<string, number>(rounds, {
    node,
    ...Object.fromEntries(paths.map((path) => [path, () => repost(`${path} --help`)])),
  });
  const reference = results['node'] ?? [];
  const ranked = paths
    .map((path) => ({ path, measured: ratios(results[path] ?? [], reference) }))
    .sort((a, b) => b.measured.median - a.measured.median);
  const [worst] = ranked;
  if (!worst) return [];
  const over = ranked.filter(({ measured }) => measured.median > 1.25).length;
  return [
    judged(
      `\`--help\` of all ${paths.length} commands, the dearest`,
      '`node -e 0`, CPU time',
      { atMost: 1.25 },
      worst.measured,
      `\`repost ${worst.path} --help\`; ${over} are over; the median command ${figure(median(ranked.map(({ measured }) => measured.median)))}`,
    ),
  ];
}

function helpPaths(): string[] {
  const around = {
    io: { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), env: {} },
  } as unknown as Surroundings;
  return allCommands(buildProgram(around)).map(pathOf);
}

const pathOf = (command: Command): string =>
  command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
