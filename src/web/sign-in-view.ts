import type { Account } from '../core/account.ts';
import type { Rule } from '../core/rule.ts';
import { signInEnd } from '../core/sign-in-end.ts';
import type { SourceRow } from '../store/types.ts';
import { iso } from './views.ts';

/** What its person has to expect of a sign-in, and which rules stop with it. */
export function signInView(
  account: Account,
  rules: readonly Rule[],
  sources: readonly SourceRow[],
  now: number,
) {
  const { state, endsAt, daysLeft, warning, cause, advice } = signInEnd(account, now);
  const watched = new Set(sources.filter((one) => one.accountId === account.id).map((one) => one.id));
  const stops = rules
    .filter(
      (rule) =>
        !rule.paused &&
        (watched.has(rule.sourceId) || rule.destinations.some((one) => one.accountId === account.id)),
    )
    .map((rule) => rule.name);
  return { state, endsAt: iso(endsAt), daysLeft, warning, cause, advice, stops };
}
