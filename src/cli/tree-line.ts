import { type Command, CommanderError } from 'commander';
import { asFailure, Failure } from '../core/failure.ts';
import type { Surroundings } from './command.ts';
import { exitCodeOf, sayFailure } from './exit.ts';
import { buildProgram } from './program.ts';

/**
 * Any line, as Commander reads it: runs it, prints its help or says what is wrong with it. `asked` are the words
 * behind `help`. Gives the exit code where it is not the command’s own.
 */
export async function treeLine(
  args: readonly string[],
  asked: readonly string[],
  around: Surroundings,
): Promise<number | undefined> {
  const [word] = asked.length > 0 ? asked : args;
  const program = buildProgram(around, word);
  const argv = asked.length > 0 ? asFlag(program, asked) : args;
  if (argv.length === 0) {
    program.outputHelp();
    return undefined;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help'))
      return error.exitCode;
    const failure = error instanceof CommanderError ? usageFailure(error, program, argv) : asFailure(error);
    sayFailure(around.io, failure, argv.includes('--json'));
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
