import type { Command } from 'commander';
import { type Action, act, type Surroundings } from '../command.ts';

/**
 * A command that only looks and that people, scripts and prompts run all day. Declared apart from Commander’s
 * tree, so that a plain line is understood without building it (see plain-line.ts).
 */
export interface Read {
  description: string;
  options: readonly ReadOption[];
  /** As its help shows them, one to a line. */
  example: string;
  load(): Promise<Action>;
}

/** Flags, with a value or without; what they mean, what stands where they are not given. */
type ReadOption = readonly [flags: `--${string}`, description: string, preset?: string];

const since: ReadOption = ['--since <time>', 'only since then: a date, or 2h, 3d'];
const platform: ReadOption = ['--platform <platform>', 'only this platform'];

export const status: Read = {
  description: 'is everything out? one line, and what a person must do',
  options: [],
  example: 'repost status',
  load: async () => (await import('../actions/status.ts')).status,
};

export const posts: Read = {
  description: 'recent posts, with their addresses',
  options: [['--limit <n>', 'how many', '20'], platform, since],
  example: 'repost posts --since 2d',
  load: async () => (await import('../actions/posts.ts')).posts,
};

export const videosList: Read = {
  description: 'recent videos',
  options: [['--limit <n>', 'how many', '20'], since, ['--source <source>', 'only of this source']],
  example: 'repost videos',
  load: async () => (await import('../actions/posts.ts')).videos,
};

export const jobsList: Read = {
  description: 'jobs, newest first',
  options: [
    ['--state <states>', 'waiting, running, published, unknown, dead, cancelled; several with commas'],
    ['--reason <reasons>', 'what they wait for: approval, quota, window, media …; several with commas'],
    platform,
    ['--account <account>', 'only this account'],
    since,
    ['--limit <n>', 'how many', '50'],
  ],
  example: 'repost jobs list --state dead,unknown',
  load: async () => (await import('../actions/jobs-list.ts')).listJobs,
};

export const jobsShow: Read = {
  description: 'one job: steps, attempts, error, post',
  options: [['--raw', 'with the last exchange with the platform, secrets masked']],
  example: 'repost jobs show 12 --raw',
  load: async () => (await import('../actions/jobs-show.ts')).showJob,
};

export const accountsList: Read = {
  description: 'all accounts, with what expires when',
  options: [],
  example: 'repost accounts',
  load: async () => (await import('../actions/accounts-list.ts')).listAccounts,
};

export const ruleList: Read = {
  description: 'all rules',
  options: [],
  example: 'repost rule list',
  load: async () => (await import('../actions/rule-list.ts')).listRules,
};

export const limitsList: Read = {
  description: 'all limits',
  options: [],
  example: 'repost limits',
  load: async () => (await import('../actions/limits-list.ts')).listLimits,
};

export const audit: Read = {
  description: 'what was posted, by which rule, on whose word; and what people decided',
  options: [['--limit <n>', 'how many', '50'], ['--job <id>', 'only of this job'], since],
  example: 'repost audit --since 7d --json',
  load: async () => (await import('../actions/audit.ts')).listAudit,
};

export const analytics: Read = {
  description:
    'how much went out, how well, how fast, and what people did with it; from what is stored anyway',
  options: [
    ['--since <time>', 'from then on: a date, or 7d, 12w', '28d'],
    ['--until <time>', 'until then'],
    ['--by <what>', 'lines for each platform, account or day', 'platform'],
    ['--user <user>', 'only what this user owns'],
    ['--week', 'the last seven days beside the seven before'],
    ['--csv', 'print CSV, safe for spreadsheets'],
  ],
  example: 'repost analytics --week\nrepost analytics --by day --csv > days.csv',
  load: async () => (await import('../actions/analytics.ts')).analytics,
};

/** Makes of a command of the tree what is declared here. */
export function declare(command: Command, read: Read, around: Surroundings): Command {
  command.description(read.description);
  for (const option of read.options) command.option(...option);
  const examples = read.example.split('\n').map((line) => `\n  $ ${line}`);
  command.addHelpText('after', `\n${examples.length > 1 ? 'Examples' : 'Example'}:${examples.join('')}`);
  return command.action(act(around, command, read.load));
}
