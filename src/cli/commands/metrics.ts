import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function metricsCommands(program: Command, around: Surroundings): void {
  const metrics = program
    .command('metrics')
    .description('the numbers of this home for Prometheus, with or without a daemon')
    .option('--textfile <path>', 'write them there in one go, for node_exporter’s textfile collector')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost metrics\n  $ repost metrics --textfile /var/lib/prometheus/node-exporter/repost.prom\n  $ repost metrics --json | jq .metrics[0]',
    );
  metrics.action(act(around, metrics, async () => (await import('../actions/metrics.ts')).metrics));
}
