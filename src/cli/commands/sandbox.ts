import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function sandboxCommands(program: Command, around: Surroundings): void {
  const sandbox = program
    .command('sandbox')
    .description('the simulated platforms, on loopback, until stopped')
    .option('--port <n>', 'port; 0 for any free one', '0')
    .option('--origins-file <file>', 'also write the origins map there, for REPOST_ORIGINS')
    .addHelpText(
      'after',
      '\nPrints one JSON line: {"origins": {…}, "control": URL, "feeds": URL}.\n\nExample:\n  $ repost sandbox --origins-file /tmp/origins.json',
    );
  sandbox.action(act(around, sandbox, async () => (await import('../actions/sandbox.ts')).runSandbox));

  const demo = program
    .command('demo')
    .description('the whole way on the sandbox, from signing in to the posts')
    .option('--interactive', 'approve the sign-ins in your own browser')
    .option('--keep', 'go on serving the feeds page until Ctrl-C')
    .addHelpText('after', '\nExample:\n  $ repost demo --keep');
  demo.action(act(around, demo, async () => (await import('../actions/demo.ts')).demo));
}
