import { ok, refuse } from './bluesky-answers.ts';
import type { Network } from './bluesky-network.ts';
import type { Repo } from './bluesky-repo.ts';
import type { SimRequest, SimResponse } from './types.ts';

/** Posts as Bluesky's own view shows them to everybody. */
export interface PostView {
  getPosts(request: SimRequest): SimResponse;
  count(uri: string, counts: Readonly<Record<string, number>>): void;
}

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/getPosts.json */
const MOST_URIS = 25;

export function createPostView(repo: Repo, network: Network): PostView {
  const counted = new Map<string, Readonly<Record<string, number>>>();

  function viewOf(uri: string): object[] {
    const [, did = '', collection, rkey] = /^at:\/\/([^/]+)\/([^/]+)\/([^/]+)$/u.exec(uri) ?? [];
    const record = repo
      .records()
      .find((one) => one.did === did && one.collection === collection && one.rkey === rkey);
    const author = network.find(did);
    // What is deleted, or whose account is not active, is left out without a word.
    if (!record || author?.status !== 'active') return [];
    return [
      {
        uri,
        cid: record.cid,
        author: { did, handle: author.handle },
        record: record.value,
        replyCount: 0,
        repostCount: 0,
        likeCount: 0,
        quoteCount: 0,
        ...counted.get(uri),
        indexedAt: new Date(record.writtenAt).toISOString(),
      },
    ];
  }

  return {
    getPosts(request) {
      const uris = request.query.getAll('uris');
      if (uris.length === 0)
        return refuse(400, 'InvalidRequest', 'Error: Params must have the property "uris"');
      if (uris.length > MOST_URIS)
        return refuse(400, 'InvalidRequest', 'Error: uris must not have more than 25 elements');
      if (uris.some((uri) => !uri.startsWith('at://')))
        return refuse(400, 'InvalidRequest', 'Error: uris/0 must be a valid at-uri');
      return ok({ posts: [...new Set(uris)].flatMap(viewOf) });
    },
    count: (uri, counts) => void counted.set(uri, { ...counted.get(uri), ...counts }),
  };
}
