import { CommanderError } from 'commander';
import { Failure } from '../core/failure.ts';
import { exitCodes, sayFailure } from './exit.ts';
import { type Io, processIo } from './io.ts';
import { buildProgram } from './program.ts';

/** Runs one command line. Resolves with the exit code. */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  let code = 0;
  const program = buildProgram({ io, exit: (value) => (code = value) });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    const message = error.message.replace(/^error: /u, '').replace(/\n/gu, ' ');
    const json = argv.includes('--json');
    if (error.code === 'commander.help') return exitCodes.usage;
    sayFailure(io, new Failure('E_USAGE', { message: upperFirst(message) }), json);
    return exitCodes.usage;
  }
}

function upperFirst(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/u.test(sentence) ? sentence : `${sentence}.`;
}
