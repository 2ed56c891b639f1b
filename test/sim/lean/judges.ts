import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import type { JobView, Store } from '../../../src/store/types.ts';
import type { Life, Report } from '../stage.ts';
import { SECRET } from './server.ts';
import type { LeanVideo } from './server-videos.ts';
import type { LeanWorld } from './world.ts';

/** While a process lives, a lane whose next job is due tries one at least this often. */
const PATIENCE_MS = 15 * MINUTE;

/** A breaker's longest pause, and another one. */
const BREAKER_MS = 2 * HOUR;

/** From a poll's begin to its last page. */
const FIRST_LOOK_MS = MINUTE;

/** What must hold at every moment; what the server sees by itself (double posts, windows) it says by itself. */
export async function judgeNow(world: LeanWorld, life: Life): Promise<void> {
  const now = world.clock.now();
  if (now < life.judgedAt + MINUTE) return;
  life.judgedAt = now;
  const { running } = await life.raw.jobs.counts();
  if (running > life.engine.running())
    world.breaches.push(`forgotten: ${running} jobs run, and ${life.engine.running()} lanes work`);
  if (now - life.startedAt < PATIENCE_MS) return;
  // A request that slept with the machine fails as it wakes.
  const wellSince = Math.max(world.calmSince, world.suspendedUntil);
  for (const { accountId, openUntil } of await life.raw.breakers.open()) {
    if (openUntil !== null && world.calm && openUntil > wellSince + BREAKER_MS)
      world.breaches.push(`the breaker of account ${accountId} stays open though all is well`);
  }
  for (const accountId of await life.raw.jobs.dueLanes(now - PATIENCE_MS, [])) {
    if (now - Math.max(life.tried.get(accountId) ?? 0, life.startedAt) > PATIENCE_MS)
      world.breaches.push(
        `starved: the lane of account ${accountId} has a job due, and none was tried for 15 minutes`,
      );
  }
}

/** What must hold in the end for every video and every destination. */
export async function judgeEnd(world: LeanWorld, store: Store, report: Report): Promise<void> {
  const { breaches, server } = world;
  const jobs = await allJobs(store);
  for (const job of jobs) {
    report.ended[job.state] = (report.ended[job.state] ?? 0) + 1;
    for (const what of wrongWith(world, job))
      breaches.push(`job ${job.id} (${job.account.account}): ${what}`);
  }
  report.published = report.ended['published'] ?? 0;
  const made = new Set(jobs.map((job) => `${job.video.remoteId} ${job.account.remoteId}`));
  const old = await olderThanAll(store);
  for (const video of server.videos.all) {
    if (!video.shown || old(video)) continue;
    const user = video.accountId.slice(3);
    for (const { platform, accountId, user: owner } of world.callers) {
      if (platform === 'tiktok' || owner !== user) continue;
      if (!made.has(`${video.id} ${accountId}`))
        breaches.push(`lost: video ${video.id} has no job for ${accountId}`);
    }
  }
  if ((await world.disk.bytes()).includes(SECRET)) breaches.push('a secret in the database');
}

/** Made before the rule, and listed before anybody first looked: whatever the person had before is left alone. */
async function olderThanAll(store: Store): Promise<(video: LeanVideo) => boolean> {
  const rules = await store.rules.list();
  const firstLooks = new Map<string, { baselineAt: number; startsAt: number }>();
  for (const { id, name, baselineAt } of await store.sources.list()) {
    const rule = rules.find(({ sourceId }) => sourceId === id);
    if (rule && baselineAt !== null)
      firstLooks.set(name.replace('tiktok:@', 'tt-'), { baselineAt, startsAt: rule.startsAt });
  }
  return ({ accountId, listedAt, createdAt }) => {
    const first = firstLooks.get(accountId);
    return first !== undefined && listedAt <= first.baselineAt + FIRST_LOOK_MS && createdAt < first.startsAt;
  };
}

function wrongWith({ server, clock }: LeanWorld, job: JobView): string[] {
  const posts = server.postsOf(job.account.platform, job.account.remoteId, `v${job.video.remoteId}`);
  const wrong: string[] = [];
  if (posts.length > 1) wrong.push(`${posts.length} posts`);
  switch (job.state) {
    case 'published':
      if (posts.length === 0) wrong.push('published, and the platform shows nothing');
      else if (!posts.some(({ id }) => id === job.post?.id))
        wrong.push(`published as ${job.post?.id}, which is another`);
      break;
    case 'dead':
      if (posts.length > 0) wrong.push('dead, and yet it is out');
      if (!job.error) wrong.push('dead without a cause');
      else if (job.error.class === 'auth' || job.error.class === 'limit')
        wrong.push(`dead of what it should have waited for: ${job.error.code}`);
      break;
    case 'cancelled':
      if (posts.length > 0) wrong.push('cancelled, and yet it is out');
      if (!server.videos.all.some(({ id, hidden }) => id === job.video.remoteId && hidden))
        wrong.push('cancelled, though its video is there');
      break;
    case 'unknown':
      if (!job.error) wrong.push('unknown without a cause');
      break;
    default:
      wrong.push(`${job.state} since ${Math.round((clock.now() - job.updatedAt) / HOUR)} h`);
  }
  return wrong;
}

async function allJobs(store: Store): Promise<JobView[]> {
  const all: JobView[] = [];
  for (let beforeId: number | undefined; ; ) {
    const page = await store.jobs.list({ limit: 1000, ...(beforeId === undefined ? {} : { beforeId }) });
    all.push(...page);
    beforeId = page.at(-1)?.id;
    if (page.length < 1000) return all;
  }
}
