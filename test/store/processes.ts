import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

/** In node_modules, so that the program finds the packages it is not bundled with. */
const folder = join(import.meta.dirname, '../../node_modules/.cache/repost-tests');

let program: Promise<string> | undefined;

function bundle(): Promise<string> {
  program ??= (async () => {
    mkdirSync(folder, { recursive: true });
    const outfile = join(folder, `store-child-${process.pid}.mjs`);
    const entryPoints = [join(import.meta.dirname, 'child.ts')];
    await build({
      entryPoints,
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    return outfile;
  })();
  return program;
}

export interface Child {
  process: ChildProcess;
  /** The next line it says; undefined once it has ended. */
  line(): Promise<string | undefined>;
  /** Ends it with SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts `child.ts` in a process of its own, as another user where one is named; ended with the test at the latest. */
export async function startChild(args: readonly string[], user?: number): Promise<Child> {
  const path = await bundle();
  const child = spawn(process.execPath, ['--expose-gc', path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  const closed = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  onTestFinished(kill);
  return { process: child, kill, line: async () => (await lines.next()).value as string | undefined };
}
