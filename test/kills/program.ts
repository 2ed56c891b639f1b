import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { faketimeLibrary, sweepFaketime } from '../faketime.ts';

/** The real program as a user starts it, its clock ahead of this machine's by what was skipped so far. */
export interface RealProgram {
  /** How far ahead the clocks are, in ms. */
  aheadMs: number;
  /** Runs to its end. Gives stdout; throws with the program's words where it fails. */
  run(args: readonly string[], stdin?: string): Promise<string>;
  /** Starts it. `ended` gives the exit code, null where a signal ended it, and what it said on stderr. */
  start(args: readonly string[]): Started;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** The next line of stdout. */
  nextLine(): Promise<string>;
}

/** What is kept of a process's words on stderr: enough to see why it failed. */
const MOST_WORDS = 200_000;

/** Of all worlds: none outlives the one who started them. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export function realProgram(entry: string, env: NodeJS.ProcessEnv): RealProgram {
  const library = faketimeLibrary();

  function start(args: readonly string[]): Started {
    const child = spawn(process.execPath, [entry, ...args], {
      env: {
        ...env,
        LD_PRELOAD: library,
        FAKETIME: `+${program.aheadMs / 1000}s`,
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    living.add(child);
    child.once('exit', () => {
      living.delete(child);
      sweepFaketime(child.pid);
    });
    let stderr = '';
    let stdout = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MOST_WORDS);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stdin.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return {
      child,
      ended,
      async nextLine() {
        const { value, done } = await lines.next();
        if (done) throw new Error(`repost ${args.join(' ')} ended: ${stderr.trim()}`);
        return value as string;
      },
    };
  }

  const program: RealProgram = {
    aheadMs: 0,
    start,
    async run(args, stdin = '') {
      const { child, ended } = start(args);
      child.stdin?.end(stdin);
      const { code, stdout, stderr } = await ended;
      if (code !== 0) throw new Error(`repost ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
      return stdout;
    },
  };
  return program;
}
