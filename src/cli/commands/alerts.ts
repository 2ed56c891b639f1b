import { type Command, Option } from 'commander';
import { channelKinds } from '../../core/alert.ts';
import { severities } from '../../core/alert-rules.ts';
import { act, type Surroundings } from '../command.ts';

export function alertsCommands(program: Command, around: Surroundings): void {
  const alerts = program
    .command('alerts')
    .alias('alert')
    .description(
      'be told when something goes wrong: Slack, Discord, Telegram, ntfy, e-mail, webhook, desktop',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost alerts add slack --url-stdin < address.txt\n  $ repost alerts test',
    );
  const load = () => import('../actions/alerts.ts');

  const list = alerts
    .command('list', { isDefault: true })
    .description('the channels, and how the last message to each went')
    .option('--deliveries', 'list every try to send something instead')
    .option('--limit <n>', 'most deliveries to list', '30')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost alerts list\n  $ repost alerts list --deliveries --limit 10',
    );
  list.action(act(around, list, async () => (await load()).listAlerts));

  addCommand(alerts, around);

  const test = alerts
    .command('test')
    .description('send a real message to one channel, or to all')
    .argument('[name]', 'the channel')
    .addHelpText('after', '\nExamples:\n  $ repost alerts test\n  $ repost alerts test slack');
  test.action(act(around, test, async () => (await load()).testAlerts));

  const remove = alerts
    .command('remove')
    .description('forget a channel, its secrets and what waits for it')
    .argument('<name>', 'the channel')
    .addHelpText('after', '\nExample:\n  $ repost alerts remove slack');
  remove.action(act(around, remove, async () => (await load()).removeAlerts));

  const rules = alerts
    .command('rules')
    .description('what is watched, and how bad each is')
    .addHelpText('after', '\nExample:\n  $ repost alerts rules');
  rules.action(act(around, rules, async () => (await load()).listRules));

  const problems = alerts
    .command('problems')
    .description('what is wrong right now')
    .addHelpText('after', '\nExample:\n  $ repost alerts problems --json');
  problems.action(act(around, problems, async () => (await load()).listProblems));
}

function addCommand(alerts: Command, around: Surroundings): void {
  const add = alerts
    .command('add')
    .description('add a channel; its secrets go to the vault')
    .argument('<kind>', channelKinds.join(', '))
    .option('--name <name>', 'what to call it (its kind)')
    .option('--url-stdin', 'read the address from standard input (slack, discord, ntfy, webhook, heartbeat)')
    .option('--url-file <path>', 'read the address from a file')
    .option(
      '--token-stdin',
      'read the token from standard input (telegram: the bot’s; ntfy: where it wants one)',
    )
    .option('--token-file <path>', 'read the token from a file')
    .option('--key-stdin', 'read the signing key from standard input (webhook)')
    .option('--key-file <path>', 'read the signing key from a file')
    .option('--password-stdin', 'read the mail server’s password from standard input')
    .option('--password-file <path>', 'read the mail server’s password from a file')
    .option('--chat <id>', 'telegram: the chat’s id, or @name of a channel')
    .option('--to <address...>', 'email: who gets it')
    .option('--from <address>', 'email: who it comes from')
    .option('--host <name>', 'email: the mail server')
    .option('--port <n>', 'email: its port (587; 465 with --tls tls)')
    .option('--login <name>', 'email: the name to sign in with')
    .addOption(
      new Option('--tls <how>', 'email: how the connection is encrypted').choices([
        'starttls',
        'tls',
        'none',
      ]),
    )
    .option('--ca-file <path>', 'email: certificate of an authority of your own')
    .addOption(
      new Option('--severity <least>', 'tell nothing below this').choices(severities).default('warning'),
    )
    .option('--only <rules>', 'tell only these rules, separated by commas (repost alerts rules)')
    .option('--except <rules>', 'leave these rules out')
    .option('--for-user <name>', 'tell only what is this user’s')
    .option('--quiet <hours>', 'tell only what is critical then, the rest after it, such as 22:00-08:00')
    .option('--digest <time>', 'a summary each day at this time, such as 09:00')
    .option('--weekly <when>', 'a summary each week at this day and time, such as “mon 09:00”')
    .option('--repeat <length>', 'tell again what is critical and not mended, such as 4h; 0s never', '24h')
    .addHelpText(
      'after',
      [
        '',
        'Examples:',
        '  $ repost alerts add slack --url-stdin < address.txt',
        '  $ repost alerts add discord --url-file address.txt --quiet 22:00-08:00 --digest 09:00 --weekly "mon 09:00"',
        '  $ repost alerts add telegram --chat @my_alerts --token-stdin < token.txt',
        '  $ repost alerts add ntfy --url-stdin < topic.txt',
        '  $ repost alerts add email --host smtp.example.com --login me --from me@example.com \\',
        '      --to me@example.com --password-stdin < password.txt',
        '  $ repost alerts add webhook --url-file address.txt --key-file key.txt',
        '  $ repost alerts add desktop --severity critical',
        '  $ repost alerts add heartbeat --url-stdin < ping.txt',
      ].join('\n'),
    );
  add.action(act(around, add, async () => (await import('../actions/alerts-add.ts')).addAlert));
}
