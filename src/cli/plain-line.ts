import type { Line } from './command.ts';
import {
  accountsList,
  analytics,
  audit,
  jobsList,
  jobsShow,
  limitsList,
  posts,
  type Read,
  ruleList,
  status,
  videosList,
} from './commands/reads.ts';

/** The words that name one (`list` may stand behind them), and its name. */
const reads: Readonly<Record<string, readonly [name: string, read: Read]>> = {
  status: ['status', status],
  posts: ['posts', posts],
  post: ['posts', posts],
  videos: ['videos list', videosList],
  video: ['videos list', videosList],
  jobs: ['jobs list', jobsList],
  job: ['jobs list', jobsList],
  accounts: ['accounts list', accountsList],
  account: ['accounts list', accountsList],
  rule: ['rule list', ruleList],
  rules: ['rule list', ruleList],
  limits: ['limits list', limitsList],
  limit: ['limits list', limitsList],
  audit: ['audit', audit],
  analytics: ['analytics', analytics],
};

/**
 * A line that only looks, in its plain form: the command, then options with their values. Undefined for
 * anything else, which Commander reads then: what is wrong with a line is said by it alone.
 */
export function plainLine(args: readonly string[]): { line: Line; load: Read['load'] } | undefined {
  const [word = '', ...rest] = args;
  if (/^jobs? show$/u.test(`${word} ${rest[0]}`)) return shownJob(rest.slice(1));
  const [name, read] = (Object.hasOwn(reads, word) && reads[word]) || [];
  if (name === undefined || read === undefined) return undefined;
  const isNamedInFull = name.endsWith(' list') && rest[0] === 'list';
  const found = optionsIn(isNamedInFull ? rest.slice(1) : rest, read);
  return found && { line: { words: name, ...found, positional: [] }, load: read.load };
}

function shownJob([id = '-', ...rest]: readonly string[]): ReturnType<typeof plainLine> {
  const found = id.startsWith('-') ? undefined : optionsIn(rest, jobsShow);
  return found && { line: { words: 'jobs show', ...found, positional: [id] }, load: jobsShow.load };
}

/** As Commander gives them. */
function optionsIn(words: readonly string[], read: Read): Pick<Line, 'options' | 'noInput'> | undefined {
  const options: Record<string, unknown> = {};
  let noInput = false;
  const known = new Set<string>();
  for (const [flags, , preset] of read.options) {
    const [name = '', value] = flags.slice(2).split(' ');
    known.add(value ? name : flags);
    if (preset !== undefined) options[name] = preset;
  }
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--json') options['json'] = true;
    else if (word === '--no-input') noInput = true;
    else if (known.has(word)) options[word.slice(2)] = true;
    else {
      const value = words[at + 1];
      if (!word.startsWith('--') || !known.has(word.slice(2))) return undefined;
      if (value === undefined || value.startsWith('-')) return undefined;
      options[word.slice(2)] = value;
      at += 1;
    }
  }
  return { options, noInput };
}
