import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

/** Rules under version control: out of the store into a file, and back. */
export function ruleFileCommands(rule: Command, around: Surroundings): void {
  const load = () => import('../actions/rule-file.ts');

  const exported = rule
    .command('export [rules...]')
    .description('print rules as YAML (all, where none is named)')
    .option('--all', 'all rules (as without a name)')
    .option('--into <file>', 'write them into this file; its comments stay')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost rule export > rules.yaml\n  $ repost rule export everywhere --into rules.yaml',
    );
  exported.action(act(around, exported, async () => (await load()).exportRules));

  const apply = rule
    .command('apply <file>')
    .description('make the rules be what a file says, and show the difference; - reads standard input')
    .option('--dry-run', 'only show the difference')
    .option('--prune', 'remove the rules that the file does not name')
    .option('--accept-yt-dlp', 'you have the right to fetch these videos with yt-dlp')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost rule apply rules.yaml --dry-run\n  $ repost rule apply rules.yaml',
    );
  apply.action(act(around, apply, async () => (await load()).applyRules));

  const edit = rule
    .command('edit <rule>')
    .description('open a rule in your editor (VISUAL, EDITOR), then apply it')
    .option('--file <file>', 'take its new text from this file instead of an editor; - reads standard input')
    .option('--dry-run', 'only show the difference')
    .option('--accept-yt-dlp', 'you have the right to fetch these videos with yt-dlp')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost rule edit everywhere\n  $ repost rule edit everywhere --file everywhere.yaml',
    );
  edit.action(act(around, edit, async () => (await load()).editRule));

  const schema = rule
    .command('schema')
    .description('print the JSON Schema of rule files, for editors')
    .addHelpText('after', '\nExample:\n  $ repost rule schema');
  schema.action(act(around, schema, async () => (await load()).printSchema));
}
