import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function planCommands(program: Command, around: Surroundings): void {
  const plan = program
    .command('plan')
    .description('what would be posted where, when, with which text and at what price; nothing is sent')
    .option('--rule <rule>', 'only this rule')
    .option('--last <n>', 'how many recent videos are explained', '30')
    .option('--poll', 'ask the sources for what is new, without storing it')
    .option('--full', 'every post, however many')
    .addHelpText('after', '\nExamples:\n  $ repost plan\n  $ repost plan --poll --rule everywhere --json');
  plan.action(act(around, plan, async () => (await import('../actions/plan.ts')).showPlan));

  const warnings = program
    .command('warnings')
    .alias('warning')
    .description('what has cost others an account, money or a post; each is said once')
    .addHelpText('after', '\nExample:\n  $ repost warnings silence x-links');
  const list = warnings
    .command('list', { isDefault: true })
    .description('all warnings, and whether they were said or silenced')
    .addHelpText('after', '\nExample:\n  $ repost warnings');
  list.action(act(around, list, async () => (await import('../actions/warnings.ts')).listWarnings));
  const silence = warnings
    .command('silence <keys...>')
    .description('hear no more of these')
    .addHelpText('after', '\nExample:\n  $ repost warnings silence shorts-music x-links');
  silence.action(act(around, silence, async () => (await import('../actions/warnings.ts')).silenceWarnings));
  const restore = warnings
    .command('restore <keys...>')
    .description('say these once more')
    .addHelpText('after', '\nExample:\n  $ repost warnings restore shorts-music');
  restore.action(act(around, restore, async () => (await import('../actions/warnings.ts')).restoreWarnings));
}
