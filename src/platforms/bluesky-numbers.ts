import { Failure } from '../core/failure.ts';
import { type NumberReader, numbersOf } from '../core/numbers.ts';
import { appView, xrpc } from './bluesky-identity.ts';

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/defs.json: postView */
interface PostView {
  uri?: unknown;
  likeCount?: number;
  replyCount?: number;
  repostCount?: number;
  quoteCount?: number;
}

/** By Bluesky's public view, which asks nobody to sign in and spends nothing of an account's. It counts no views. */
export const postNumbers: NumberReader = {
  batch: 25,
  tells: ['likes', 'comments', 'shares'],
  source: 'https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/getPosts.json',
  async read({ http, ids, signal }) {
    // An address that a person gave for a post is no name that Bluesky knows; one such and the whole question is refused.
    const uris = ids.filter((id) => id.startsWith('at://'));
    if (uris.length === 0) return new Map();
    const query = uris.map((uri) => `uris=${encodeURIComponent(uri)}`).join('&');
    const response = await http.send({
      url: `${xrpc(appView, 'app.bsky.feed.getPosts')}?${query}`,
      call: 'getPosts',
      authorize: false,
      ...(signal ? { signal } : {}),
    });
    const { posts } = response.json<{ posts?: readonly PostView[] }>();
    if (!Array.isArray(posts))
      throw new Failure('E_BAD_ANSWER', { message: 'Bluesky answered without a list of posts.' });
    return new Map((posts as PostView[]).map((post) => [String(post.uri), countsOf(post)]));
  },
};

/** A quote is a share with words. */
function countsOf({ likeCount: likes, replyCount: comments, repostCount = 0, quoteCount = 0 }: PostView) {
  return numbersOf({ likes, comments, shares: repostCount + quoteCount });
}
