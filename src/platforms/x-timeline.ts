import type { Account } from '../core/account.ts';
import { DAY, MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, RecentPost } from '../core/platform.ts';
import { calls } from './x-rules.ts';
import type { Upload } from './x-upload.ts';

/** Ids hold their time: milliseconds since this instant, above 22 bits. https://docs.x.com/fundamentals/x-ids */
const ID_EPOCH = 1_288_834_974_657n;
const ID_BITS = 22n;

/** The smallest id that X can give out at this instant (epoch ms). */
export function idAt(ms: number): string {
  const since = BigInt(Math.floor(ms)) - ID_EPOCH;
  return since > 0n ? (since << ID_BITS).toString() : '1';
}

/** When an id was given out (epoch ms). */
export function timeOf(id: string): number {
  return Number((BigInt(id) >> ID_BITS) + ID_EPOCH);
}

interface TimelinePost {
  id: string;
  text?: string;
  attachments?: { media_keys?: readonly string[] };
}

interface TimelinePage {
  data?: readonly TimelinePost[];
  meta?: { result_count?: number; next_token?: string };
}

/** The timeline reaches 3,200 posts back: https://docs.x.com/x-api/users/get-posts */
const MOST_PAGES = 32;
const PAGE_POSTS = 100;

/** Own posts, newest first, back to an id (exclusive). Answers are billed by the post. */
async function* ownPosts(http: Http, userId: string, sinceId: string): AsyncGenerator<TimelinePost> {
  let token: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    // Without tweet.fields or post.fields: which of the two X understands depends on the day.
    const response = await http.send({
      url: `https://api.x.com/2/users/${encodeURIComponent(userId)}/tweets`,
      query: {
        max_results: PAGE_POSTS,
        exclude: 'replies,retweets',
        expansions: 'attachments.media_keys',
        since_id: sinceId,
        pagination_token: token,
      },
      call: calls.timeline,
    });
    const { data, meta } = response.json<TimelinePage>();
    // Nothing is said by leaving `data` out and a count of zero; anything else without it is no answer.
    if (!data && meta?.result_count !== 0)
      throw new Failure('E_BAD_ANSWER', { message: 'X gave no timeline.', status: response.status });
    yield* (data ?? []).filter(({ id }) => /^\d+$/u.test(id));
    token = meta?.next_token;
    if (token === undefined) return;
  }
  throw new Failure('E_BAD_ANSWER', { message: 'X’s timeline has no end.' });
}

/**
 * Is there a post with this upload? Asked from the upload's own id on: it is older than any post with it, and
 * X's own clock made it, so that a wrong clock here hides nothing.
 */
export async function findPost(
  http: Http,
  account: Account,
  upload: Upload,
  sent: { at: number; text: string },
): Promise<LookUp<{ id: string }>> {
  const uploadedAt = timeOf(upload.id);
  // Our own clock only widens the search, and not for ever: answers are billed by the post.
  const earliest = Math.min(uploadedAt - 1, Math.max(sent.at - MINUTE, uploadedAt - 2 * DAY));
  let lookalike = false;
  for await (const post of ownPosts(http, account.remoteId, idAt(earliest))) {
    const keys = post.attachments?.media_keys ?? [];
    if (keys.some((key) => afterPrefix(key) === afterPrefix(upload.key))) return { found: { id: post.id } };
    // A post that names no media may be ours all the same; only its text could tell.
    if (keys.length === 0 && plainText(post.text ?? '') === sent.text.trim()) lookalike = true;
  }
  return lookalike ? 'undecided' : 'absent';
}

/** `7_123` and `13_123` are the same upload in two categories. */
function afterPrefix(key: string): string {
  return key.slice(key.indexOf('_') + 1);
}

/** As it was sent: without the address of the video that X adds, and without X's escapes. */
function plainText(text: string): string {
  return text
    .replace(/\s*https:\/\/t\.co\/\w+\s*$/u, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}

export async function recentPosts(http: Http, account: Account, since: number): Promise<RecentPost[]> {
  const posts: RecentPost[] = [];
  for await (const { id, text } of ownPosts(http, account.remoteId, idAt(since)))
    posts.push({ id, url: postUrl(account, id), text: plainText(text ?? ''), publishedAt: timeOf(id) });
  return posts;
}

export function postUrl(account: Pick<Account, 'handle'>, id: string): string {
  return `https://x.com/${encodeURIComponent(account.handle.replace(/^@/u, ''))}/status/${encodeURIComponent(id)}`;
}
