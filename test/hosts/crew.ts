import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Agency } from '../load/agency.ts';
import type { Networks } from './networks.ts';

/** One daemon of the real program on a machine of its own, with a home of its own. */
export interface Host {
  /** From 1. */
  machine: number;
  env: NodeJS.ProcessEnv;
  start(): void;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** In good order. */
  end(): Promise<void>;
  /** How often it ended without having been told to, by exit code; it was started again, as systemd does. */
  readonly fell: Record<string, number>;
  readonly pid: number | undefined;
}

/** systemd's RestartSec= of the unit. */
const RESTART_MS = 5000;

/** A home for each machine: what its person would set up there, the same settings and the same keys. */
export function openHost(
  agency: Agency,
  networks: Networks | undefined,
  program: string,
  machine: number,
): Host {
  const first = String(agency.env['REPOST_HOME']);
  // A file has one home only.
  const home = networks ? join(agency.dir, `home-${machine}`) : first;
  if (home !== first) cpSync(first, home, { recursive: true });
  const env = { ...agency.env, REPOST_HOME: home };
  const words = [...(networks?.within(machine) ?? []), process.execPath, program, 'daemon', '--json'];
  const log = createWriteStream(join(agency.dir, `daemon-${machine}.log`), { flags: 'a' });
  let child: ChildProcess | undefined;
  const fell: Record<string, number> = {};

  function start(): void {
    const [command = '', ...args] = words;
    const started = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    started.stderr.pipe(log, { end: false });
    started.once('exit', (code, signal) => {
      if (child !== started) return;
      const how = String(code ?? signal);
      fell[how] = (fell[how] ?? 0) + 1;
      setTimeout(() => child === started && start(), RESTART_MS);
    });
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    const stopped = child;
    child = undefined;
    if (!stopped || stopped.exitCode !== null || stopped.signalCode !== null) return;
    const ended = once(stopped, 'exit');
    stopped.kill(signal);
    // Who stands still hears of nothing else.
    stopped.kill('SIGCONT');
    await ended;
  }

  return {
    machine,
    env,
    fell,
    get pid() {
      return child?.pid;
    },
    start,
    kill: () => stop('SIGKILL'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    end: () => stop('SIGTERM'),
  };
}
