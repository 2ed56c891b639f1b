import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';
import { declare, ruleList } from './reads.ts';
import { ruleFileCommands } from './rule-files.ts';
import { addFilterFlags, addTimingFlags } from './rule-flags.ts';

const collect = (value: string, before: readonly string[] = []) => [...before, value];

export function ruleCommands(program: Command, around: Surroundings): void {
  const rule = program
    .command('rule')
    .alias('rules')
    .description('what is republished where')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost rule add --from tiktok:@creator --to youtube:@creator\n  $ repost rule list',
    );

  const add = rule
    .command('add')
    .description('add a rule: from one source to one or more accounts')
    .option('--name <name>', 'name of the rule')
    .option('--from <account>', 'source: a TikTok account or a watched folder')
    .option('--to <account>', 'destination account; may be given several times', collect)
    .option('--caption <template>', 'caption, for example "{title} {hashtags}"')
    .option('--title <template>', 'title, where the platform has one')
    .option(
      '--option <platform.name=value>',
      'platform option, for example youtube.privacy=unlisted',
      collect,
    )
    .option('--media <source>', 'folder:DIR, export:ZIP or yt-dlp; may be given several times', collect)
    .option('--accept-yt-dlp', 'you have the right to fetch these videos with yt-dlp')
    .option('--fit <how>', 'what may be done to a file that does not fit: none, remux, transcode', 'remux')
    .option('--too-long <what>', 'a video longer than the platform allows: skip or trim', 'skip')
    .option('--allow-watermark', 'take a file that bears a visible mark too, where there is no other')
    .option('--delay <duration>', 'wait this long before publishing')
    .option('--approve', 'hold every job until you approve it')
    .option('--paused', 'add it paused: nothing is posted before repost rule resume')
    .option('--backfill <n>', 'also take the newest N videos that are there already')
    .option('--since <date>', 'also take videos published since this date')
    .option('--catch-up <policy>', 'after downtime or a pause: all, newest:N or none', 'all')
    .option('--as <user>', 'user on this machine who owns the rule', 'me')
    .addHelpText(
      'after',
      '\nExample:\n  $ repost rule add --from tiktok:@creator --to youtube:@creator --to x:@creator --media folder:~/Videos/originals',
    );
  addFilterFlags(add);
  addTimingFlags(add);
  add.action(act(around, add, async () => (await import('../actions/rule-add.ts')).addRule));

  declare(rule.command('list', { isDefault: true }), ruleList, around);

  const show = rule
    .command('show <rule>')
    .description('one rule, whole')
    .addHelpText('after', '\nExample:\n  $ repost rule show everywhere');
  show.action(act(around, show, async () => (await import('../actions/rule.ts')).showRule));

  const test = rule
    .command('test <rule>')
    .description('what the rule would have done with the last videos; nothing is sent')
    .option('--last <n>', 'how many videos', '30')
    .option('--full', 'every post, however many')
    .addHelpText('after', '\nExample:\n  $ repost rule test everywhere --last 30');
  test.action(act(around, test, async () => (await import('../actions/plan.ts')).rehearseRule));

  ruleFileCommands(rule, around);

  const pause = rule
    .command('pause <rule>')
    .description('make no new posts by this rule; its jobs wait')
    .addHelpText('after', '\nExample:\n  $ repost rule pause everywhere');
  pause.action(act(around, pause, async () => (await import('../actions/rule.ts')).pause));

  const resume = rule
    .command('resume <rule>')
    .description('go on; the rule’s catch-up decides about what appeared meanwhile')
    .option('--dry-run', 'say what would happen, change nothing')
    .addHelpText('after', '\nExample:\n  $ repost rule resume everywhere');
  resume.action(act(around, resume, async () => (await import('../actions/rule.ts')).resume));

  const remove = rule
    .command('remove <rule>')
    .description('remove the rule; its waiting jobs are cancelled')
    .addHelpText('after', '\nExample:\n  $ repost rule remove everywhere');
  remove.action(act(around, remove, async () => (await import('../actions/rule.ts')).removeRule));
}
