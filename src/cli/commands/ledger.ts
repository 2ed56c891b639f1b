import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';

export function ledgerCommands(program: Command, around: Surroundings): void {
  const ledger = program
    .command('ledger')
    .description('what went where, as a file: to keep, or from another tool')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost ledger export history.jsonl\n  $ repost ledger import history.jsonl --dry-run',
    );
  const load = () => import('../actions/ledger.ts');
  const out = ledger
    .command('export [file]')
    .description('write every job as a JSON line, to standard output or a new file')
    .addHelpText('after', '\nExample:\n  $ repost ledger export > history.jsonl');
  out.action(act(around, out, async () => (await load()).exportLedger));
  const back = ledger
    .command('import <file>')
    .description('mark what was posted elsewhere, so that nothing is posted again')
    .option('--dry-run', 'only say what would be marked')
    .addHelpText(
      'after',
      '\nA video in it counts as seen: no rule takes it by itself. The form of the file: docs/ledger.md.\n\nExample:\n  $ repost ledger import history.jsonl --dry-run',
    );
  back.action(act(around, back, async () => (await load()).importLedger));
}
