import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Served {
  port: number;
  child: ChildProcess;
  close(): Promise<void>;
}

/** A server in a process of its own, by the name of a child; it says its port on its first line. */
export async function serve(self: readonly string[], ...words: string[]): Promise<Served> {
  const [program = '', ...before] = self;
  const child = spawn(program, [...before, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)));
    child.once('exit', (code) => reject(new Error(`${words[0]} ended with ${code}`)));
  });
  return {
    port,
    child,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
