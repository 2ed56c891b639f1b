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
    .description('poll and publish until told to stop')
    .addHelpText(
      'after',
      '\nThe first SIGTERM or Ctrl-C lets running jobs end, the second stops at once. SIGHUP reads the settings anew.\n\nExample:\n  $ repost daemon',
    );
  daemon.action(act(around, daemon, async () => (await import('../actions/daemon.ts')).daemon));
}
