import type { Command } from 'commander';
import type { Surroundings } from '../command.ts';
import { audit, declare } from './reads.ts';

export function auditCommands(program: Command, around: Surroundings): void {
  declare(program.command('audit'), audit, around);
}
