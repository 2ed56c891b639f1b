import { timingOf } from '../core/decision.ts';
import { Failure, later } from '../core/failure.ts';
import { matchContent, type Rule } from '../core/rule.ts';
import { nextAllowedNow, SLOT_GRACE_MS } from '../core/schedule.ts';
import type { Video } from '../core/video.ts';
import { sayWallTime } from '../core/wall-clock.ts';
import type { JobView } from '../store/types.ts';
import type { EngineDeps } from './deps.ts';

/** What was published longer ago stands in no slot or day that is still open. */
const LOOK_BACK_MS = 2 * 86_400_000;
const MOST_POSTS = 1_000;
/** Where a timetable has no room at all it is looked at again after this: its person may change it. */
const LOOK_AGAIN_MS = 86_400_000;

/**
 * Throws `later` where the rule's timing does not let the job go out now: retries and limits move jobs off the
 * places that they were given. What has begun less than an hour ago may end.
 */
export async function passTiming(
  { store, clock }: EngineDeps,
  job: JobView,
  rule: Rule | undefined,
  begunAt: number | undefined,
): Promise<void> {
  const destination = rule?.destinations.find((one) => one.accountId === job.accountId);
  const timetable = rule && timingOf(rule, destination).timetable;
  const now = clock.now();
  if (!timetable || (begunAt !== undefined && now - begunAt < SLOT_GRACE_MS)) return;
  const since = now - LOOK_BACK_MS - timetable.gapMs;
  const posts = await store.jobs.posts({ accountId: job.accountId, since, limit: MOST_POSTS });
  const published = posts.flatMap(({ post }) => (post ? [post.publishedAt] : []));
  const at = nextAllowedNow(now, timetable, published) ?? now + LOOK_AGAIN_MS;
  if (at <= now) return;
  const { timeZone } = timetable;
  throw later(
    at,
    `The rule’s timing lets it go out at ${sayWallTime(timeZone, at)} (${timeZone}).`,
    'window',
  );
}

/**
 * Throws E_NOT_WANTED where the rule does not want the video as it is known now: the source's own text is often cut,
 * and `#norepost` may stand at the end of the whole one. What a person approved only that word stops.
 */
export function checkStillWanted(video: Video, rule: Rule | undefined): void {
  const match = matchContent({ spec: rule && !rule.approve ? rule.spec : {} }, video);
  if (match.wanted) return;
  throw new Failure('E_NOT_WANTED', {
    message: `The rule does not take this video: ${match.why}.`,
    certain: true,
  });
}
