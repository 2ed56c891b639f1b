import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function storeCommands(program: Command, around: Surroundings): void {
  const load = () => import('../actions/store.ts');
  const store = program
    .command('store')
    .description(
      'where everything is kept: a file of this home, or a PostgreSQL server that several hosts share',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost store\n  $ repost store migrate --to postgres://repost@db.example.com/repost',
    );
  const show = store
    .command('show', { isDefault: true })
    .description('which store is in use, its schema, its size and what is in it')
    .addHelpText('after', '\nExample:\n  $ repost store show --json');
  show.action(act(around, show, async () => (await load()).showStore));

  const migrate = store
    .command('migrate')
    .description('move everything to a PostgreSQL database, or back into this home’s own file')
    .requiredOption('--to <address>', 'postgres://user@host/database (an empty one), or sqlite for the file')
    .option('--dry-run', 'say what would be done; change nothing')
    .addHelpText(
      'after',
      '\nNot while a daemon runs, on any host. Work under way comes along; the old store is closed for good in the same step,\nso that nothing is posted twice. Where it is cut off, run it once more: it begins again, or ends what was begun.\nSecrets stay in their vault: see repost help vaults.\n\nExamples:\n  $ repost store migrate --to postgres://repost@db.example.com/repost --dry-run\n  $ repost store migrate --to postgres://repost@db.example.com/repost\n  $ repost store migrate --to sqlite',
    );
  migrate.action(act(around, migrate, async () => (await load()).migrateStore));
}
