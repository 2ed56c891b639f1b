import { HOUR } from '../core/clock.ts';
import { later } from '../core/failure.ts';
import type { Limit } from '../core/limit.ts';
import type { JobRow } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';

const hour = { kind: 'trailing', ms: HOUR } as const;

/** Counts runs; nothing is ever refused. */
const runs: Limit = {
  bucket: 'lane-runs',
  title: 'runs of a lane',
  scope: 'account',
  max: 1_000_000,
  window: hour,
  source: 'own',
};

/** One a minute is always allowed: a quiet lane must be able to recover. */
const LEAST_RETRIES_PER_HOUR = 60;
/** Beyond that, a fifth of the lane's runs, as Finagle's retry budgets have it (https://finagle.github.io/blog/2016/02/08/retry-budgets/). */
const RETRY_SHARE = 0.2;

/** Takes a run from its lane's budget: a retry only while retries are few beside all runs of the past hour. Throws `later`. */
export async function takeRun(
  deps: EngineDeps,
  job: Pick<JobRow, 'id' | 'accountId' | 'attempt'>,
): Promise<void> {
  const { limits } = deps.store;
  const now = deps.clock.now();
  const scopeKey = `account:${job.accountId}`;
  if (job.attempt > 0) {
    const { used } = await limits.state(scopeKey, runs, now);
    const max = Math.max(LEAST_RETRIES_PER_HOUR, Math.floor(used * RETRY_SHARE));
    const retries: Limit = {
      ...runs,
      bucket: 'lane-retries',
      title: 'retries of a lane within an hour',
      max,
    };
    const answer = await limits.take([{ scopeKey, limit: retries, amount: 1 }], job.id, now);
    if (!answer.ok)
      throw later(answer.freeAt, 'This lane has retried much lately; it goes on more slowly.', 'backoff');
  }
  await limits.take([{ scopeKey, limit: runs, amount: 1 }], job.id, now);
}
