import { execFile } from 'node:child_process';

/** The service manager that started this process, as far as it wants to hear from us. */
export interface Supervisor {
  /** How long it waits between two signs of life before it kills us; undefined where it wants none. */
  watchdogMs: number | undefined;
  ready(status: string): Promise<void>;
  reloading(): Promise<void>;
  alive(): Promise<void>;
  stopping(status: string): Promise<void>;
  /** We need this much longer to stop (ms from now). */
  extend(ms: number): Promise<void>;
}

/** A message takes 10 to 40 ms; one that takes this long is lost. */
const PATIENCE_MS = 10_000;

/**
 * The protocol of systemd’s service notifications (https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html).
 * Node can’t write to a datagram socket of that kind, so systemd’s own program does. Takes what it needs out of
 * `env`, so that programs which we start (ffmpeg, yt-dlp, commands of the user) can’t speak for us. Undefined
 * where no service manager listens.
 */
export function openSupervisor(
  env: NodeJS.ProcessEnv,
  pid: number,
  onError: (error: Error) => void,
): Supervisor | undefined {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: period, WATCHDOG_PID: watched } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (!socket) return undefined;
  const mine = watched === undefined || Number(watched) === pid;
  const watchdogMs = mine && Number(period) > 0 ? Number(period) / 1000 : undefined;

  const send = (messages: readonly string[]) =>
    new Promise<void>((resolve) => {
      const options = { env: { PATH: env['PATH'], NOTIFY_SOCKET: socket }, timeout: PATIENCE_MS };
      execFile('systemd-notify', messages, options, (error) => {
        if (error) onError(error);
        resolve();
      });
    });
  // One after the other: of two processes that were started together, either may speak first.
  let last = Promise.resolve();
  const tell = (...messages: string[]) => {
    last = last.then(() => send(messages));
    return last;
  };

  return {
    watchdogMs,
    ready: (status) => tell('READY=1', `STATUS=${status}`),
    reloading: () => tell('RELOADING=1'),
    alive: () => tell('WATCHDOG=1'),
    stopping: (status) => tell('STOPPING=1', `STATUS=${status}`),
    extend: (ms) => tell(`EXTEND_TIMEOUT_USEC=${Math.round(ms * 1000)}`),
  };
}
