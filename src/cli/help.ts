import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { columnsOf, processIo } from './io.ts';

/** The width for which the build writes every command’s help: that of whatever is no terminal. */
const COLUMNS = 80;

/** The file below dist/help/ that holds the help of a command: `repost/rule/add.txt`. */
export const helpFile = (words: readonly string[]) => `${['repost', ...words].join('/')}.txt`;

/**
 * Prints the help that a line asks for (`rule add --help`), where the build has written it: to make it anew takes
 * all of Commander’s tree. False for other lines, other widths, and where the program runs from its sources.
 */
export function help(args: readonly string[]): boolean {
  const words = args.slice(0, -1);
  if (!words.every(isCommandWord)) return false;
  const { stdout } = processIo();
  if (columnsOf(stdout) !== COLUMNS) return false;
  const text = readIfThere(join(import.meta.dirname, 'help', helpFile(words)));
  if (text !== undefined) stdout.write(text);
  return text !== undefined;
}

/** Names of commands, which are also those of the files. */
export const isCommandWord = (word: string) => /^[a-z][a-z0-9-]*$/u.test(word);

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
