import { spawn } from 'node:child_process';
import { Failure } from '../core/failure.ts';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

const PATIENCE_MS = 120_000;

/** Runs a program of the system to its end, whatever its exit code. Throws E_TOOL_MISSING, E_TOOL_FAILED. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; input?: Uint8Array },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: options.env, timeout: PATIENCE_MS, killSignal: 'SIGKILL' });
    const ran = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        ran[name] += text;
      });
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new Failure(error.code === 'ENOENT' ? 'E_TOOL_MISSING' : 'E_TOOL_FAILED', {
          message:
            error.code === 'ENOENT'
              ? `The program ${program} is not installed.`
              : `${program} can’t be run: ${error.message}.`,
        }),
      ),
    );
    child.once('close', (code) => {
      if (code !== null) return resolve({ code, ...ran });
      reject(
        new Failure('E_TOOL_FAILED', { message: `${program} did not end within ${PATIENCE_MS / 1000} s.` }),
      );
    });
    // It may end without reading.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
