import type { Argument, Command, Option } from 'commander';

/** What could stand at the cursor: a value and what it is. */
export type Candidate = readonly [value: string, description: string];

/** The place of the cursor: the word of a command, a flag, or a value that has a name. */
export type Place =
  | { kind: 'words'; candidates: readonly Candidate[] }
  | { kind: 'value'; command: Command; name: string; choices: readonly string[] };

/**
 * Reads a command line up to the cursor.
 * @param words all words after `repost`; the last is the one under the cursor, empty where none was begun
 */
export function placeOf(program: Command, words: readonly string[]): Place | undefined {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  let command = program;
  let positional = 0;
  let awaiting: Option | undefined;
  let onlyValues = false;
  for (const word of before) {
    if (awaiting) awaiting = undefined;
    else if (word === '--') onlyValues = true;
    else if (!onlyValues && word.startsWith('-')) awaiting = takesValue(command, word);
    else {
      const next = positional === 0 ? childOf(command, word) : undefined;
      if (next) command = next;
      else positional += 1;
    }
  }
  if (awaiting) return valueAt(command, nameOf(awaiting), awaiting.argChoices);
  if (!onlyValues && current.startsWith('-')) return { kind: 'words', candidates: flagsOf(command, before) };
  const argument = argumentAt(command, positional);
  if (argument) return valueAt(command, argument.name(), argument.argChoices);
  if (positional > 0) return undefined;
  return { kind: 'words', candidates: childrenOf(command) };
}

function valueAt(command: Command, name: string, choices: readonly string[] = []): Place {
  return { kind: 'value', command, name, choices };
}

function childOf(command: Command, word: string): Command | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word)) as
    | Command
    | undefined;
}

/** The flag, where it is one that takes the next word as its value. */
function takesValue(command: Command, word: string): Option | undefined {
  if (word.includes('=')) return undefined;
  const option = command.options.find(({ long, short }) => long === word || short === word);
  return option && (option.required || option.optional) ? option : undefined;
}

const nameOf = (option: Option) => (option.long ?? '').replace(/^--/u, '');

function flagsOf(command: Command, before: readonly string[]): Candidate[] {
  return command.options
    .filter(({ long, hidden, variadic }) => long && !hidden && (variadic || !before.includes(long)))
    .map(({ long, description }) => [long ?? '', description]);
}

function childrenOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => [child.name(), child.description()]);
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const { registeredArguments: known } = command;
  const last = known.at(-1);
  return known[index] ?? (last?.variadic ? last : undefined);
}
