import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';
import { declare, limitsList } from './reads.ts';

export function limitsCommands(program: Command, around: Surroundings): void {
  const limits = program
    .command('limits')
    .alias('limit')
    .description('every limit of every account: used, left, when it frees')
    .addHelpText('after', '\nExamples:\n  $ repost limits\n  $ repost limits set youtube:@creator channel 4');
  declare(limits.command('list', { isDefault: true }), limitsList, around);
  const set = limits
    .command('set <account> <bucket> <max>')
    .description('your own maximum for a bucket, money in dollars; `default` takes it away')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost limits set youtube:@creator channel 4\n  $ repost limits set x:@creator money 5.00   # dollars a month',
    );
  set.action(act(around, set, async () => (await import('../actions/limits.ts')).setLimit));
}
