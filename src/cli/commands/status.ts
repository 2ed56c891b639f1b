import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';
import { declare, posts, status, videosList } from './reads.ts';

export function statusCommands(program: Command, around: Surroundings): void {
  declare(program.command('status'), status, around);
  declare(program.command('posts').alias('post'), posts, around);

  const videos = program
    .command('videos')
    .alias('video')
    .description('what was seen at the sources, and why it was or was not taken')
    .addHelpText('after', '\nExamples:\n  $ repost videos\n  $ repost videos check 7');
  declare(videos.command('list', { isDefault: true }), videosList, around);
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
