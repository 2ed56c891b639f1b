import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function backupCommands(program: Command, around: Surroundings): void {
  const backup = program
    .command('backup <file>')
    .description('copy the database to a new file, while a daemon runs or not')
    .addHelpText(
      'after',
      '\nThe sign-ins are in the vault and not in it.\n\nExample:\n  $ repost backup ~/repost-today.db',
    );
  backup.action(act(around, backup, async () => (await import('../actions/backup.ts')).backup));

  const restore = program
    .command('restore <file>')
    .description('put a backup in the place of the database; what was there is kept beside it')
    .addHelpText(
      'after',
      '\nWhat was posted since the backup is looked up on each account before anything goes out again.\n\nExample:\n  $ repost restore ~/repost-today.db',
    );
  restore.action(act(around, restore, async () => (await import('../actions/backup.ts')).restore));
}
