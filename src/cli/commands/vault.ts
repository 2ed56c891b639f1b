import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function vaultCommands(program: Command, around: Surroundings): void {
  const load = () => import('../actions/vault.ts');
  const vault = program
    .command('vault')
    .description('where secrets are kept, and which hosts open a vault that they share')
    .addHelpText('after', '\nExamples:\n  $ repost vault\n  $ repost vault move database');
  const show = vault
    .command('show', { isDefault: true })
    .description('the vault in use, how many secrets it has, and the keys of a shared one')
    .addHelpText('after', '\nExample:\n  $ repost vault show --json');
  show.action(act(around, show, async () => (await load()).showVault));

  const move = vault
    .command('move <kind>')
    .description('take every secret into another vault: keychain, file, command or database')
    .addHelpText(
      'after',
      '\nNot while a daemon runs. Each secret is read back before it is removed from the old vault.\n\nExample:\n  $ repost vault move database',
    );
  move.action(act(around, move, async () => (await load()).moveVault));

  const key = vault
    .command('key')
    .description('who opens the vault of a database that hosts share')
    .addHelpText('after', '\nExample:\n  $ repost vault key set b --new-passphrase-file ~/passphrase-of-b');
  const set = key
    .command('set <name>')
    .description('let a host in with a passphrase of its own, or give it a new one')
    .requiredOption('--new-passphrase-file <path>', 'the file that has it')
    .addHelpText('after', '\nExample:\n  $ repost vault key set b --new-passphrase-file ~/passphrase-of-b');
  set.action(act(around, set, async () => (await load()).setKey));
  const remove = key
    .command('remove <name>')
    .description('shut a host out from its next start on; the last key stays')
    .addHelpText('after', '\nExample:\n  $ repost vault key remove b');
  remove.action(act(around, remove, async () => (await load()).removeKey));
}
