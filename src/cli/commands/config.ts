import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function configCommands(program: Command, around: Surroundings): void {
  const config = program
    .command('config')
    .description('settings')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost config list --show-origin\n  $ repost config set poll.interval 5m',
    );
  const list = config
    .command('list', { isDefault: true })
    .description('all settings')
    .option('--show-origin', 'where each value comes from')
    .addHelpText('after', '\nExample:\n  $ repost config list --show-origin');
  list.action(act(around, list, async () => (await import('../actions/config.ts')).listConfig));
  const get = config
    .command('get <key>')
    .description('one setting')
    .addHelpText('after', '\nExample:\n  $ repost config get poll.interval');
  get.action(act(around, get, async () => (await import('../actions/config.ts')).getConfig));
  const set = config
    .command('set <key> <value>')
    .description('change a setting')
    .addHelpText('after', '\nExample:\n  $ repost config set poll.interval 1m');
  set.action(act(around, set, async () => (await import('../actions/config.ts')).setConfig));
  const unset = config
    .command('unset <key>')
    .description('back to the default')
    .addHelpText('after', '\nExample:\n  $ repost config unset poll.interval');
  unset.action(act(around, unset, async () => (await import('../actions/config.ts')).unsetConfig));
  const paths = program
    .command('paths')
    .alias('path')
    .description('where repost keeps its things')
    .addHelpText('after', '\nExample:\n  $ repost paths --json');
  paths.action(act(around, paths, async () => (await import('../actions/config.ts')).showPaths));
}
