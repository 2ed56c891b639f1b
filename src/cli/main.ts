import { type Command, CommanderError } from 'commander';
import { asFailure, Failure } from '../core/failure.ts';
import { exitCodeOf, exitCodes, sayFailure } from './exit.ts';
import { type Io, processIo } from './io.ts';
import { buildProgram } from './program.ts';

/** Runs one command line. Resolves with the exit code. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  let code: number = exitCodes.done;
  const program = buildProgram({ io, exit: (value) => (code = value) });
  const argv = args[0] === 'help' && args.length > 1 ? asFlag(program, args.slice(1)) : args;
  if (argv.length === 0) {
    program.outputHelp();
    return code;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      return error.exitCode;
    const failure = error instanceof CommanderError ? usageFailure(error, program, argv) : asFailure(error);
    sayFailure(io, failure, argv.includes('--json'));
    return exitCodeOf(failure);
  }
}

/** `help rule add` as `rule add --help`: Commander’s own looks one level deep and takes any name. */
function asFlag(program: Command, words: readonly string[]): readonly string[] {
  return pathOf(program, words.slice(0, 1)) === program.name() ? words : [...words, '--help'];
}

/** Commander’s words as a Failure; what it takes for a slip becomes the hint. */
function usageFailure(error: CommanderError, program: Command, argv: readonly string[]): Failure {
  const [what = '', ...more] = error.message.replace(/^error: /u, '').split('\n');
  const suggestion = more.join(' ').replace(/^\(|\)$/gu, '');
  return new Failure('E_USAGE', {
    message: sentence(what),
    ...(suggestion ? { hint: suggestion } : {}),
    command: `${pathOf(program, argv)} --help`,
  });
}

/** The deepest command that the words name. */
function pathOf(program: Command, argv: readonly string[]): string {
  let command = program;
  const names = [program.name()];
  for (const word of argv) {
    const next = command.commands.find((child) => child.name() === word || child.aliases().includes(word));
    if (!next) continue;
    command = next as Command;
    names.push(command.name());
  }
  return names.join(' ');
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/u.test(upper) ? upper : `${upper}.`;
}
