import type { Command } from 'commander';
import { asFailure } from '../core/failure.ts';
import type { App } from './app.ts';
import { exitCodeOf, sayFailure } from './exit.ts';
import { type Io, lineWidth, type Paint, painter, wantsColor } from './io.ts';
import type { UpdateNotice } from './update-notice.ts';
import { fold } from './wrap.ts';

/** The flags that every command takes. */
export interface CommonFlags {
  json?: boolean;
}

/** What an action is given besides its own arguments. */
export interface Turn {
  app: App;
  json: boolean;
  noInput: boolean;
  /** The words of the command that runs: `rule add`. */
  command: string;
  paint: Paint;
  /** Prints one object or array with --json, else the text for people. Both to stdout. */
  print(value: unknown, human: () => string): void;
  /** A remark for people, on stderr; nothing with --json. */
  note(text: string): void;
  /** Says what waits to be said (see App.warn); by itself at the end. */
  sayNotes(): void;
}

export interface Surroundings {
  io: Io;
  /** Ends the process's work with this code (the process exits when all is closed). */
  exit(code: number): void;
}

/** What a command does: its options, then its positional arguments; gives the exit code where it is not 0. */
export type Action = (turn: Turn, options: never, ...args: never[]) => Promise<number | undefined>;

const loads = new WeakMap<Command, () => Promise<Action>>();

/** What a command runs; undefined for a group. */
export const actionOf = (command: Command): (() => Promise<Action>) | undefined => loads.get(command);

/** What a command line asks for, by whatever it was understood. */
export interface Line {
  /** The words of its command: `rule add`. */
  words: string;
  options: CommonFlags & Readonly<Record<string, unknown>>;
  noInput: boolean;
  positional: readonly unknown[];
}

/** Wraps an action, loaded when its command runs, for Commander. */
export function act(
  around: Surroundings,
  command: Command,
  load: () => Promise<Action>,
): (...args: unknown[]) => Promise<void> {
  loads.set(command, load);
  return (...args) => {
    const line: Line = {
      words: wordsOf(command),
      options: command.optsWithGlobals<CommonFlags & Record<string, unknown>>(),
      noInput: refusesInput(command),
      positional: args.slice(0, -2),
    };
    return runLine(around, line, load);
  };
}

/** Loads the action that a line asks for and runs it: opens the app, closes it, says errors, sets the exit code. */
export async function runLine(around: Surroundings, line: Line, load: () => Promise<Action>): Promise<void> {
  const json = line.options.json === true;
  const { io } = around;
  let app: App | undefined;
  const notes = openNotes(io, json);
  try {
    const { openApp } = await import('./app.ts');
    const noInput = line.noInput || Boolean(io.env['REPOST_NO_INPUT'] || io.env['CI']);
    const notice = await openNotice(io, json);
    const opened = openApp(io, { noInput, warn: notes.add, onNet: (net) => notice?.look(opened, net) });
    app = opened;
    if (app.origins.active)
      app.warn(
        `requests go to the addresses in ${io.env['REPOST_ORIGINS']} (REPOST_ORIGINS), not to the real platforms`,
      );
    const action = await load();
    const turn = turnOf(app, line.words, json, notes);
    const code = await action(turn, line.options as never, ...(line.positional as never[]));
    notes.say();
    notice?.say(app);
    notice?.close();
    await app.close();
    around.exit(code ?? 0);
  } catch (error) {
    const failure = asFailure(error);
    sayFailure(io, failure, json, notes.take());
    if (failure.code === 'E_INTERNAL' && io.env['REPOST_DEBUG'])
      io.stderr.write(`${(error as Error).stack}\n`);
    await app?.close().catch(() => undefined);
    around.exit(exitCodeOf(failure));
  }
}

/** Only terminals are told of newer versions; elsewhere not even the code for it is loaded. */
async function openNotice(io: Io, json: boolean): Promise<UpdateNotice | undefined> {
  if (json || io.stderr.isTTY !== true) return undefined;
  const { openUpdateNotice } = await import('./update-notice.ts');
  return openUpdateNotice(io, json);
}

function turnOf(app: App, command: string, json: boolean, notes: Notes): Turn {
  const { io, noInput } = app;
  return {
    app,
    json,
    noInput,
    command,
    paint: painter(!json && wantsColor(io, io.stdout)),
    print: (value, human) => {
      io.stdout.write(json ? `${JSON.stringify(value)}\n` : withNewline(fold(human(), lineWidth(io.stdout))));
    },
    note: (text) => {
      if (!json) io.stderr.write(withNewline(fold(text, lineWidth(io.stderr))));
    },
    sayNotes: () => notes.say(),
  };
}

/** --no-input, given anywhere on the line: merged, a group's default would win over what stands behind its command. */
function refusesInput(command: Command): boolean {
  return command.opts()['input'] === false || (command.parent !== null && refusesInput(command.parent));
}

function wordsOf(command: Command): string {
  const group = command.parent?.parent ? `${wordsOf(command.parent)} ` : '';
  return group + command.name();
}

interface Notes {
  add(text: string): void;
  /** Says what was not said yet. */
  say(): void;
  /** Gives it to be said with an error. */
  take(): string | undefined;
}

/**
 * For people each note is a line at once. With --json they wait for the end, so that an error is the one object
 * on stderr, the notes within it; where nothing failed, they are JSON lines.
 */
function openNotes(io: Io, json: boolean): Notes {
  let waiting: string[] = [];
  return {
    add: (text) => {
      if (json) waiting.push(text);
      else io.stderr.write(`${fold(`note: ${text}`, lineWidth(io.stderr))}\n`);
    },
    say: () => {
      for (const note of waiting) io.stderr.write(`${JSON.stringify({ schemaVersion: 1, note })}\n`);
      waiting = [];
    },
    take: () => (waiting.length === 0 ? undefined : waiting.join('; ')),
  };
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
