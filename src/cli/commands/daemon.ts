import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function daemonCommands(program: Command, around: Surroundings): void {
  const sync = program
    .command('sync')
    .description('poll once, publish what is due, then stop')
    .addHelpText(
      'after',
      '\nExits 0, or 3 where a job ended as a dead letter or unknown.\n\nExample:\n  $ repost sync',
    );
  sync.action(act(around, sync, async () => (await import('../actions/sync.ts')).sync));

  const daemon = program
    .command('daemon')
    .description('poll and publish until told to stop; and control one that runs')
    .addHelpText(
      'after',
      '\nThe first SIGTERM or Ctrl-C lets running jobs end, the second stops at once. SIGHUP reads the settings anew.\n\nExamples:\n  $ repost daemon\n  $ repost daemon status\n  $ repost daemon pause',
    );
  const run = daemon
    .command('run', { isDefault: true })
    .description('poll and publish until told to stop')
    .addHelpText('after', '\nExample:\n  $ repost daemon');
  run.action(act(around, run, async () => (await import('../actions/daemon.ts')).daemon));
  for (const [verb, description, more] of controls) {
    const command = daemon
      .command(verb)
      .description(description)
      .addHelpText('after', `${more && `\n${more}\n`}\nExample:\n  $ repost daemon ${verb}`);
    if (verb === 'drain')
      command
        .option('--no-wait', 'do not wait until it has stopped')
        .option('--timeout <time>', 'wait at most so long', '15m');
    command.action(act(around, command, async () => (await import('../actions/control.ts'))[verb]));
  }
}

const controls = [
  ['status', 'what the running daemon does now', ''],
  [
    'pause',
    'take no new work until resumed; what runs goes on',
    'It stays paused over restarts, and sign-ins are kept fresh. Without a daemon the next one starts paused.',
  ],
  ['resume', 'go on after a pause', ''],
  ['poll', 'ask every source now', ''],
  [
    'drain',
    'let running jobs end, then stop the daemon',
    'As the first SIGTERM does. A service manager does not start it again.',
  ],
  ['reload', 'read the settings anew', 'As SIGHUP does.'],
] as const;
