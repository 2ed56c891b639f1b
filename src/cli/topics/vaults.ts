import { commands, heading, type Topic, terms, text } from './topic.ts';

export const vaults: Topic = {
  name: 'vaults',
  title: 'Vaults: where tokens and client secrets are kept',
  blocks: [
    text(
      'Secrets are in the vault and nowhere else: not in the database, not in logs, not in --json. Nothing is ever',
      'kept in plain text; where no vault can be opened, signing in fails and says how to choose one.',
    ),
    terms([
      ['keychain', 'the keychain of your system; the default where one answers within five seconds'],
      ['file', 'a file encrypted with a passphrase: for servers and containers'],
      ['command', 'a program of your own, such as a password manager’s'],
    ]),
    heading('A server without a keychain'),
    commands(
      ['repost config set vault file'],
      ['export REPOST_VAULT_PASSPHRASE_FILE=~/.config/repost-passphrase', 'readable by you alone'],
      ['repost login youtube --no-browser'],
    ),
    heading('The command vault'),
    text(
      'repost config set vault.command /path/to/program names it. One run is one call: its argument is get, store or',
      'erase, its standard input {"name": "…"}, with a "value" to store; get answers {"value": "…"}, or {} where there',
      'is none. Exit code 2 says that a person must unlock it.',
    ),
    text('Lose the passphrase and nothing else is lost: sign in again.'),
  ],
};
