import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { answerOfList } from './answer.ts';
import { bareFolder, homeWithAccounts } from './homes.ts';
import { freePort, startNginx } from './nginx.ts';
import { addAccounts } from './polls.ts';
import { timed } from './race.ts';
import { startRedis } from './redis.ts';
import { hasProgram } from './references.ts';
import { type Findings, figure, judged, type Row, single, unmeasured } from './report.ts';

const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);

interface Reading {
  rssMiB: number;
  cpuMs: number;
  switches: number;
}

function read(pid: number): Reading {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const tasks = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
  const switches = tasks.map((task) =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/mu.exec(readFileSync(`${task}/status`, 'utf8'))?.[1]),
  );
  // In nanoseconds, where the ticks of `stat` are as long as all that is wanted in a minute:
  // https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html
  const cpuNs = tasks.map((task) => Number(readFileSync(`${task}/schedstat`, 'utf8').split(' ')[0]));
  return {
    rssMiB: Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024,
    cpuMs: sum(cpuNs) / 1e6,
    switches: sum(switches),
  };
}

export interface IdleSize {
  settleMs: number;
  watchMs: number;
  burst: number;
}

interface Idler {
  child: ChildProcess;
  home?: string;
}

/** Daemons with 50 accounts and nothing due, beside an empty Node with one timer and a Redis server, at the same time. */
export async function idle(program: string, self: readonly string[], size: IdleSize): Promise<Findings> {
  const idlers = new Map<string, Idler>();
  const redis = hasProgram('redis-server') ? await startRedis('everysec') : undefined;
  const start = (name: string, words: readonly string[], env: NodeJS.ProcessEnv) =>
    idlers.set(name, {
      child: spawn(process.execPath, words, { env, stdio: 'ignore' }),
      ...(env['REPOST_HOME'] ? { home: env['REPOST_HOME'] } : {}),
    });
  try {
    start('node', ['-e', 'setInterval(() => {}, 1e9)'], { PATH: process.env['PATH'] });
    start('off', [program, 'daemon'], await homeWithAccounts(50));
    start('on', [program, 'daemon'], {
      ...(await homeWithAccounts(50)),
      REPOST_HTTP: `127.0.0.1:${await freePort()}`,
    });
    if (redis) idlers.set('redis', { child: redis.child });
    await systemClock.sleep(size.settleMs);
    const before = readAll(idlers);
    await systemClock.sleep(size.watchMs);
    const after = readAll(idlers);
    return {
      rows: [
        ...rowsOf(before, after, size),
        ...(await afterBurst(self, after['node']?.rssMiB ?? Number.NaN, size)),
      ],
    };
  } finally {
    await redis?.close();
    for (const [name, { child, home }] of idlers) {
      if (name === 'redis') continue;
      const ended = child.exitCode === null ? new Promise((done) => child.once('exit', done)) : undefined;
      child.kill('SIGKILL');
      await ended;
      if (home) rmSync(home, { recursive: true, force: true });
    }
  }
}

type Readings = Readonly<Record<string, Reading>>;

function readAll(idlers: ReadonlyMap<string, Idler>): Readings {
  return Object.fromEntries([...idlers].map(([name, { child }]) => [name, read(child.pid ?? 0)]));
}

const daemons = { off: 'HTTP off', on: 'API, metrics and page on' } as const;

function rowsOf(before: Readings, after: Readings, { settleMs, watchMs }: IdleSize): Row[] {
  const { node, redis } = after;
  const spent = (name: string, what: 'cpuMs' | 'switches') =>
    (after[name]?.[what] ?? 0) - (before[name]?.[what] ?? 0);
  const seconds = `in ${watchMs / 1000} s, after ${settleMs / 1000} s`;
  return Object.entries(daemons).flatMap(([name, words]): Row[] => {
    const what = `idle daemon, 50 accounts, ${words}`;
    const mib = after[name]?.rssMiB ?? Number.NaN;
    const nodeMiB = node?.rssMiB ?? Number.NaN;
    const cpu = spent(name, 'cpuMs');
    return [
      judged(
        `${what}: memory`,
        'bare Node',
        { atMost: name === 'off' ? 1.25 : 1.8 },
        single(mib / nodeMiB),
        `${figure(mib)} MiB; Node ${figure(nodeMiB)} MiB`,
      ),
      judged(
        `${what}: wake-ups of all its threads`,
        '–',
        { atMost: 0.5 },
        single(spent(name, 'switches') / (watchMs / 1000), '/s'),
        seconds,
      ),
      redis
        ? judged(
            `${what}: CPU time`,
            'redis-server, idle',
            { atMost: 0.1 },
            single(cpu / spent('redis', 'cpuMs')),
            `${figure(cpu)} ms; Redis ${figure(spent('redis', 'cpuMs'))} ms ${seconds}`,
          )
        : unmeasured(`${what}: CPU time`, 'redis-server, idle', 'redis-server'),
    ];
  });
}

/** What stays in memory of a process that polled a lot, and then rests. */
async function afterBurst(self: readonly string[], nodeMiB: number, size: IdleSize): Promise<Row[]> {
  const what = `after a burst of ${size.burst.toLocaleString('en')} polls: memory`;
  if (!hasProgram('nginx')) return [unmeasured(what, 'bare Node', 'nginx')];
  const folder = bareFolder();
  const path = join(folder, 'repost.db');
  await addAccounts(path, 50);
  const server = await startNginx(answerOfList());
  try {
    const words = [
      'polls',
      'engine',
      `http://127.0.0.1:${server.port}`,
      path,
      String(size.burst),
      String(size.settleMs),
    ];
    const { restMiB } = JSON.parse(timed([...self, ...words]).out) as { restMiB: number };
    return [
      judged(
        what,
        'bare Node',
        { atMost: 2 },
        single(restMiB / nodeMiB),
        `${figure(restMiB)} MiB, the engine in a process of its own, ${size.settleMs / 1000} s later; Node ${figure(nodeMiB)} MiB`,
      ),
    ];
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}
