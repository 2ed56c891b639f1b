import { asFailure, Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { RecentPost } from '../core/platform.ts';
import type { Home } from './bluesky-identity.ts';
import { xrpc } from './bluesky-identity.ts';
import type { PostRecord } from './bluesky-record.ts';
import { POSTS, uriOf, urlOf } from './bluesky-record.ts';

/** What is known of the published post. */
export interface Published {
  uri: string;
}

interface KeptRecord {
  uri?: unknown;
  value?: {
    $type?: unknown;
    text?: unknown;
    createdAt?: unknown;
    embed?: { $type?: unknown; video?: { ref?: { $link?: unknown } } };
  };
}

/**
 * There is a record under our key: an earlier sending of ours, in this life or before the data was lost. The key
 * is made from video and account; that the post is this video's is seen all the same. Every failure on the way is
 * uncertain, for the post may well be out.
 */
export async function findOurs(http: Http, home: Home, key: string, record: PostRecord): Promise<Published> {
  let kept: KeptRecord;
  try {
    const response = await http.send({
      url: xrpc(home.pds, 'com.atproto.repo.getRecord'),
      query: { repo: home.did, collection: POSTS, rkey: key },
      // Reading is for everybody.
      authorize: false,
    });
    kept = response.json<KeptRecord>();
  } catch (error) {
    const { code, kind, message, notBefore } = asFailure(error);
    const patient =
      kind === 'later'
        ? { kind, ...(notBefore === undefined ? {} : { notBefore }) }
        : { kind: 'retry' as const };
    throw new Failure(code, { ...patient, message });
  }
  const { value } = kept;
  const sameVideo = value?.embed?.video?.ref?.$link === record.embed.video.ref.$link;
  const sameWords = value?.text === record.text && value.embed?.$type === record.embed.$type;
  if (sameVideo || sameWords || value?.createdAt === record.createdAt) return { uri: uriOf(home.did, key) };
  throw new Failure('E_UNKNOWN_OUTCOME', {
    message: 'Under the key of this video there is a post that does not look like it.',
  });
}

/** Pages of 100 that are read at most. */
const MOST_PAGES = 5;

/** The account's posts from an instant on, newest first. */
export async function recentPosts(http: Http, home: Home, since: number): Promise<RecentPost[]> {
  const found: RecentPost[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const response = await http.send({
      url: xrpc(home.pds, 'com.atproto.repo.listRecords'),
      query: { repo: home.did, collection: POSTS, limit: 100, cursor },
      authorize: false,
    });
    const { records = [], cursor: next } = response.json<{ records?: KeptRecord[]; cursor?: unknown }>();
    for (const { uri, value } of records) {
      const publishedAt = Date.parse(String(value?.createdAt));
      if (typeof uri !== 'string' || !(publishedAt >= since)) continue;
      found.push({ id: uri, url: urlOf(uri), text: String(value?.text ?? ''), publishedAt });
    }
    if (typeof next !== 'string' || records.length === 0) break;
    cursor = next;
  }
  return found.sort((one, other) => other.publishedAt - one.publishedAt);
}
