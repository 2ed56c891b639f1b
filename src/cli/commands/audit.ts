import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function auditCommands(program: Command, around: Surroundings): void {
  const audit = program
    .command('audit')
    .description('what was posted, by which rule, on whose word; and what people decided')
    .option('--limit <n>', 'how many', '50')
    .option('--job <id>', 'only of this job')
    .option('--since <time>', 'only since then: a date, or 2h, 3d')
    .addHelpText('after', '\nExample:\n  $ repost audit --since 7d --json');
  audit.action(act(around, audit, async () => (await import('../actions/audit.ts')).listAudit));
}
