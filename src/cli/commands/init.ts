import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

const collect = (value: string, before: readonly string[] = []) => [...before, value];

export function initCommands(program: Command, around: Surroundings): void {
  const init = program
    .command('init')
    .description('the guided first run: keys, sign-ins, your first rule, the service; stop and go on at will')
    .option('--to <platforms>', 'platforms to post to, with commas; several: all of them', collect)
    .addHelpText(
      'after',
      '\nWhere nobody can be asked it lists the steps with their commands, and exits with 2 while one is open.\n\nExamples:\n  $ repost init\n  $ repost init --to youtube,instagram,x',
    );
  init.action(act(around, init, async () => (await import('../actions/init.ts')).init));
}
