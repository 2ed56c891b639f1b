import { runLine } from './command.ts';
import { openConfig } from './config.ts';
import { exitCodes } from './exit.ts';
import { filesIn, pathsOf } from './paths.ts';
import { plainLine } from './plain-line.ts';
import { inProcess } from './process.ts';

/** Runs a line that only looks, in its plain form; resolves with the exit code. Undefined for any other line. */
export function look(args: readonly string[]): Promise<number> | undefined {
  const plain = plainLine(args);
  if (!plain || usesServer()) return undefined;
  return inProcess(args, async (io) => {
    let code: number = exitCodes.done;
    await runLine({ io, exit: (value) => (code = value) }, plain.line, plain.load);
    return code;
  });
}

/** A home on a database server wants more than this script has. What is wrong with the settings the whole program says. */
function usesServer(): boolean {
  try {
    return openConfig(filesIn(pathsOf(process.env)).config, process.env).text('store') !== '';
  } catch {
    return true;
  }
}
