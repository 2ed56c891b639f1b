import type { Problem } from '../core/alert.ts';
import { type AlertRule, alertRules } from '../core/alert-rules.ts';
import type { WaitReason } from '../core/failure.ts';
import type { JobState } from '../core/job.ts';

/** Something that only a person can mend, with the command that does it. */
export interface Task {
  message: string;
  command: string | null;
}

/** What its person must do, the most pressing first; jobs of a kind are one task. Pure. */
export function tasksOf(
  problems: readonly Problem[],
  counts: Readonly<Record<JobState, number>>,
  waiting: Readonly<Partial<Record<WaitReason, number>>>,
): Task[] {
  const ofJobs: Partial<Record<AlertRule, Task>> = {
    'unknown-outcome': {
      message: `${counts.unknown} job(s) with unknown outcome need your eyes.`,
      command: 'repost jobs list --state unknown',
    },
    'dead-letter': { message: `${counts.dead} dead letter(s).`, command: 'repost jobs list --state dead' },
    approval: {
      message: `${waiting.approval ?? 0} job(s) wait for your approval.`,
      command: 'repost jobs list --state waiting',
    },
    'file-missing': {
      message: `${waiting.media ?? 0} job(s) wait for their file.`,
      command: 'repost jobs list --state waiting',
    },
  };
  const tasks = problems
    .filter(({ rule }) => alertRules[rule].person)
    .map(
      ({ rule, title, link, command = link }): Task =>
        ofJobs[rule] ?? { message: title, command: command ?? null },
    );
  return [...new Set(tasks)];
}

/** All of it in one line. */
export function todoLine([first, ...others]: readonly Task[]): string {
  if (!first) return 'Nothing for you to do.';
  const how = first.command === null ? first.message : `${first.command}  (${first.message})`;
  return `Do now: ${how}${others.length > 0 ? ` Then ${others.length} more, below.` : ''}`;
}
