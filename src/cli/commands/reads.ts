import type { Command } from 'commander';
import { type Action, act, type Surroundings } from '../command.ts';

/**
 * A command that only looks and that people, scripts and prompts run all day. Declared apart from Commander’s
 * tree, so that a plain line is understood without building it (see plain-line.ts).
 */
export interface Read {
  description: string;
  options: readonly ReadOption[];
  example: string;
  load(): Promise<Action>;
}

/** Flags, what they mean, what stands where they are not given. */
type ReadOption = readonly [flags: `--${string} <${string}>`, description: string, preset?: string];

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

/** Makes of a command of the tree what is declared here. */
export function declare(command: Command, read: Read, around: Surroundings): Command {
  command.description(read.description);
  for (const option of read.options) command.option(...option);
  command.addHelpText('after', `\nExample:\n  $ ${read.example}`);
  return command.action(act(around, command, read.load));
}
