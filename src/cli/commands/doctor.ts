import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function doctorCommands(program: Command, around: Surroundings): void {
  const doctor = program
    .command('doctor')
    .description('check everything, and name the fix')
    .option('--offline', 'ask no platform')
    .addHelpText('after', '\nExits 1 where any check fails.\n\nExample:\n  $ repost doctor --json');
  doctor.action(act(around, doctor, async () => (await import('../actions/doctor.ts')).doctor));
}
