import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

const collect = (value: string, before: readonly string[] = []) => [...before, value];

export function usersCommands(program: Command, around: Surroundings): void {
  userCommands(program, around);
  tokenCommands(program, around);

  const dashboard = program
    .command('dashboard')
    .description('open the local page, signed in')
    .option('--no-browser', 'print the address instead of opening it; it serves once, for two minutes')
    .addHelpText('after', '\nExample:\n  $ repost dashboard');
  dashboard.action(
    act(around, dashboard, async () => (await import('../actions/dashboard.ts')).openDashboard),
  );
}

function userCommands(program: Command, around: Surroundings): void {
  const load = () => import('../actions/users.ts');
  const users = program
    .command('users')
    .alias('user')
    .description('owners of accounts and rules on this machine, their roles and limits')
    .addHelpText(
      'after',
      '\nLimits: posts-per-day, accounts, storage (500MB), requests-per-minute.\n\nExamples:\n  $ repost users add anna --role viewer --limit posts-per-day=10\n  $ repost users list',
    );

  const list = users
    .command('list', { isDefault: true })
    .description('all users, what they have and what they may')
    .addHelpText('after', '\nExample:\n  $ repost users');
  list.action(act(around, list, async () => (await load()).listUsers));

  const add = users
    .command('add <name>')
    .description('add a user')
    .option('--role <role>', 'most that this user’s tokens may do: viewer, operator or admin', 'operator')
    .option('--limit <name=value>', 'a limit; may be given several times', collect)
    .addHelpText('after', '\nExample:\n  $ repost users add anna --role viewer --limit accounts=5');
  add.action(act(around, add, async () => (await load()).addUser));

  const set = users
    .command('set <name>')
    .description('change a user’s role or limits; NAME=none takes a limit away')
    .option('--role <role>', 'viewer, operator or admin')
    .option('--limit <name=value>', 'a limit; may be given several times', collect)
    .addHelpText('after', '\nExample:\n  $ repost users set anna --limit posts-per-day=20');
  set.action(act(around, set, async () => (await load()).setUser));

  const remove = users
    .command('remove <name>')
    .description('remove a user who owns nothing any more, and the user’s tokens')
    .addHelpText('after', '\nExample:\n  $ repost users remove anna');
  remove.action(act(around, remove, async () => (await load()).removeUser));
}

function tokenCommands(program: Command, around: Surroundings): void {
  const load = () => import('../actions/tokens.ts');
  const token = program
    .command('token')
    .alias('tokens')
    .description('bearer tokens of the local API')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost token add --name backup-script --role viewer\n  $ repost token list',
    );

  const add = token
    .command('add')
    .description('make a token; it is shown once')
    .option('--name <name>', 'what it is for', 'token')
    .option('--user <user>', 'sees only what this user owns')
    .option('--role <role>', 'viewer, operator or admin (a user’s own role, where one is named)')
    .option('--expires <length>', 'ends after this long, for example 90d')
    .addHelpText('after', '\nExample:\n  $ repost token add --name anna-laptop --user anna --expires 90d');
  add.action(act(around, add, async () => (await load()).addApiToken));

  const list = token
    .command('list', { isDefault: true })
    .description('all tokens, without themselves')
    .addHelpText('after', '\nExample:\n  $ repost token list');
  list.action(act(around, list, async () => (await load()).listTokens));

  const revoke = token
    .command('revoke <id>')
    .description('end a token at once')
    .addHelpText('after', '\nExample:\n  $ repost token revoke 5f2c9a1b7d3e');
  revoke.action(act(around, revoke, async () => (await load()).revokeToken));
}
