import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';

export interface Ended {
  code: number;
  out: string;
  err: string;
}

export interface Session {
  /** The next line of stdout; undefined where it ended without. */
  line(): Promise<string | undefined>;
  ended: Promise<Ended>;
}

/** The program in this process, with streams of our own. */
export interface Terminal {
  env: NodeJS.ProcessEnv;
  run(args: readonly string[], stdin?: string): Promise<Ended>;
  start(args: readonly string[], stdin?: string): Session;
  /** Runs with --json; gives stdout as JSON. Throws with its words where it fails. */
  json<T>(args: readonly string[], stdin?: string): Promise<T>;
  /** Runs with --json what must fail; stderr is one JSON object, and stdout empty. */
  failure(args: readonly string[], stdin?: string): Promise<Failed>;
}

export interface Failed {
  exit: number;
  code: string;
  class: string;
  message: string;
  hint: string;
  command: string | null;
}

export interface TerminalOptions {
  env: NodeJS.ProcessEnv;
  /** Makes stdout and stderr terminals of this width. */
  columns?: number;
}

export function openTerminal({ env, columns }: TerminalOptions): Terminal {
  const stream = () =>
    Object.assign(new PassThrough(), columns === undefined ? {} : { isTTY: true, columns });

  function start(args: readonly string[], stdin?: string): Session {
    const input = new PassThrough();
    input.end(stdin ?? '');
    const [stdout, stderr] = [stream(), stream()];
    const texts = { out: '', err: '' };
    const waiting: (() => void)[] = [];
    let over = false;
    const tell = () => {
      for (const wake of waiting.splice(0)) wake();
    };
    stdout.on('data', (data: Buffer) => {
      texts.out += data.toString();
      tell();
    });
    stderr.on('data', (data: Buffer) => {
      texts.err += data.toString();
    });
    const ended = main(args, { stdin: input, stdout, stderr, env }).then(async (code) => {
      // What was written last is still on its way through the streams.
      await new Promise((resolve) => setImmediate(resolve));
      over = true;
      tell();
      return { code, ...texts };
    });
    let read = 0;
    return {
      ended,
      async line() {
        for (;;) {
          const end = texts.out.indexOf('\n', read);
          if (end >= 0) {
            const text = texts.out.slice(read, end);
            read = end + 1;
            return text;
          }
          if (over) return undefined;
          await new Promise<void>((resolve) => waiting.push(resolve));
        }
      },
    };
  }

  const run = (args: readonly string[], stdin?: string) => start(args, stdin).ended;

  return {
    env,
    start,
    run,
    async json(args, stdin) {
      const { code, out, err } = await run([...args, '--json'], stdin);
      if (code !== 0) throw new Error(`repost ${args.join(' ')} ended with ${code}: ${err}`);
      return JSON.parse(out);
    },
    async failure(args, stdin) {
      const { code, out, err } = await run([...args, '--json'], stdin);
      if (code === 0) throw new Error(`repost ${args.join(' ')} did not fail: ${out}`);
      const { error } = JSON.parse(err) as { error: Omit<Failed, 'exit'> };
      return { exit: code, ...error };
    },
  };
}
