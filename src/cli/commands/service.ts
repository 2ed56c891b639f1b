import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

/** Commander hands each value of a repeated option over by itself. */
const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value];

export function serviceCommands(program: Command, around: Surroundings): void {
  const service = program
    .command('service')
    .description('let systemd or launchd run the daemon, from boot on')
    .addHelpText('after', '\nExamples:\n  $ repost service install --linger\n  $ repost service status');
  const load = () => import('../actions/service.ts');

  const install = whose(service.command('install'))
    .description('write the unit (or agent), start it, and start it at every boot')
    .option('--linger', 'let it run while you are not signed in')
    .option('--no-start', 'write it only')
    .option('--folder <dir>', 'a folder of originals that the system service may read (repeatable)', collect)
    .addHelpText(
      'after',
      '\n--system makes a user “repost”, keeps everything in /var/lib/repost and seals the vault’s key to this machine.\n\nExamples:\n  $ repost service install --linger\n  $ repost service install --system --folder /srv/videos',
    );
  install.action(act(around, install, async () => (await load()).installService));

  const status = whose(service.command('status'))
    .description('whether it is installed, runs, and will run after a reboot')
    .addHelpText('after', '\nExample:\n  $ repost service status');
  status.action(act(around, status, async () => (await load()).statusService));

  const logs = whose(service.command('logs'))
    .description('what it logged')
    .option('--lines <n>', 'how many', '100')
    .option('-f, --follow', 'go on as more comes')
    .addHelpText('after', '\nExample:\n  $ repost service logs --follow');
  logs.action(act(around, logs, async () => (await load()).serviceLogs));

  const uninstall = whose(service.command('uninstall'))
    .description('stop and remove it; accounts, rules and history stay')
    .addHelpText('after', '\nExample:\n  $ repost service uninstall');
  uninstall.action(act(around, uninstall, async () => (await load()).uninstallService));

  const print = whose(service.command('print'))
    .description('print what install would write')
    .option('--for <manager>', 'systemd or launchd (default: what runs here)')
    .option('--folder <dir>', 'a folder of originals that the system service may read (repeatable)', collect)
    .addHelpText('after', '\nExample:\n  $ repost service print --system --for systemd');
  print.action(act(around, print, async () => (await load()).printService));

  const run = service
    .command('run <command...>')
    .description('run a command on the system service’s home, as its user')
    .passThroughOptions()
    .addHelpText('after', '\nExample:\n  $ repost service run login tiktok --no-browser');
  run.action(act(around, run, async () => (await load()).runAsService));
}

function whose(command: Command): Command {
  return command
    .option('--system', 'for the whole machine, as a user of its own (needs root)')
    .option('--user', 'for yourself');
}
