import { createHash } from 'node:crypto';
import type { Problem } from '../core/alert.ts';
import { type AlertRule, alertRules } from '../core/alert-rules.ts';
import { codes } from '../core/codes.ts';
import type { JobView } from '../store/types.ts';
import type { ProblemFacts } from './problem-facts.ts';

/** A problem as its rule writes it down; what it leaves out is the rule's own severity, no step, nobody's. */
export type Written = Omit<Problem, 'severity' | 'step' | 'user'> &
  Partial<Pick<Problem, 'severity' | 'step' | 'user'>>;

/** Disk and vault: whatever else fails because of them is not told besides. */
export const isMachine = (code: string) => code === 'E_DISK_FULL' || isVault(code);
export const isVault = (code: string) => code.startsWith('E_VAULT_');

export function unknownProblem(job: JobView): Written {
  return {
    ...aboutJob('unknown-outcome', job),
    title: `Nobody can say whether “${captionOf(job)}” appeared on ${job.account.account}.`,
    todo: 'Look at the account, then say what you saw; it is never sent again by itself.',
    command: `repost jobs resolve ${job.id}`,
  };
}

export function deadProblem(job: JobView): Written {
  return {
    ...aboutJob('dead-letter', job),
    title: `“${captionOf(job)}” could not be posted to ${job.account.account}.`,
    todo: job.error?.hint ?? 'See why, then try again.',
    command: `repost jobs show ${job.id}`,
  };
}

/** So many are one problem. */
export function beyondProblem({ rule, count }: ProblemFacts['beyond'][number]): Written {
  return {
    key: `${rule}:beyond`,
    rule,
    title: `And ${count} older one(s): ${alertRules[rule].title}.`,
    facts: [],
    todo: 'See them all.',
    command: `repost jobs list --state ${rule === 'dead-letter' ? 'dead' : rule === 'unknown-outcome' ? 'unknown' : 'waiting'}`,
  };
}

export function heldProblems(job: JobView): Written[] {
  const { error, reason, account } = job;
  const perAccount = (rule: AlertRule) => ({ ...aboutJob(rule, job), key: `${rule}:${account.id}` });
  const again = new Date(job.runAt).toISOString();
  if (error && isMachine(error.code)) return [];
  if (error?.code === 'E_MONEY')
    return [
      {
        ...perAccount('money'),
        title: `The credit of ${account.account} is used up.`,
        todo: error.hint,
        command: 'repost limits',
      },
    ];
  switch (reason) {
    case 'quota':
      return [
        {
          ...perAccount('quota'),
          title: `A limit of ${account.account} is used up: its posts wait.`,
          facts: [['destination', account.account], ['goes on', again], ...errorFacts(job)],
          todo: 'Nothing to do: it goes on by itself.',
          command: 'repost limits',
        },
      ];
    case 'approval':
      return [
        {
          ...aboutJob('approval', job),
          title: `“${captionOf(job)}” waits for your approval to go to ${account.account}.`,
          todo: 'Let it go, or cancel it.',
          command: `repost jobs approve ${job.id}`,
        },
      ];
    case 'media':
      return error?.code === 'E_HOST' || error?.code === 'E_NO_HOST'
        ? [
            {
              key: `media-host:${error.code}`,
              rule: 'media-host',
              title: error.message,
              facts: [['destination', account.account], ...errorFacts(job)],
              todo: error.hint,
              ...commandOf(error),
            },
          ]
        : [
            {
              ...aboutJob('file-missing', job),
              title: `“${captionOf(job)}” waits for its file.`,
              todo: error?.hint ?? codes.E_NO_MEDIA.todo,
              command: `repost jobs show ${job.id}`,
            },
          ];
    default:
      return [];
  }
}

export function restingProblems(
  { accountId, openUntil }: ProblemFacts['resting'][number],
  { accounts, held }: ProblemFacts,
): Written[] {
  const account = accounts.find(({ id }) => id === accountId);
  if (!account) return [];
  const job = held.find((one) => one.accountId === accountId && one.error);
  return [
    {
      key: `platform-failing:${accountId}`,
      rule: 'platform-failing',
      user: account.user,
      title: `${account.account} keeps failing: its posts rest.`,
      facts: [
        ['destination', account.account],
        ...(openUntil === null ? [] : [['looked at again', new Date(openUntil).toISOString()] as const]),
        ...(job ? errorFacts(job) : []),
      ],
      todo: 'Nothing to do: a look decides when they go on.',
      command: 'repost jobs list --state waiting',
    },
  ];
}

/** One problem for each account and sentence, however many posts it stands under. */
export function oddPosts(posts: readonly JobView[]): Written[] {
  return posts.flatMap((job) =>
    (job.post?.warnings ?? []).map((warning) => {
      const short = createHash('sha256').update(warning).digest('hex').slice(0, 12);
      return {
        ...aboutJob('post-warning', job),
        key: `post-warning:${job.account.id}:${short}`,
        title: `“${captionOf(job)}” is on ${job.account.account}, but: ${warning}`,
        todo: 'See the post.',
        ...(job.post?.url ? { link: job.post.url } : {}),
      };
    }),
  );
}

/** What every message about a job tells. */
function aboutJob(rule: AlertRule, job: JobView): Pick<Written, 'key' | 'rule' | 'user' | 'facts'> {
  return {
    key: `${rule}:${job.id}`,
    rule,
    user: job.user,
    facts: [
      ['job', String(job.id)],
      ...(job.rule === null ? [] : [['rule', job.rule] as const]),
      ['destination', job.account.account],
      ['user', job.user],
      ['video', job.video.url],
      ...errorFacts(job),
    ],
  };
}

function errorFacts({ error }: JobView): (readonly [string, string])[] {
  if (!error) return [];
  return [
    ['error', error.code],
    ['it says', error.message],
  ];
}

export const commandOf = ({ command }: { command?: string | undefined }) =>
  command === undefined ? {} : { command };

/** Captions are anybody's words: one line, and short. */
function captionOf({ video }: JobView): string {
  const line = video.caption.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  const letters = [...line];
  return letters.length > 60 ? `${letters.slice(0, 59).join('')}…` : line || `video ${video.id}`;
}
