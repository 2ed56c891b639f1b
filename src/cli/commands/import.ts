import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function importCommands(program: Command, around: Surroundings): void {
  const command = program
    .command('import <file>')
    .description('read TikTok’s own data export: the back catalogue, whole captions, links to the files')
    .option('--source <account>', 'the watched account whose export it is, where there are several')
    .option('--dry-run', 'say what would become known and what would be posted; change nothing')
    .addHelpText(
      'after',
      [
        '\nThe file is what TikTok gives you under Settings → Account → Download your data → JSON: the ZIP, or the JSON in it.',
        'What is posted of it is each rule’s choice (backfill); it is said before it happens, and spread over the limits.',
        '\nExamples:\n  $ repost import TikTok_Data.zip --dry-run\n  $ repost import TikTok_Data.zip --source tiktok:@creator',
      ].join('\n'),
    );
  command.action(act(around, command, async () => (await import('../actions/import.ts')).importExport));
}
