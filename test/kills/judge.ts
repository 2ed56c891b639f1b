import { isOf, type JobFacts } from './person.ts';
import type { World } from './world.ts';

/** What must hold at the end for so many videos, as the platforms' own feeds show it. Gives the breaches in words. */
export async function breachesOf(world: World, videos: number): Promise<string[]> {
  const { repost } = world;
  const posts = await world.posts();
  const jobs = JSON.parse(await repost.run(['jobs', 'list', '--limit', '100000', '--json'])) as JobFacts[];
  const accounts = new Set(jobs.map((job) => job.destination.account));
  const breaches: string[] = [];
  if (jobs.length !== videos * accounts.size)
    breaches.push(`lost: ${jobs.length} jobs for ${videos} videos to ${accounts.size} accounts`);
  for (const job of jobs) {
    const { platform } = job.destination;
    const shown = posts.filter((post) => isOf(post, platform, job.video.caption));
    const what = `job ${job.id} (${job.destination.account}, “${job.video.caption}”)`;
    if (shown.length > 1) breaches.push(`double: ${what} is shown ${shown.length} times`);
    if (shown.length === 0) breaches.push(`lost: ${what} is shown nowhere`);
    if (job.state !== 'published')
      breaches.push(`open: ${what} is ${job.state} (${job.reason}): ${job.error?.message}`);
    const [only] = shown;
    if (only && job.post && only.id !== job.post.id && only.url !== job.post.url)
      breaches.push(`mistaken: ${what} is kept as ${job.post.id}, the platform shows ${only.id}`);
  }
  const complaints = (await world.control('/complaints')) as { platform: string; what: string }[];
  for (const { platform, what } of complaints) breaches.push(`${platform} complains: ${what}`);
  return breaches;
}
