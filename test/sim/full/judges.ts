import { HOUR, MINUTE } from '../../../src/core/clock.ts';
import type { SimPost } from '../../../src/sandbox/types.ts';
import type { JobView, Store } from '../../../src/store/types.ts';
import type { Life, Report } from '../stage.ts';
import type { FullWorld } from './world.ts';

const PATIENCE_MS = 15 * MINUTE;

/** What the destination shows of the job's video. */
export function postsOf(world: FullWorld, job: JobView): SimPost[] {
  const film = world.films.find(({ id }) => id === job.video.remoteId);
  if (!film) return [];
  return world.sandbox
    .posts()
    .filter((post) => post.platform === job.account.platform && textOf(post).includes(film.tag));
}

const textOf = (post: SimPost) => `${post.title ?? ''} ${post.text}`;

/** What must hold at every moment. */
export async function judgeFullNow(world: FullWorld, life: Life): Promise<void> {
  const now = world.clock.now();
  const { running } = await life.raw.jobs.counts();
  if (running > life.engine.running())
    world.breaches.push(`forgotten: ${running} jobs run, and ${life.engine.running()} lanes work`);
  if (now < life.judgedAt + MINUTE) return;
  life.judgedAt = now;
  const posts = world.sandbox.posts().filter(({ platform }) => platform !== 'tiktok');
  for (const { tag } of world.films) {
    for (const platform of world.platforms) {
      const shown = posts.filter((post) => post.platform === platform && textOf(post).includes(tag));
      if (shown.length > 1) world.breaches.push(`double post: ${tag} on ${platform}`);
    }
  }
  for (const { platform, what } of world.sandbox.complaints())
    world.breaches.push(`${platform} complains: ${what}`);
  if (now - life.startedAt < PATIENCE_MS) return;
  for (const accountId of await life.raw.jobs.dueLanes(now - PATIENCE_MS, [])) {
    if (now - Math.max(life.tried.get(accountId) ?? 0, life.startedAt) > PATIENCE_MS)
      world.breaches.push(`starved: the lane of account ${accountId}`);
  }
}

/** What must hold in the end for every video and every destination. */
export async function judgeFullEnd(world: FullWorld, store: Store, report: Report): Promise<void> {
  const { breaches, films, platforms } = world;
  const jobs = await store.jobs.list({ limit: 1000 });
  for (const job of jobs) {
    report.ended[job.state] = (report.ended[job.state] ?? 0) + 1;
    for (const what of wrongWith(world, job))
      breaches.push(`job ${job.id} (${job.account.account}): ${what}`);
  }
  report.published = report.ended['published'] ?? 0;
  for (const film of films) {
    if (film.hidden) continue;
    const made = jobs.filter((job) => job.video.remoteId === film.id).length;
    if (made !== platforms.length) breaches.push(`lost: ${film.tag} has ${made} jobs of ${platforms.length}`);
  }
  const bytes = world.disk.bytes();
  for (const secret of world.secrets) if (bytes.includes(secret)) breaches.push('a secret in the database');
}

function wrongWith(world: FullWorld, job: JobView): string[] {
  const posts = postsOf(world, job);
  const wrong: string[] = [];
  if (posts.length > 1) wrong.push(`${posts.length} posts`);
  switch (job.state) {
    case 'published':
      if (posts.length === 0) wrong.push('published, and the platform shows nothing');
      else if (job.post?.id && !posts.some(({ id }) => id === job.post?.id))
        wrong.push(`published as ${job.post.id}, and the platform shows ${posts[0]?.id}`);
      break;
    case 'dead':
      if (posts.length > 0) wrong.push('dead, and yet it is out');
      if (!job.error) wrong.push('dead without a cause');
      break;
    case 'cancelled':
      if (posts.length > 0) wrong.push('cancelled, and yet it is out');
      if (!world.films.some(({ id, hidden }) => id === job.video.remoteId && hidden))
        wrong.push('cancelled, though its video is there');
      break;
    case 'unknown':
      if (!job.error) wrong.push('unknown without a cause');
      break;
    default:
      wrong.push(`${job.state} since ${Math.round((world.clock.now() - job.updatedAt) / HOUR)} h`);
  }
  return wrong;
}
