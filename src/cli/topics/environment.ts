import { settingSpecs } from '../../core/settings.ts';
import { commands, heading, type Topic, terms, text } from './topic.ts';

/** Every variable that is read. Those that other programs know mean here what they mean there. */
const variables: readonly (readonly [string, string])[] = [
  ['REPOST_HOME', 'one folder for settings, data, logs and cache'],
  ['REPOST_VAULT', 'where secrets are: keychain, file, command or database (see: repost help vaults)'],
  ['REPOST_VAULT_PASSPHRASE', 'the passphrase that opens the vaults file and database'],
  ['REPOST_VAULT_PASSPHRASE_FILE', 'a file that has it; a systemd credential works too'],
  ['REPOST_VAULT_PASSPHRASE_COMMAND', 'a program that prints it'],
  ['REPOST_VAULT_COMMAND', 'the program of the command vault'],
  ['REPOST_BACKUP_PASSPHRASE', 'the passphrase of secrets in a backup, or on their way to another machine'],
  ['REPOST_HTTP', 'the address of the local API and page, or off'],
  ['REPOST_LOG_FILE', 'a file for the daemon’s log'],
  [
    'REPOST_STORE_PASSWORD_FILE',
    'a file with the password of the PostgreSQL store; PGPASSFILE and PGPASSWORD work too',
  ],
  ['REPOST_LOG_FORMAT', 'text or json'],
  ['REPOST_LOG_LEVEL', 'debug, info, warn or error'],
  ['REPOST_NO_INPUT, CI', 'never ask; a missing answer ends with exit code 2'],
  ['REPOST_ORIGINS', 'a JSON file that sends requests to other addresses, such as those of repost sandbox'],
  ['REPOST_DEBUG', 'the stack of an error inside repost'],
  ['REPOST_SERVICE', 'set by the unit or agent that runs the daemon'],
  ['NO_COLOR, CLICOLOR_FORCE, TERM=dumb', 'no colour; colour always; no colour, nothing that moves'],
  ['NO_UPDATE_NOTIFIER', 'no word of newer versions'],
  ['BROWSER', 'the program that opens addresses'],
  ['VISUAL, EDITOR', 'the editor of repost rule edit and repost jobs edit'],
  ['HTTPS_PROXY, NO_PROXY', 'the way out of this network'],
];

export const environment: Topic = {
  name: 'environment',
  title: 'Environment: variables and settings',
  blocks: [
    text('A flag beats the environment, the environment beats the settings file, that beats the default.'),
    heading('Variables'),
    terms(variables),
    heading('Settings'),
    terms(
      Object.entries(settingSpecs).map(([key, spec]) => [
        key,
        spec.default === '' ? spec.title : `${spec.title} (${spec.default})`,
      ]),
    ),
    commands(
      ['repost config list --show-origin', 'what holds now, and where it comes from'],
      ['repost config set poll.interval 1m'],
      ['repost paths', 'the folders'],
    ),
  ],
};
