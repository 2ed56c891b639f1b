import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function quarantineCommands(program: Command, around: Surroundings): void {
  const quarantine = program
    .command('quarantine')
    .description('what is held after a restored backup or a copied home, and letting it go')
    .addHelpText('after', '\nExamples:\n  $ repost quarantine\n  $ repost quarantine release --all');
  const show = quarantine
    .command('show', { isDefault: true })
    .description('why, and what each account shows that repost does not know')
    .addHelpText('after', '\nExample:\n  $ repost quarantine');
  show.action(act(around, show, async () => (await import('../actions/quarantine.ts')).showQuarantine));
  const release = quarantine
    .command('release [account]')
    .description('let an account’s jobs go out (cancel those first that are out already)')
    .option('--all', 'all accounts')
    .addHelpText('after', '\nExample:\n  $ repost quarantine release x:@creator');
  release.action(act(around, release, async () => (await import('../actions/quarantine.ts')).release));
}
