import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { Clock } from '../core/clock.ts';
import { SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';

/** Where the programs are that the media room calls, and what bounds them. */
export interface MediaTools {
  clock: Clock;
  /** Default `ffmpeg`, `ffprobe`, `yt-dlp`, found on the PATH. */
  ffmpeg?: string;
  ffprobe?: string;
  ytDlp?: string;
  signal?: AbortSignal;
}

export interface ProgramCall {
  program: string;
  args: readonly string[];
  /** For the message where it is missing. */
  debianPackage: string;
  /** Wall clock; past it the program and all its children are killed. */
  timeoutMs: number;
  clock: Clock;
  signal?: AbortSignal;
  cwd?: string;
  /** True for work that may take all cores: everything else goes first. */
  background?: boolean;
  /** Told of each line of stdout as it comes. */
  onLine?: (line: string) => void;
}

export interface ProgramEnd {
  /** Null where a signal ended it. */
  exitCode: number | null;
  /** True where it was killed because its time was over. */
  timedOut: boolean;
  stdout: string;
  stderr: string;
}

/** What is kept of each stream; a program that says more is not listened to any longer. */
const MOST_OUTPUT_CHARS = 1024 * 1024;

/** Everything else stays here: above all the passphrase of the vault. */
const passedOn = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'http_proxy',
  'HTTP_PROXY',
  'https_proxy',
  'HTTPS_PROXY',
  'no_proxy',
  'NO_PROXY',
];

/**
 * Runs a program without a shell, in a process group of its own, with nothing on stdin and a bare environment.
 * Throws Failure E_TOOL_MISSING where it can't be started, and the signal's reason when aborted; how it ended
 * is the caller's to judge.
 */
export async function runProgram(call: ProgramCall): Promise<ProgramEnd> {
  call.signal?.throwIfAborted();
  const child = spawn(call.program, [...call.args], {
    cwd: call.cwd,
    env: bareEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  const killAll = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL');
    }
    // A grandchild that left the group could hold the pipes open for ever.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const ended = new AbortController();
  let timedOut = false;
  const timer = call.clock.sleep(call.timeoutMs, ended.signal).then(
    () => {
      timedOut = true;
      killAll();
    },
    () => undefined,
  );
  call.signal?.addEventListener('abort', killAll, { once: true });
  try {
    if (call.background === true && child.pid !== undefined) lowerPriority(child.pid);
    const stdout = collect(child.stdout, call.onLine);
    const stderr = collect(child.stderr);
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(missing(call, error)));
      child.once('close', (code) => resolve(code));
    });
    call.signal?.throwIfAborted();
    return { exitCode, timedOut, stdout: stdout(), stderr: stderr() };
  } finally {
    call.signal?.removeEventListener('abort', killAll);
    ended.abort();
    await timer;
  }
}

function collect(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    if (text.length < MOST_OUTPUT_CHARS) text += chunk.slice(0, MOST_OUTPUT_CHARS - text.length);
  });
  stream.on('error', () => undefined);
  if (onLine !== undefined) createInterface({ input: stream }).on('line', onLine);
  return () => text;
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { LC_ALL: 'C.UTF-8', NO_COLOR: '1' };
  for (const name of passedOn) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It ended already, or the system forbids it: politeness only.
  }
}

function missing(call: ProgramCall, error: Error): Failure {
  return new Failure('E_TOOL_MISSING', {
    kind: 'later',
    reason: 'media',
    notBefore: call.clock.now() + 600 * SECOND,
    message: `${call.program} can’t be started: it is not installed, or not on the PATH.`,
    hint: `Install it (on Debian and Ubuntu: sudo apt install ${call.debianPackage}); the work then goes on by itself.`,
    cause: error,
  });
}

/** The last line of what a program said on stderr, without this machine's paths: for messages. */
export function lastLine(stderr: string): string {
  const line =
    stderr
      .trimEnd()
      .split(/[\r\n]+/)
      .at(-1) ?? '';
  return line
    .replace(/(?:file:)?\/[^\s:'"]+/g, 'the file')
    .slice(0, 300)
    .trim();
}
