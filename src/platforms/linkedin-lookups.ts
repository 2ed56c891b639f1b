import type { Account } from '../core/account.ts';
import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, RecentPost } from '../core/platform.ts';
import { apiOrigin, inPath, mayRead, postUrl, rest } from './linkedin-api.ts';
import { calls } from './linkedin-rules.ts';
import { fromLittle } from './linkedin-text.ts';

const POSTS_A_PAGE = 50;
/** Pages that a look-up reads at most: many more than an account posts in the days it covers. */
const MOST_PAGES = 20;
/** This machine's clock may be wrong, and LinkedIn's list is sorted by the last change. */
const CLOCK_SLACK_MS = 4 * DAY;

/** A post as it reads: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api */
interface ListedPost {
  id?: string;
  commentary?: string;
  content?: { media?: { id?: string } };
  /** Epoch ms. */
  createdAt?: number;
  publishedAt?: number;
  lastModifiedAt?: number;
}

/** The account's posts, those changed last first. */
async function* postsOf(http: Http, author: string): AsyncGenerator<ListedPost & { id: string }> {
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const response = await http.send(
      rest('posts', {
        query: {
          author,
          q: 'author',
          count: POSTS_A_PAGE,
          start: page * POSTS_A_PAGE,
          sortBy: 'LAST_MODIFIED',
        },
        headers: { 'x-restli-method': 'FINDER' },
        call: calls.posts,
      }),
    );
    const { elements } = response.json<{ elements?: ListedPost[] }>();
    if (!Array.isArray(elements))
      throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn answered with no list of posts.' });
    for (const post of elements) if (typeof post.id === 'string') yield { ...post, id: post.id };
    if (elements.length < POSTS_A_PAGE) return;
  }
}

/**
 * The post that carries this video, which belongs to one post only. Asked for accounts whose posts may be listed.
 * A post in our words that names no video may be ours all the same: then nobody can tell.
 */
export async function findPost(
  http: Http,
  author: string,
  sent: { video: string; text: string; at: number },
): Promise<LookUp<{ id: string }>> {
  let lookalike = false;
  for await (const post of postsOf(http, author)) {
    if ((post.lastModifiedAt ?? post.createdAt ?? sent.at) < sent.at - CLOCK_SLACK_MS) break;
    const video = post.content?.media?.id;
    if (video === sent.video) return { found: { id: post.id } };
    if (video === undefined && post.commentary === sent.text) lookalike = true;
  }
  return lookalike ? 'undecided' : 'absent';
}

/** Whether a post that LinkedIn named is the one with our video; undefined where it may not be read. */
export async function carries(http: Http, urn: string, video: string): Promise<boolean | undefined> {
  const response = await http.send(
    rest(`posts/${inPath(urn)}`, { accept: [400, 403, 404], call: calls.posts }),
  );
  if (response.status !== 200) return undefined;
  const found = response.json<ListedPost | null>()?.content?.media?.id;
  return found === undefined ? undefined : found === video;
}

export async function recentPosts(
  http: Http,
  account: Account,
  since: number,
): Promise<RecentPost[] | undefined> {
  if (!mayRead(account)) {
    // Whether LinkedIn answers at all shows here too.
    await http.send({ url: `${apiOrigin}/v2/userinfo`, accept: [403], call: calls.me });
    return undefined;
  }
  const posts: RecentPost[] = [];
  for await (const { id, commentary, createdAt, publishedAt, lastModifiedAt } of postsOf(
    http,
    account.remoteId,
  )) {
    if ((lastModifiedAt ?? createdAt ?? since) < since) break;
    const at = publishedAt ?? createdAt ?? since;
    if (at >= since)
      posts.push({ id, url: postUrl(id), text: fromLittle(commentary ?? ''), publishedAt: at });
  }
  return posts.sort((one, other) => other.publishedAt - one.publishedAt);
}
