import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';
import { accountsList, declare } from './reads.ts';

export function accountsCommands(program: Command, around: Surroundings): void {
  const accounts = program
    .command('accounts')
    .alias('account')
    .description('signed-in accounts')
    .addHelpText('after', '\nExamples:\n  $ repost accounts\n  $ repost accounts check');

  declare(accounts.command('list', { isDefault: true }), accountsList, around);

  const show = accounts
    .command('show <account>')
    .description('one account: scopes, expiry, limits')
    .addHelpText('after', '\nExample:\n  $ repost accounts show youtube:@creator');
  show.action(act(around, show, async () => (await import('../actions/accounts.ts')).showAccount));

  const check = accounts
    .command('check [account]')
    .description('ask the platform whether the sign-in still works')
    .addHelpText('after', '\nExample:\n  $ repost accounts check');
  check.action(act(around, check, async () => (await import('../actions/accounts.ts')).checkAccounts));

  const pause = accounts
    .command('pause <account>')
    .description('hold everything for this account')
    .addHelpText('after', '\nExample:\n  $ repost accounts pause x:@creator');
  pause.action(act(around, pause, async () => (await import('../actions/accounts.ts')).pauseAccount));

  const resume = accounts
    .command('resume <account>')
    .description('go on with this account')
    .addHelpText('after', '\nExample:\n  $ repost accounts resume x:@creator');
  resume.action(act(around, resume, async () => (await import('../actions/accounts.ts')).resumeAccount));
}
