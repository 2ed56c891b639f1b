import { waitReasons } from '../../core/failure.ts';
import { jobStates } from '../../core/job.ts';
import { html } from '../html.ts';
import { choices, jobRows, olderLink } from './lists.ts';
import { numberIn, type ShowPage } from './view.ts';
import { empty, stateWords } from './words.ts';

const SHOWN = 40;

/** All jobs by state and reason. */
export const jobs: ShowPage = async (view) => {
  const { store, query } = view;
  const state = jobStates.find((one) => one === query['state']);
  const reason = waitReasons.find((one) => one === query['reason']);
  const accountId = numberIn(view, 'account');
  const before = numberIn(view, 'before');
  const [counts, waiting] = [await store.jobs.counts(), await store.jobs.waitingByReason()];
  const found = await store.jobs.list({
    limit: SHOWN + 1,
    ...(state ? { states: [state] } : {}),
    ...(reason ? { reasons: [reason], states: ['waiting'] } : {}),
    ...(accountId === undefined ? {} : { accountId }),
    ...(before === undefined ? {} : { beforeId: before }),
  });
  const shown = found.slice(0, SHOWN);
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const account = accountId === undefined ? undefined : await store.accounts.get(accountId);
  return {
    title: account ? `Jobs of ${account.account}` : 'Jobs',
    lead: html`<p class="lead">One for each video and destination, newest first.</p>`,
    body: html`${choices('State', [
      { href: '/jobs', label: 'All', n: total, chosen: !state && !reason },
      ...jobStates.map((one) => ({
        href: `/jobs?state=${one}`,
        label: one === 'waiting' ? 'Waiting' : stateWords(one, null)[0],
        n: counts[one],
        chosen: one === state || (one === 'waiting' && reason !== undefined),
      })),
    ])}
${
  state === 'waiting' || reason
    ? choices('Reason', [
        { href: '/jobs?state=waiting', label: 'Any reason', chosen: !reason },
        ...waitReasons
          .filter((one) => (waiting[one] ?? 0) > 0 || one === reason)
          .map((one) => ({
            href: `/jobs?reason=${one}`,
            label: html`${stateWords('waiting', one)[0]} <span class="faint">${one}</span>`,
            n: waiting[one] ?? 0,
            chosen: one === reason,
          })),
      ])
    : null
}
${shown.length === 0 ? empty('No jobs', 'None is in this state.') : jobRows(view, shown)}
${olderLink(view, found.length > SHOWN ? shown.at(-1)?.id : undefined)}`,
  };
};
