import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function opsCommands(program: Command, around: Surroundings): void {
  const ops = program
    .command('ops')
    .description('dashboard, rules and configuration for your own monitoring')
    .addHelpText('after', '\nExample:\n  $ repost ops export ./monitoring');
  const write = ops
    .command('export <dir>')
    .description(
      'write a Grafana dashboard, Prometheus rules with their tests, scrape and Alertmanager configuration',
    )
    .option('--force', 'replace files of these names that are not as we left them')
    .addHelpText('after', '\nExample:\n  $ repost ops export ./monitoring');
  write.action(act(around, write, async () => (await import('../actions/ops.ts')).exportOps));
}
