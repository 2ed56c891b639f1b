import { spawnSync } from 'node:child_process';

/** One run of a program, as the kernel counts it. */
export interface Run {
  wallMs: number;
  cpuMs: number;
  out: string;
}

/** Nothing that is run here takes a tenth of it. */
const LONGEST_MS = 300_000;

/** Runs a program and waits; throws where it fails. */
export function timed(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Run {
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@"';
  // What a user has bash do at each start is no part of it.
  const { BASH_ENV: _, ...clean } = env;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], {
    env: clean,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    timeout: LONGEST_MS,
  });
  const last = stderr.trim().split('\n').at(-1) ?? '';
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  const [wall = 0, user = 0, system = 0] = last.split(' ').map(Number);
  return { wallMs: wall * 1000, cpuMs: (user + system) * 1000, out: stdout };
}

/** Contenders in rotation (A B C A B C …), after one round that is thrown away. */
export async function race<Name extends string, Result>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Result | Promise<Result>>>,
): Promise<Record<Name, Result[]>> {
  const names = Object.keys(contenders) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
  for (let round = 0; round <= rounds; round += 1)
    for (const name of names) {
      const result = await contenders[name]();
      if (round > 0) results[name].push(result);
    }
  return results;
}
