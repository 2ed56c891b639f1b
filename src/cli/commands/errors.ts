import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function errorsCommands(program: Command, around: Surroundings): void {
  const errors = program
    .command('errors')
    .alias('error')
    .description('what the error codes mean, and the way out of each')
    .addHelpText('after', '\nExamples:\n  $ repost errors\n  $ repost errors explain E_SCOPES');

  const list = errors
    .command('list', { isDefault: true })
    .description('all error codes')
    .addHelpText('after', '\nExample:\n  $ repost errors');
  list.action(act(around, list, async () => (await import('../actions/errors.ts')).listErrors));

  const explain = errors
    .command('explain <code>')
    .description('one error code: what happened, whose side, what to do, its exit code')
    .addHelpText('after', '\nExample:\n  $ repost errors explain E_PORT_TAKEN');
  explain.action(act(around, explain, async () => (await import('../actions/errors.ts')).explainError));
}
