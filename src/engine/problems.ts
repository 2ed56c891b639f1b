import type { Account } from '../core/account.ts';
import type { Problem } from '../core/alert.ts';
import { alertRules } from '../core/alert-rules.ts';
import { codes } from '../core/codes.ts';
import { signInEnd } from '../core/sign-in-end.ts';
import type { SourceRow } from '../store/types.ts';
import {
  beyondProblem,
  commandOf,
  deadProblem,
  heldProblems,
  isMachine,
  isVault,
  oddPosts,
  restingProblems,
  unknownProblem,
  type Written,
} from './job-problems.ts';
import type { ProblemFacts, Trouble } from './problem-facts.ts';

/** Below this a disk is nearly full, and below that it is full for all that matters. */
const LOW_BYTES = 1e9;
const FULL_BYTES = 50e6;

/** What is wrong now, the worst first. Pure: the same facts give the same problems under the same keys. */
export function problemsOf(facts: ProblemFacts): Problem[] {
  const found: Written[] = [
    ...quarantineProblems(facts),
    ...diskProblems(facts),
    ...vaultProblems(facts),
    ...facts.accounts.flatMap((account) => signInProblems(account, facts)),
    ...facts.sources.flatMap((source) => sourceProblems(source, facts)),
    ...stuckProblems(facts),
    ...facts.unknown.map(unknownProblem),
    ...facts.dead.map(deadProblem),
    ...facts.held.flatMap((job) => heldProblems(job)),
    ...facts.beyond.map(beyondProblem),
    ...facts.resting.flatMap((lane) => restingProblems(lane, facts)),
    ...oddPosts(facts.posts),
    ...failingChannels(facts),
    ...facts.troubles.filter(({ code }) => !isMachine(code)).map(troubleProblem),
  ];
  const byKey = new Map<string, Problem>();
  for (const one of found)
    if (!byKey.has(one.key))
      byKey.set(one.key, { severity: alertRules[one.rule].severity, step: '', user: null, ...one });
  return [...byKey.values()];
}

// ---------------------------------------------------------------- this machine

function quarantineProblems({ quarantine }: ProblemFacts): Written[] {
  if (!quarantine) return [];
  return [
    {
      key: 'publishing-held',
      rule: 'publishing-held',
      title: `Publishing is held, because ${quarantine.reason}.`,
      facts: [],
      todo: 'Accounts that show nothing unknown go on by themselves; look at the rest.',
      command: 'repost quarantine',
    },
  ];
}

function diskProblems({ freeBytes, troubles }: ProblemFacts): Written[] {
  const full = troubles.find(({ code }) => code === 'E_DISK_FULL');
  if (!full && (freeBytes === undefined || freeBytes >= LOW_BYTES)) return [];
  const isFull = full !== undefined || (freeBytes ?? 0) < FULL_BYTES;
  return [
    {
      key: 'disk',
      rule: 'disk',
      severity: isFull ? 'critical' : 'warning',
      step: isFull ? 'full' : 'low',
      title: isFull ? 'The disk is full.' : 'The disk is nearly full.',
      facts: [
        ...(freeBytes === undefined ? [] : [['free', `${Math.floor(freeBytes / 1e6)} MB`] as const]),
        ['error', 'E_DISK_FULL'],
      ],
      todo: 'Free some space: nothing is lost, and the work goes on by itself.',
      command: 'repost doctor',
    },
  ];
}

function vaultProblems({ troubles, held, sources }: ProblemFacts): Written[] {
  const error = [...troubles, ...held.map((job) => job.error), ...sources.map((source) => source.error)].find(
    (one) => one && isVault(one.code),
  );
  if (!error) return [];
  return [
    {
      key: 'vault',
      rule: 'vault',
      title: error.message,
      facts: [['error', error.code]],
      todo: error.hint || codes[error.code].todo,
      ...commandOf(error),
    },
  ];
}

function stuckProblems({ stuckSince }: ProblemFacts): Written[] {
  if (stuckSince === undefined) return [];
  return [
    {
      key: 'stuck',
      rule: 'stuck',
      title: 'Posts are due, and none has gone out for half an hour.',
      facts: [['due since', new Date(stuckSince).toISOString()]],
      todo: 'See what they wait for; if nothing explains it, restart the daemon.',
      command: 'repost jobs list --state waiting',
    },
  ];
}

function troubleProblem({ code, message, hint, command }: Trouble): Written {
  return {
    key: `trouble:${code}`,
    rule: 'trouble',
    // Where nothing can be written, nothing goes out.
    severity:
      code === 'E_HOME' || (code.startsWith('E_DB_') && code !== 'E_DB_BUSY') ? 'critical' : 'warning',
    title: message,
    facts: [['error', code]],
    todo: hint,
    ...(command === undefined ? {} : { command }),
  };
}

function failingChannels({ failing }: ProblemFacts): Written[] {
  return failing.map(({ name, message }) => ({
    key: `alerts-failing:${name}`,
    rule: 'alerts-failing' as const,
    title: `The alert channel “${name}” can’t be reached.`,
    facts: [['it says', message]],
    todo: 'Set it up again; what waits for it is sent then.',
    command: `repost alerts test ${name}`,
  }));
}

// ---------------------------------------------------------------- accounts and sources

function signInProblems(account: Account, { now, held }: ProblemFacts): Written[] {
  const end = signInEnd(account, now);
  const command = `repost login ${account.platform} --account ${account.handle}`;
  const whose = { user: account.user, command };
  const stopped = held.find((job) => job.accountId === account.id && job.reason === 'login');
  if (stopped?.error && isVault(stopped.error.code)) return [];
  if (account.status === 'login-needed') {
    // What the platform's refusal was read as tells more than the account does.
    const hint = stopped?.error?.code === 'E_LOGIN_NEEDED' ? stopped.error.hint : '';
    return [
      {
        key: `sign-in:${account.id}`,
        step: 'needed',
        rule: 'sign-in-needed',
        title: `${account.account} must sign in again.`,
        facts: [
          ['account', account.account],
          ['error', stopped?.error?.code ?? 'E_LOGIN_NEEDED'],
        ],
        todo: end.advice || hint || 'Sign in: what waits for it then goes out by itself.',
        ...whose,
      },
    ];
  }
  if (end.state !== 'ends' || end.warning === null) return [];
  return [
    {
      key: `sign-in:${account.id}`,
      rule: 'sign-in-ends',
      severity: end.warning === 1 ? 'critical' : 'warning',
      step: String(end.warning),
      title: `The sign-in of ${account.account} ends ${end.daysLeft === 1 ? 'within a day' : `in ${end.daysLeft} days`}.`,
      facts: [
        ['account', account.account],
        ['ends', new Date(end.endsAt ?? now).toISOString()],
      ],
      todo: end.advice || 'Sign in again before that, and nothing stops.',
      ...whose,
    },
  ];
}

function sourceProblems(source: SourceRow, { now, silentMs, accounts }: ProblemFacts): Written[] {
  const { error, paused, lastGoodPollAt } = source;
  if (!error || paused || isMachine(error.code)) return [];
  // A source that was never read is known by its failures: it has no last good poll to count from.
  const silentFor = lastGoodPollAt === null ? undefined : now - lastGoodPollAt;
  if (silentFor === undefined ? source.failures < 5 : silentFor <= silentMs) return [];
  const account = accounts.find(({ id }) => id === source.accountId);
  // Its sign-in is a problem of its own, and the one to mend; right after it was mended the next poll tells.
  if (account?.status === 'login-needed' || error.code === 'E_LOGIN_NEEDED') return [];
  return [
    {
      key: `source-silent:${source.id}`,
      rule: 'source-silent',
      user: source.user,
      title: `${source.name} can’t be read: new videos are not seen.`,
      facts: [
        ['source', source.name],
        ['last read', lastGoodPollAt === null ? 'never' : new Date(lastGoodPollAt).toISOString()],
        ['error', error.code],
        ['it says', error.message],
      ],
      todo: error.hint || codes[error.code].todo,
      command: error.command ?? 'repost source list',
    },
  ];
}
