import type { SimPost } from '../../src/sandbox/types.ts';
import type { Store } from '../../src/store/types.ts';
import type { Agency } from './agency.ts';

export interface Verdict {
  films: number;
  wanted: number;
  posts: number;
  lost: number;
  doubled: number;
  /** What the platforms objected to: too many requests, broken rules. */
  refusedForQuota: number;
  complaints: string[];
  states: Record<string, number>;
}

/** What became of it all, by the platforms’ own books. */
export async function judge(
  agency: Agency,
  marks: readonly string[],
  destinations: number,
): Promise<Verdict> {
  const shown = new Map<string, number>();
  const posts = agency.sandbox.posts().filter(({ platform }) => platform !== 'tiktok');
  for (const post of posts) {
    const key = `${markOf(post)} ${post.platform} ${post.accountId}`;
    shown.set(key, (shown.get(key) ?? 0) + 1);
  }
  const store: Store = await agency.app.store();
  return {
    films: marks.length,
    wanted: marks.length * destinations,
    posts: posts.length,
    lost: marks.length * destinations - shown.size,
    doubled: [...shown.values()].filter((count) => count > 1).length,
    refusedForQuota: agency.answers.get(429) ?? 0,
    complaints: agency.sandbox.complaints().map(({ platform, what }) => `${platform}: ${what}`),
    states: await store.jobs.counts(),
  };
}

export function markOf({ text, title = '' }: SimPost): string {
  return /film-\d{7}/u.exec(`${title} ${text}`)?.[0] ?? '?';
}
