import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function statusCommands(program: Command, around: Surroundings): void {
  const status = program
    .command('status')
    .description('is everything out? one line, and what a person must do')
    .addHelpText('after', '\nExample:\n  $ repost status');
  status.action(act(around, status, async () => (await import('../actions/status.ts')).status));

  const posts = program
    .command('posts')
    .alias('post')
    .description('recent posts, with their addresses')
    .option('--limit <n>', 'how many', '20')
    .option('--platform <platform>', 'only this platform')
    .option('--since <time>', 'only since then: a date, or 2h, 3d')
    .addHelpText('after', '\nExample:\n  $ repost posts --since 2d');
  posts.action(act(around, posts, async () => (await import('../actions/status.ts')).posts));

  const videos = program
    .command('videos')
    .alias('video')
    .description('what was seen at the sources, and why it was or was not taken')
    .addHelpText('after', '\nExamples:\n  $ repost videos\n  $ repost videos check 7');
  const list = videos
    .command('list', { isDefault: true })
    .description('recent videos')
    .option('--limit <n>', 'how many', '20')
    .option('--since <time>', 'only since then: a date, or 2h, 3d')
    .option('--source <source>', 'only of this source')
    .addHelpText('after', '\nExample:\n  $ repost videos');
  list.action(act(around, list, async () => (await import('../actions/status.ts')).videos));
  const check = videos
    .command('check <video>')
    .description('every destination’s limits against the file')
    .option('--all', 'all platforms, not only those you are signed in to')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost videos check 7\n  $ repost videos check ~/Videos/new.mp4 --all',
    );
  check.action(act(around, check, async () => (await import('../actions/videos-check.ts')).checkVideo));
}
