import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function doctorCommands(program: Command, around: Surroundings): void {
  const doctor = program
    .command('doctor')
    .description('check everything, and name the fix')
    .option('--offline', 'ask no platform')
    .option('--bundle <file>', 'also write a file for a bug report, all secrets masked')
    .addHelpText(
      'after',
      '\nExits 1 where any check fails.\n\nExamples:\n  $ repost doctor\n  $ repost doctor --json\n  $ repost doctor --bundle report.json',
    );
  doctor.action(act(around, doctor, async () => (await import('../actions/doctor.ts')).doctor));
}
