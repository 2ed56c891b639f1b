import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { later } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, PublishRequest } from '../core/platform.ts';
import { isHosted } from './instagram-login.ts';
import { graph, graphTime, listAll, readObject, sameText } from './meta.ts';

/** Lists of media lag behind by minutes at the worst. */
export const INDEXED_AFTER_MS = 5 * MINUTE;

/** How long after the first sending a post that is live for certain is looked for by its id. */
const NAMED_WITHIN_MS = HOUR;

/** How far Instagram’s clock may be behind ours. Small: an older post with the same text must not pass for ours. */
const CLOCK_SLACK_MS = MINUTE;

/** Pages of 50 that a look-up reads at most. */
const LOOKUP_PAGES = 10;

/** What is known of the published reel; no id where Instagram shows the post but not which it is. */
export interface Published {
  id: string | null;
  warning?: string;
}

export interface ContainerState {
  status_code?: string;
  status?: string;
  video_status?: { uploading_phase?: { bytes_transferred?: number } };
}

type Asking = Pick<PublishRequest, 'http' | 'account'>;

/** How far the bytes have come is told by Facebook Login alone: there is no such field on the other host. */
export function readContainer({ http, account }: Asking, id: string): Promise<ContainerState | undefined> {
  return readObject(http, id, `id,status,status_code${isHosted(account) ? '' : ',video_status'}`);
}

/**
 * What became of a `media_publish` whose answer was lost. The container tells whether it was published, the
 * account's own media which post it is. A container makes one post at most, so sending the same one again after
 * `absent` can't double it; one that is dead can't be sent again, and then nobody but a person decides.
 * `sentAt` is the first sending's instant.
 */
export async function findPublished(
  { http, account, text }: PublishRequest,
  containerId: string,
  sentAt: number,
): Promise<LookUp<Published>> {
  const state = (await readContainer({ http, account }, containerId))?.status_code;
  const { items, cut } = await reelsSince(http, account.remoteId, sentAt - CLOCK_SLACK_MS);
  const same = items.filter((reel) => sameText(reel.caption ?? '', text.body));
  const [only] = same;
  // Without a text any reel of this hour looks like ours.
  const told = only !== undefined && same.length === 1 && !cut && (text.body !== '' || state === 'PUBLISHED');
  if (told) return { found: { id: String(only.id) } };
  if (state === 'PUBLISHED') {
    // It is live for certain. Lists lag behind: the post's own id and address are worth a wait.
    const now = http.clock.now();
    const waited = now - sentAt;
    if (same.length === 0 && waited < NAMED_WITHIN_MS)
      throw later(
        now + Math.max(20 * SECOND, Math.min(5 * MINUTE, waited / 4)),
        'Instagram has published it and does not list it yet.',
      );
    const warning = 'Instagram has published it, but does not tell which of the account’s reels it is.';
    return { found: { id: null, warning } };
  }
  if (same.length > 0 || cut || state === 'ERROR' || state === 'EXPIRED') return 'undecided';
  return 'absent';
}

export interface Reel {
  id: string | number;
  caption?: string;
  timestamp?: string;
  permalink?: string;
  media_product_type?: string;
}

/** The account's reels from an instant on, newest first. */
export async function reelsSince(
  http: Http,
  accountId: string,
  since: number,
): Promise<{ items: Reel[]; cut: boolean }> {
  const { items, cut } = await listAll<Reel>(
    http,
    {
      url: `${graph}/${accountId}/media`,
      query: {
        fields: 'id,caption,timestamp,permalink,media_product_type',
        since: Math.floor(since / SECOND),
        limit: 50,
      },
      call: 'read',
    },
    LOOKUP_PAGES,
    // Whole seconds are told. Pinned posts don't stand first in this list.
    (media) => (graphTime(media.timestamp) ?? since) >= Math.floor(since / SECOND) * SECOND,
  );
  return { items: items.filter((media) => media.media_product_type === 'REELS'), cut };
}

/** The post's address. It is published whether this succeeds or not. */
export async function permalink(http: Http, id: string): Promise<string | null> {
  try {
    return (await readObject<Reel>(http, id, 'id,permalink,timestamp'))?.permalink ?? null;
  } catch {
    return null;
  }
}
