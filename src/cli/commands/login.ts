import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function loginCommands(program: Command, around: Surroundings): void {
  const login = program
    .command('login <platform>')
    .description('sign in to an account, in your browser')
    .option('--no-browser', 'print the address instead of opening a browser')
    .option('--paste', 'take the address you were sent back to by hand (one line on standard input)')
    .option('--token-stdin', 'read a token that the platform gave you from standard input')
    .option('--app-password', 'sign in with an app password from standard input (Bluesky)')
    .option('--instagram-login', 'sign in by Instagram itself, without a Page; needs a media host')
    .option('--page', 'sign in for a page that you run, in place of yourself (LinkedIn)')
    .option('--for-posting', 'ask for the right to post, where an account is only watched as a rule (TikTok)')
    .option('--account <handle-or-id>', 'which account to take where one sign-in offers several')
    .option('--server <host>', 'your server (Mastodon, Bluesky, a Bot API server for Telegram)')
    .option('--as <user>', 'user on this machine who owns the account', 'me')
    .option('--redirect-uri <uri>', 'redirect address, where you registered another than the default')
    .option('--timeout <duration>', 'how long to wait for the browser', '5m')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost login youtube\n  $ repost login instagram --account @creator\n  $ repost login x --no-browser      # prints the address: open it anywhere on this machine\n  $ repost login x --paste           # no way back to this machine: paste the address',
    );
  login.action(act(around, login, async () => (await import('../actions/login.ts')).login));

  const transfer = () => import('../actions/login-transfer.ts');
  const toFile = sealed(login.command('export <accounts...>'))
    .description('write sign-ins, sealed with a passphrase, for another machine')
    .option('--output <file>', 'a new file; else standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost login export youtube:@creator x:@creator --output logins.sealed\n  $ repost login export tiktok:@creator --passphrase-file ~/phrase > logins.sealed',
    );
  toFile.action(act(around, toFile, async () => (await transfer()).exportLogins));

  const fromFile = sealed(login.command('import <file>'))
    .description('take over sign-ins that another machine sealed; - reads standard input')
    .addHelpText('after', '\nExample:\n  $ repost login import logins.sealed --passphrase-file ~/phrase');
  fromFile.action(act(around, fromFile, async () => (await transfer()).importLogins));

  const logout = program
    .command('logout <account>')
    .description('revoke the sign-in at the platform and forget it')
    .option('--force', 'forget it even where the platform can’t be told')
    .option('--local', 'forget it here only: another machine goes on with it')
    .addHelpText('after', '\nExample:\n  $ repost logout youtube:@creator');
  logout.action(act(around, logout, async () => (await import('../actions/logout.ts')).logout));
}

function sealed(command: Command): Command {
  return command
    .option('--passphrase-stdin', 'read the passphrase from standard input')
    .option('--passphrase-file <path>', 'read it from a file (or set REPOST_BACKUP_PASSPHRASE)');
}
