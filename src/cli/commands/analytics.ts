import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function analyticsCommands(program: Command, around: Surroundings): void {
  const analytics = program
    .command('analytics')
    .description(
      'how much went out, how well, how fast, and what people did with it; from what is stored anyway',
    )
    .option('--since <time>', 'from then on: a date, or 7d, 12w', '28d')
    .option('--until <time>', 'until then')
    .option('--by <what>', 'lines for each platform, account or day', 'platform')
    .option('--user <user>', 'only what this user owns')
    .option('--week', 'the last seven days beside the seven before')
    .option('--csv', 'print CSV, safe for spreadsheets')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost analytics --week\n  $ repost analytics --by day --csv > days.csv',
    );
  analytics.action(act(around, analytics, async () => (await import('../actions/analytics.ts')).analytics));
}

export function mcpCommands(program: Command, around: Surroundings): void {
  const mcp = program
    .command('mcp')
    .description(
      'serve this home to an assistant over the Model Context Protocol, on standard input and output',
    )
    .option(
      '--role <role>',
      'viewer: only look; operator: also approve, retry and cancel, each with a confirmation',
      'operator',
    )
    .option('--user <user>', 'only what this user owns')
    .addHelpText('after', '\nExample:\n  $ repost mcp --role viewer');
  mcp.action(act(around, mcp, async () => (await import('../actions/mcp.ts')).mcp));
}
