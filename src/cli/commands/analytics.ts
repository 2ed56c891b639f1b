import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';
import { analytics, declare } from './reads.ts';

export function analyticsCommands(program: Command, around: Surroundings): void {
  declare(program.command('analytics'), analytics, around);
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
