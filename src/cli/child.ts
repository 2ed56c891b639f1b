import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';

/** This program, run as children of its own: what the demo and the walkthroughs do is what a person would do. */
export interface Program {
  /** Runs to the end; gives stdout. Throws with the program's own words where it fails. */
  run(args: readonly string[], stdin?: string): Promise<string>;
  start(args: readonly string[], onLine?: (line: string) => void): Running;
  /** Runs a `--json` command again and again until its answer satisfies. */
  waitFor<T>(args: readonly string[], satisfied: (answer: T) => boolean, patienceMs: number): Promise<T>;
}

export interface Running {
  /** The next line of stdout. */
  nextLine(): Promise<string>;
  /** Resolves when a line (of either stream) satisfies. */
  until(satisfied: (line: string) => boolean): Promise<void>;
  /** Resolves when it ends well; throws with its words where not. */
  succeeded(): Promise<void>;
  stop(): Promise<void>;
  /** Tells it to stop, without waiting. */
  kill(): void;
}

const ASK_AGAIN_MS = 250;

export function createProgram(env: NodeJS.ProcessEnv): Program {
  const start = (args: readonly string[], onLine?: (line: string) => void): Running =>
    watchChild(spawnSelf(args, env), args, onLine);

  async function run(args: readonly string[], stdin = ''): Promise<string> {
    const child = spawnSelf(args, env);
    child.stdin?.end(stdin);
    let out = '';
    let err = '';
    child.stdout?.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.stderr?.on('data', (data: Buffer) => {
      err += data.toString();
    });
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (code === 0) return out;
    throw new Failure('E_INTERNAL', {
      message: `repost ${args.join(' ')} ended with ${code}: ${err.trim()}`,
    });
  }

  return {
    run,
    start,
    async waitFor(args, satisfied, patienceMs) {
      const until = systemClock.now() + patienceMs;
      for (;;) {
        const answer = JSON.parse(await run(args));
        if (satisfied(answer)) return answer;
        if (systemClock.now() > until)
          throw new Failure('E_INTERNAL', {
            message: `repost ${args.join(' ')} did not get there in ${patienceMs / 1000} s; last answer: ${JSON.stringify(answer).slice(0, 2000)}`,
          });
        await systemClock.sleep(ASK_AGAIN_MS);
      }
    },
  };
}

function spawnSelf(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [programPath(), ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** What starts this program: bin/repost stands beside dist/. */
export function programPath(): string {
  for (const path of ['../bin/repost', '../../bin/repost']) {
    const candidate = fileURLToPath(new URL(path, import.meta.url));
    if (existsSync(candidate)) return candidate;
  }
  throw new Failure('E_INTERNAL', { message: 'bin/repost is not where it belongs.' });
}

function watchChild(child: ChildProcess, args: readonly string[], onLine?: (line: string) => void): Running {
  const out: string[] = [];
  const seen: string[] = [];
  const listeners = new Set<() => void>();
  let ended = false;
  const tell = () => {
    for (const listener of listeners) listener();
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream];
    if (!input) continue;
    createInterface({ input }).on('line', (line) => {
      if (stream === 'stdout') out.push(line);
      seen.push(line);
      if (stream === 'stderr' || onLine) onLine?.(line);
      tell();
    });
  }
  const closed = new Promise<number | null>((resolve) =>
    child.once('close', (code) => {
      ended = true;
      resolve(code);
      tell();
    }),
  );
  const failed = () =>
    new Failure('E_INTERNAL', { message: `repost ${args.join(' ')} ended: ${seen.slice(-5).join(' ')}` });

  function when<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const listener = () => {
        const found = look();
        if (found === undefined && !ended) return;
        listeners.delete(listener);
        if (found === undefined) reject(failed());
        else resolve(found);
      };
      listeners.add(listener);
      listener();
    });
  }

  return {
    nextLine: () => when(() => out.shift()),
    until: (satisfied) => when(() => (seen.some(satisfied) ? true : undefined)).then(() => undefined),
    async succeeded() {
      if ((await closed) !== 0) throw failed();
    },
    async stop() {
      if (!ended) child.kill('SIGTERM');
      await closed;
    },
    kill: () => {
      if (!ended) child.kill('SIGTERM');
    },
  };
}
