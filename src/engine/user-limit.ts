import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Limit } from '../core/limit.ts';
import type { Allowance, JobView, Spend } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';
import type { OpenRun } from './journal.ts';

/** Where a user's posts are counted, whatever the platform. */
export const userKey = (user: string) => `user:${user}`;

/** A user's own limit of posts a day, as one more bucket of the ledger. */
export function userPostLimit(user: string, max: number): Limit {
  return {
    bucket: 'posts-per-day',
    title: `posts of ${user} within 24 hours`,
    scope: 'user',
    max,
    window: { kind: 'trailing', ms: DAY },
    source: 'own',
  };
}

const STEP = 'count the post for its user';

/** Its name at this try: what was counted so long ago that it fills no day any more is counted anew. */
function stepName(run: OpenRun, now: number): string {
  for (let nth = 1; ; nth += 1) {
    const name = nth === 1 ? STEP : `${STEP}, ${nth}`;
    const doneAt = run.doneAt(name);
    if (doneAt === undefined || now - doneAt < DAY) return name;
  }
}

/**
 * Throws `later` where the job's user has no post left today: asked before a file is fetched. Gives what the post
 * will count for; undefined where its user has no limit.
 */
export async function checkUserRoom(
  deps: EngineDeps,
  job: JobView,
  run: OpenRun,
): Promise<Spend[] | undefined> {
  const spends = await spendsFor(deps, job);
  const now = deps.clock.now();
  if (spends && run.doneAt(stepName(run, now)) === undefined)
    refuseFull(await deps.store.limits.peek(spends, now));
  return spends;
}

/** Counts the post, once for a job and day: another try of it is not another post. */
export async function takeUserRoom(
  deps: EngineDeps,
  spends: readonly Spend[],
  job: JobView,
  run: OpenRun,
): Promise<void> {
  const now = deps.clock.now();
  await run.step(stepName(run, now), async () => {
    refuseFull(await deps.store.limits.take(spends, job.id, now));
    return true;
  });
}

async function spendsFor({ store }: EngineDeps, { user }: JobView): Promise<Spend[] | undefined> {
  const row = (await store.users.list()).find(({ name }) => name === user);
  const max = row?.limits['postsPerDay'];
  if (max === undefined) return undefined;
  return [{ scopeKey: userKey(user), limit: userPostLimit(user, max), amount: 1 }];
}

function refuseFull(answer: Allowance): void {
  if (answer.ok) return;
  throw new Failure('E_USER_LIMIT', {
    kind: 'later',
    reason: 'quota',
    notBefore: answer.freeAt,
    message: `The limit is reached: ${answer.title}.`,
    command: 'repost users list',
    certain: true,
  });
}
