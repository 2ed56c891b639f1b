import { type Command, CommanderError } from 'commander';
import { asFailure, Failure } from '../core/failure.ts';
import { exitCodeOf, exitCodes, sayFailure } from './exit.ts';
import { columnsOf, type Io, processIo } from './io.ts';
import { buildProgram } from './program.ts';
import { onCrash } from './signals.ts';

/** Runs one command line; without `io` as this process, whose crash it then says. Resolves with the exit code. */
export async function main(args: readonly string[], given?: Io): Promise<number> {
  if (given) return runLine(args, given);
  const io = processIo();
  const calm = onCrash((message) =>
    sayFailure(io, new Failure('E_INTERNAL', { message }), args.includes('--json')),
  );
  try {
    return await runLine(args, io);
  } finally {
    calm();
  }
}

async function runLine(args: readonly string[], io: Io): Promise<number> {
  let code: number = exitCodes.done;
  const asked = args[0] === 'help' ? args.slice(1) : [];
  if (await explained(asked, io)) return code;
  const [word] = asked.length > 0 ? asked : args;
  const program = buildProgram({ io, exit: (value) => (code = value) }, word);
  const argv = asked.length > 0 ? asFlag(program, asked) : args;
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

/** `help states`: a topic, printed. A topic has the word before a command of the same name; that one’s last line names the command. */
async function explained(asked: readonly string[], io: Io): Promise<boolean> {
  const words = asked.filter((word) => !word.startsWith('-'));
  if (words.length === 0) return false;
  const { topicNamed, topics } = await import('./topics/index.ts');
  const topic = await topics[topicNamed(words) ?? '']?.load();
  if (!topic) return false;
  const { renderTopic } = await import('./topics/topic.ts');
  const text = asked.includes('--json') ? JSON.stringify(topic) : renderTopic(topic, columnsOf(io.stdout));
  io.stdout.write(`${text}\n`);
  return true;
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
