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
      ['database', 'the PostgreSQL store, encrypted: for several hosts; the default there'],
    ]),
    heading('A server without a keychain'),
    commands(
      ['repost config set vault file'],
      ['export REPOST_VAULT_PASSPHRASE_FILE=~/.config/repost-passphrase', 'readable by you alone'],
      ['repost login youtube --no-browser'],
    ),
    heading('Several hosts'),
    text(
      'The vault database keeps the secrets in the store, encrypted with a key that is encrypted in turn with a passphrase',
      '(or systemd’s credential vault-key) that lies on each host and never in the database: a dump of it opens nothing.',
      'Each host may have its own.',
    ),
    commands(
      ['repost vault', 'says whether it opens, and for whom'],
      ['repost vault key set b --new-passphrase-file FILE', 'lets host b in with its own passphrase'],
      ['repost vault move database', 'takes the secrets there from the vault of this home'],
      ['repost vault key remove b', 'shuts it out again'],
      ['repost vault key rotate', 'encrypts all anew, where it may have kept what it read'],
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
