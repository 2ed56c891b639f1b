import type { Command } from 'commander';
import { asFailure } from '../core/failure.ts';
import type { App } from './app.ts';
import { exitCodeOf, sayFailure } from './exit.ts';
import { type Io, type Paint, painter, wantsColor } from './io.ts';

/** The flags that every command takes. */
export interface CommonFlags {
  json?: boolean;
  /** Commander's spelling of --no-input: false when given. */
  input?: boolean;
}

/** What an action is given besides its own arguments. */
export interface Turn {
  app: App;
  json: boolean;
  noInput: boolean;
  paint: Paint;
  /** Prints one object or array with --json, else the text for people. Both to stdout. */
  print(value: unknown, human: () => string): void;
  /** A remark for people, on stderr; nothing with --json. */
  note(text: string): void;
  /** Says that an origins map is active, where one is and it was not said yet. By itself at the end. */
  noteOrigins(): void;
}

export interface Surroundings {
  io: Io;
  /** Ends the process's work with this code (the process exits when all is closed). */
  exit(code: number): void;
}

/** What a command does: its options, then its positional arguments; gives the exit code where it is not 0. */
export type Action = (turn: Turn, options: never, ...args: never[]) => Promise<number | undefined>;

/**
 * Wraps an action, loaded when its command runs: opens the app, closes it, says errors, sets the exit code.
 */
export function act(
  around: Surroundings,
  command: Command,
  load: () => Promise<Action>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const options = command.optsWithGlobals<CommonFlags & Record<string, unknown>>();
    const json = options.json === true;
    const { io } = around;
    let app: App | undefined;
    let origins: OriginsNote | undefined;
    try {
      const { openApp } = await import('./app.ts');
      const noInput = options.input === false || Boolean(io.env['REPOST_NO_INPUT'] || io.env['CI']);
      app = openApp(io, { noInput });
      origins = originsNote(io, json, app.origins.active);
      // People read it first; a program that parses stderr finds it with what else is there.
      if (!json) origins.say();
      const action = await load();
      const positional = args.slice(0, -2) as never[];
      const code = await action(turnOf(app, io, json, noInput, origins), options as never, ...positional);
      origins.say();
      await app.close();
      around.exit(code ?? 0);
    } catch (error) {
      const failure = asFailure(error);
      sayFailure(io, failure, json, origins?.take());
      if (failure.code === 'E_INTERNAL' && io.env['REPOST_DEBUG'])
        io.stderr.write(`${(error as Error).stack}\n`);
      await app?.close().catch(() => undefined);
      around.exit(exitCodeOf(failure));
    }
  };
}

function turnOf(app: App, io: Io, json: boolean, noInput: boolean, origins: OriginsNote): Turn {
  return {
    app,
    json,
    noInput,
    paint: painter(!json && wantsColor(io, io.stdout)),
    print: (value, human) => io.stdout.write(json ? `${JSON.stringify(value)}\n` : withNewline(human())),
    note: (text) => {
      if (!json) io.stderr.write(withNewline(text));
    },
    noteOrigins: () => origins.say(),
  };
}

interface OriginsNote {
  /** Says it, unless it is said. With --json it is a JSON line like everything else there. */
  say(): void;
  /** Gives it to be said with something else. */
  take(): string | undefined;
}

function originsNote(io: Io, json: boolean, active: boolean): OriginsNote {
  let open = active;
  const take = () => {
    const text = open
      ? `requests go to the addresses in ${io.env['REPOST_ORIGINS']} (REPOST_ORIGINS), not to the real platforms`
      : undefined;
    open = false;
    return text;
  };
  return {
    take,
    say: () => {
      const note = take();
      if (note !== undefined)
        io.stderr.write(json ? `${JSON.stringify({ schemaVersion: 1, note })}\n` : `note: ${note}\n`);
    },
  };
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
