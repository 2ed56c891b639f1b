import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function backupCommands(program: Command, around: Surroundings): void {
  const load = () => import('../actions/backup.ts');
  const backup = sealed(program.command('backup <file>'))
    .description('copy the database to a new file, while a daemon runs or not')
    .option('--with-vault', 'take the sign-ins along, sealed with a passphrase, in FILE.vault')
    .option('--verify', 'look whether an existing backup is whole; change nothing')
    .addHelpText(
      'after',
      '\nThe copy is of the moment of the call, checked before it gets its name. Settings travel with it.\n\nExamples:\n  $ repost backup ~/repost-today.db\n  $ repost backup ~/move.db --with-vault --passphrase-file ~/backup-passphrase\n  $ repost backup ~/repost-today.db --verify',
    );
  backup.action(act(around, backup, async () => (await load()).backup));

  const restore = sealed(program.command('restore <file>'))
    .description('put a backup in the place of the database; what was there is kept beside it')
    .option('--with-vault', 'bring the sign-ins back as well, from FILE.vault')
    .addHelpText(
      'after',
      '\nNot while a daemon runs. What was posted since the backup is looked up on each account before anything goes out again.\n\nExamples:\n  $ repost restore ~/repost-today.db\n  $ repost restore ~/move.db --with-vault --passphrase-file ~/backup-passphrase',
    );
  restore.action(act(around, restore, async () => (await load()).restore));
}

function sealed(command: Command): Command {
  return command
    .option('--passphrase-stdin', 'read the passphrase of the sealed sign-ins from standard input')
    .option('--passphrase-file <path>', 'read it from a file (or set REPOST_BACKUP_PASSPHRASE)');
}
