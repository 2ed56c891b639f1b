import { spawn } from 'node:child_process';
import { sweepFaketime } from '../faketime.ts';
import { entry } from './home.ts';

export interface Ended {
  /** Null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the real program to its end, whatever that is. */
export function runRepost(
  env: NodeJS.ProcessEnv,
  args: readonly string[],
  options: { stdin?: string; uid?: number; command?: readonly string[] } = {},
): Promise<Ended> {
  const [program = '', ...before] = options.command ?? [process.execPath, entry];
  const child = spawn(program, [...before, ...args], {
    env,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      ended[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => sweepFaketime(child.pid));
    child.once('close', (code) => resolve({ ...ended, code }));
  });
}
