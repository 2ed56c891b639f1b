import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function vaultCommands(program: Command, around: Surroundings): void {
  const vault = program
    .command('vault')
    .description('where secrets are kept, and which hosts open a vault that they share')
    .addHelpText('after', '\nExamples:\n  $ repost vault\n  $ repost vault move database');
  const show = vault
    .command('show', { isDefault: true })
    .description('the vault in use, whether it opens, how many secrets it has, and the keys of a shared one')
    .addHelpText('after', '\nExample:\n  $ repost vault show --json');
  show.action(act(around, show, async () => (await import('../actions/vault.ts')).showVault));

  const move = vault
    .command('move <kind>')
    .description('take every secret into another vault: keychain, file, command or database')
    .option('--from <kind>', 'the vault that has them, where it is not the one in use')
    .addHelpText(
      'after',
      '\nNot while a daemon runs or somebody signs in, on any host. Each secret is read back, and removed from the old vault only\nonce the new one is in use. Where it is cut off, run it once more. A host whose own vault still has secrets that the\nshared one lacks brings them with --from.\n\nExamples:\n  $ repost vault move database\n  $ repost vault move database --from file',
    );
  move.action(act(around, move, async () => (await import('../actions/vault-move.ts')).moveVault));
  keyCommands(vault, around);
}

function keyCommands(vault: Command, around: Surroundings): void {
  const load = () => import('../actions/vault-keys.ts');
  const key = vault
    .command('key')
    .description('who opens the vault of a database that hosts share')
    .addHelpText('after', '\nExample:\n  $ repost vault key set b --new-passphrase-file ~/passphrase-of-b');
  const set = key
    .command('set <name>')
    .description('let a host in with a passphrase of its own, or give it a new one')
    .option('--new-passphrase-file <path>', 'the file that has it')
    .option('--new-key-file <path>', '32 raw bytes instead, as systemd’s credential vault-key has them')
    .addHelpText(
      'after',
      '\nOn a host that the vault opens for. The other hosts, and daemons that run, are not disturbed.\n\nExample:\n  $ repost vault key set b --new-passphrase-file ~/passphrase-of-b',
    );
  set.action(act(around, set, async () => (await load()).setKey));
  const remove = key
    .command('remove <name>')
    .description('shut a host out from its next start on; the last key stays')
    .addHelpText(
      'after',
      '\nWhere that host may have fallen into other hands, go on with: repost vault key rotate\n\nExample:\n  $ repost vault key remove b',
    );
  remove.action(act(around, remove, async () => (await load()).removeKey));
  const rotate = key
    .command('rotate')
    .description('encrypt all secrets anew, with another key of the vault itself')
    .option('--shut-out', 'also where hosts have passphrases of their own: each must be let in again')
    .addHelpText(
      'after',
      '\nHosts with the same passphrase as this one stay in and go on.\n\nExample:\n  $ repost vault key rotate',
    );
  rotate.action(act(around, rotate, async () => (await load()).rotateKey));
}
