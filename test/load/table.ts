import type { Backlog } from './backlog.ts';
import type { ClientReport } from './clients.ts';
import type { Verdict } from './judge.ts';

export interface Results {
  machine: string;
  command: string;
  size: {
    accounts: number;
    destinations: number;
    daily: number;
    speed: number;
    minutes: number;
    programs: number;
    pages: number;
  };
  /** While films appeared, the first quarter left out. */
  publishesPerSecond: number;
  /** Until the last post was out, once no more films appeared. */
  drainedSeconds: number;
  clients: ClientReport;
  /** Of the daemon, the middle of each quarter. */
  memoryMiB: number[];
  verdict: Verdict;
  backlog: { empty: Backlog; full: Backlog } | null;
}

const mib = (bytes: number) => Math.round(bytes / 2 ** 20);

/** The rows of docs/performance.md. */
export function tableOf(results: Results): string {
  const { size, clients, verdict, backlog, memoryMiB } = results;
  const rows = [
    ['Films, and posts wanted of them', `${verdict.films}, ${verdict.wanted}`],
    ['Sustained publishes a second', String(results.publishesPerSecond)],
    ['Lost, doubled, refused for quota', `${verdict.lost}, ${verdict.doubled}, ${verdict.refusedForQuota}`],
    ['Last post out after the last film', `${results.drainedSeconds} s`],
    [
      `API while publishing (${size.programs} programs): p50, p99, longest`,
      `${clients.p50} ms, ${clients.p99} ms, ${clients.longest} ms (${clients.requests} requests)`,
    ],
    [
      `Overview page while publishing (${size.pages} pages): p50, p99`,
      `${clients.pageP50} ms, ${clients.pageP99} ms (${clients.pageLoads} loads, ${clients.events} events)`,
    ],
    ['Memory of the daemon, quarter by quarter', `${memoryMiB.join(', ')} MiB`],
    ...(backlog
      ? [
          [
            `Start with ${backlog.full.jobs} waiting jobs (with ${backlog.empty.jobs})`,
            `${backlog.full.startMs} ms (${backlog.empty.startMs} ms)`,
          ],
          ['Memory then', `${mib(backlog.full.residentBytes)} MiB (${mib(backlog.empty.residentBytes)} MiB)`],
          ['`repost status` then', `${backlog.full.statusMs} ms (${backlog.empty.statusMs} ms)`],
        ]
      : []),
  ];
  return [
    `\`${results.command}\` on ${results.machine}: ${size.accounts} accounts × ${size.destinations} destinations × ${size.daily} films a day, at ${size.speed} times the speed, for ${size.minutes} min.`,
    '',
    '| what | figure |',
    '|---|---|',
    ...rows.map(([what, figure]) => `| ${what} | ${figure} |`),
    '',
  ].join('\n');
}
