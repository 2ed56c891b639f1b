import { type AlertItem, type AlertMessage, type Problem, rank } from '../core/alert.ts';
import type { Severity } from '../core/alert-rules.ts';
import { DAY } from '../core/clock.ts';
import { signInEnd } from '../core/sign-in-end.ts';
import type { NoticeRow, OpenProblem } from '../store/alert-types.ts';
import type { Store } from '../store/types.ts';

/** Items told one by one in a message; the rest is counted. */
const MOST_ITEMS = 10;

/** One message for what a channel is told together: the worst first, what is over last. Pure. */
export function composeAlert(
  id: string,
  notices: readonly Pick<NoticeRow, 'problem' | 'state' | 'openedAt'>[],
  now: number,
): AlertMessage {
  const sorted = [...notices].sort(
    (a, b) =>
      Number(a.state === 'resolved') - Number(b.state === 'resolved') || worstFirst(a.problem, b.problem),
  );
  const items = sorted.map(({ problem, state, openedAt }) => itemOf(problem, state, openedAt));
  const bad = items.filter(({ state }) => state !== 'resolved');
  return {
    schemaVersion: 1,
    id,
    kind: 'alert',
    severity: bad[0]?.severity ?? 'info',
    title: titleOf(items),
    lines: [],
    items: items.slice(0, MOST_ITEMS),
    more: Math.max(0, items.length - MOST_ITEMS),
    createdAt: new Date(now).toISOString(),
  };
}

const worstFirst = (a: { severity: Severity }, b: { severity: Severity }) =>
  rank(b.severity) - rank(a.severity);

function itemOf(problem: Problem, state: AlertItem['state'], openedAt: number): AlertItem {
  return {
    state,
    rule: problem.rule,
    severity: problem.severity,
    title: problem.title,
    facts: problem.facts,
    todo: state === 'resolved' ? '' : problem.todo,
    command: state === 'resolved' ? null : (problem.command ?? null),
    link: problem.link ?? null,
    since: new Date(openedAt).toISOString(),
  };
}

function titleOf(items: readonly AlertItem[]): string {
  const [only, second] = items;
  if (only && !second) return only.state === 'resolved' ? `Resolved: ${only.title}` : only.title;
  const over = items.filter(({ state }) => state === 'resolved').length;
  const bad = items.length - over;
  const parts = [
    ...(bad > 0 ? [`${bad} problem${bad === 1 ? '' : 's'}`] : []),
    ...(over > 0 ? [`${over} resolved`] : []),
  ];
  return parts.join(', ');
}

/** What `repost alerts test` sends. */
export function composeTest(id: string, channel: string, now: number): AlertMessage {
  return {
    schemaVersion: 1,
    id,
    kind: 'test',
    severity: 'info',
    title: 'repost can reach you here',
    lines: [`This is a test of the alert channel “${channel}”. Nothing is wrong.`],
    items: [],
    more: 0,
    createdAt: new Date(now).toISOString(),
  };
}

/** The day in a few lines: what went out, what waits, what is wrong, which sign-ins end soon. */
export async function composeDigest(
  store: Store,
  id: string,
  open: readonly OpenProblem[],
  now: number,
): Promise<AlertMessage> {
  const [counts, posts, accounts, sources] = await Promise.all([
    store.jobs.counts(),
    store.jobs.posts({ since: now - DAY, limit: 1000 }),
    store.accounts.list(),
    store.sources.list(),
  ]);
  const lastPoll = Math.max(0, ...sources.map(({ lastGoodPollAt }) => lastGoodPollAt ?? 0));
  const ending = accounts
    .map((account) => ({ account, end: signInEnd(account, now) }))
    .filter(({ end }) => end.warning !== null);
  const alert = composeAlert(
    id,
    open.map(({ problem, openedAt }) => ({ problem, state: 'still' as const, openedAt })),
    now,
  );
  const wrong = open.length === 0 ? 'Nothing is wrong.' : `${open.length} problem(s) are open.`;
  return {
    ...alert,
    kind: 'digest',
    title: `${posts.length === 1000 ? '1000 or more' : posts.length} posted in a day, ${counts.waiting} waiting${open.length > 0 ? `, ${open.length} open problem(s)` : ''}`,
    lines: [
      ...[...byAccount(posts)].map(([account, count]) => `${account}: ${count} posted`),
      lastPoll === 0
        ? 'No source was read yet.'
        : `Sources were last read at ${new Date(lastPoll).toISOString()}.`,
      ...ending.map(
        ({ account, end }) => `The sign-in of ${account.account} ends in ${end.daysLeft} day(s).`,
      ),
      wrong,
    ],
  };
}

function byAccount(posts: readonly { account: { account: string } }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { account } of posts) counts.set(account.account, (counts.get(account.account) ?? 0) + 1);
  return counts;
}
