import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { systemClock } from '../../src/core/clock.ts';
import { homeWithJobs } from './homes.ts';
import type { Row } from './report.ts';

interface Reading {
  rssMiB: number;
  cpuMs: number;
  switches: number;
}

function read(pid: number): Reading {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  // Fields 14 and 15 after the name, in ticks of 10 ms: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const switches = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(
      /^voluntary_ctxt_switches:\s+(\d+)/mu.exec(
        readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'),
      )?.[1],
    ),
  );
  return {
    rssMiB: Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1]) / 1024,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
    switches: switches.reduce((sum, count) => sum + count, 0),
  };
}

/** A daemon with nothing to do beside an empty Node with one timer, at the same time. */
export async function idle(program: string, settleMs: number, watchMs: number): Promise<Row[]> {
  const env = await homeWithJobs(0);
  const children: ChildProcess[] = [
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { env, stdio: 'ignore' }),
    spawn(process.execPath, [program, 'daemon'], { env, stdio: 'ignore' }),
  ];
  try {
    await systemClock.sleep(settleMs);
    const readAll = () => children.map(({ pid }) => read(pid ?? 0));
    const [, start] = readAll();
    await systemClock.sleep(watchMs);
    const [node, daemon] = readAll();
    if (!node || !daemon || !start) throw new Error('a process is missing');
    const one = (value: number, unit: string) => ({ median: value, min: value, max: value, unit });
    const ratio = daemon.rssMiB / node.rssMiB;
    const wakes = (daemon.switches - start.switches) / (watchMs / 1000);
    const seconds = `in ${watchMs / 1000} s, after ${settleMs / 1000} s`;
    return [
      {
        what: 'idle daemon, HTTP off, no sources: memory',
        reference: 'bare Node',
        target: 'at most 1.25',
        measured: one(ratio, '×'),
        met: ratio <= 1.25,
        note: `${Math.round(daemon.rssMiB)} MiB; Node ${Math.round(node.rssMiB)} MiB`,
      },
      {
        what: 'idle daemon, HTTP off, no sources: wake-ups of all its threads',
        reference: '–',
        target: 'at most 0.5/s',
        measured: one(wakes, '/s'),
        met: wakes <= 0.5,
        note: `${seconds}; CPU ${daemon.cpuMs - start.cpuMs} ms`,
      },
    ];
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(
      children.map((child) => child.exitCode ?? new Promise((done) => child.once('exit', done))),
    );
    rmSync(env['REPOST_HOME'] ?? '', { recursive: true, force: true });
  }
}
