import type { Command } from 'commander';
import { act, type Surroundings, type Turn } from '../command.ts';
import { version } from '../version.ts';

export function versionCommand(program: Command, around: Surroundings): void {
  program.version(version, '--version', 'print the version');
  const command = program.command('version').description('print the version of repost and of Node');
  command.addHelpText('after', '\nExample:\n  $ repost version --json').action(
    act(around, command, async () => async ({ print }: Turn) => {
      const facts = {
        schemaVersion: 1,
        version,
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      };
      print(facts, () => `repost ${version} (Node ${facts.node}, ${facts.platform})`);
      return 0;
    }),
  );
}
