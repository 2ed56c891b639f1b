import type { Command } from 'commander';
import { act, type Surroundings } from '../command.ts';
import { declare, jobsList, jobsShow } from './reads.ts';

export function jobsCommands(program: Command, around: Surroundings): void {
  const jobs = program
    .command('jobs')
    .alias('job')
    .description('one video to one account: what waits, runs, failed')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost jobs\n  $ repost jobs list --state dead\n  $ repost jobs retry --all-dead',
    );
  declare(jobs.command('list', { isDefault: true }), jobsList, around);
  declare(jobs.command('show <id>'), jobsShow, around);

  const retry = jobs
    .command('retry [ids...]')
    .description('try dead letters again; waiting ones at once')
    .option('--all-dead', 'all dead letters')
    .option('--platform <platform>', 'dead letters of this platform')
    .option('--class <class>', 'dead letters whose error is of this class')
    .option('--since <time>', 'dead letters made since then')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost jobs retry 12\n  $ repost jobs retry --platform x --class permanent',
    );
  retry.action(act(around, retry, async () => (await import('../actions/jobs-change.ts')).retryJobs));

  const cancel = jobs
    .command('cancel <ids...>')
    .description('never publish these')
    .addHelpText('after', '\nExample:\n  $ repost jobs cancel 12');
  cancel.action(act(around, cancel, async () => (await import('../actions/jobs-change.ts')).cancelJobs));

  const approve = jobs
    .command('approve [ids...]')
    .description('let jobs that wait for approval go out; without ids they are shown one by one')
    .option('--all', 'all that wait for approval')
    .option('--text <text>', 'publish this text instead (one job)')
    .option('--title <title>', 'publish this title instead (one job)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost jobs approve            # shows each, asks what to do\n  $ repost jobs approve 12 --text "A better text"',
    );
  approve.action(act(around, approve, async () => (await import('../actions/jobs-approve.ts')).approveJobs));

  const edit = jobs
    .command('edit <id>')
    .description('give a job that waits a text of its own; without a flag: in your editor')
    .option('--text <text>', 'the text')
    .option('--title <title>', 'the title, where the platform has one')
    .option('--reset', 'back to the rule’s template')
    .addHelpText('after', '\nExample:\n  $ repost jobs edit 12 --text "A better text" --title "A title"');
  edit.action(act(around, edit, async () => (await import('../actions/jobs-approve.ts')).editJob));

  const resolve = jobs
    .command('resolve <id>')
    .description('say what became of a job whose outcome is unknown; without a flag: show the evidence')
    .option('--published <url>', 'it is there: its address')
    .option('--not-published', 'it is not there: publish it again')
    .addHelpText(
      'after',
      '\nExamples:\n  $ repost jobs resolve 12                    # what was sent, what the account shows\n  $ repost jobs resolve 12 --published https://x.com/creator/status/1\n  $ repost jobs resolve 12 --not-published',
    );
  resolve.action(act(around, resolve, async () => (await import('../actions/jobs-resolve.ts')).resolveJob));

  const wait = jobs
    .command('wait <ids...>')
    .description('wait until these jobs have ended (a daemon must be running)')
    .option('--timeout <duration>', 'at most this long', '10m')
    .addHelpText(
      'after',
      '\nExits 0 where all are published, 3 where some are not, 5 at the time-out.\n\nExample:\n  $ repost jobs wait 12 13',
    );
  wait.action(act(around, wait, async () => (await import('../actions/jobs-wait.ts')).waitForJobs));

  const link = jobs
    .command('approve-link <id>')
    .description('a link by which a client approves or declines one job, without an account')
    .option('--expires <length>', 'how long it serves, 60d at most', '7d')
    .option('--revoke', 'end the link that was made')
    .addHelpText('after', '\nExample:\n  $ repost jobs approve-link 12 --expires 3d');
  link.action(act(around, link, async () => (await import('../actions/jobs-link.ts')).approvalLink));
}
