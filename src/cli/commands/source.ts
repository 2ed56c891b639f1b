import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function sourceCommands(program: Command, around: Surroundings): void {
  const source = program
    .command('source')
    .alias('sources')
    .description('where new videos appear')
    .addHelpText('after', '\nExamples:\n  $ repost source list\n  $ repost source add ~/Videos/shorts');

  const add = source
    .command('add <what>')
    .description(
      'watch a TikTok account, a folder of videos, or a feed of your own (RSS, Atom, YouTube channel)',
    )
    .option('--as <user>', 'user on this machine who owns the source', 'me')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost source add tiktok:@creator\n  $ repost source add ~/Videos/shorts\n  $ repost source add https://example.com/videos.rss\n  $ repost source add youtube:@creator',
    );
  add.action(act(around, add, async () => (await import('../actions/source.ts')).addSource));

  const list = source
    .command('list', { isDefault: true })
    .description('all sources and their last poll')
    .addHelpText('after', '\nExample:\n  $ repost source list');
  list.action(act(around, list, async () => (await import('../actions/source.ts')).listSources));

  const remove = source
    .command('remove <source>')
    .description('stop watching; what was seen stays')
    .addHelpText('after', '\nExample:\n  $ repost source remove tiktok:@creator');
  remove.action(act(around, remove, async () => (await import('../actions/source.ts')).removeSource));
}
