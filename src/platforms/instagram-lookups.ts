import { SECOND } from '../core/clock.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, PublishRequest } from '../core/platform.ts';
import { isHosted } from './instagram-login.ts';
import { graph, graphTime, listAll, readObject } from './meta.ts';
import { CLOCK_SLACK_MS, judgeTraces, LOOKUP_PAGES, type Published } from './meta-published.ts';

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

/** What became of a publish whose answer was lost; `sentAt` is the first sending's instant. */
export async function findPublished(
  { http, account, text }: PublishRequest,
  containerId: string,
  sentAt: number,
): Promise<LookUp<Published>> {
  const state = (await readContainer({ http, account }, containerId))?.status_code;
  const { items, cut } = await reelsSince(http, account.remoteId, sentAt - CLOCK_SLACK_MS);
  const posts = items.map(({ id, caption }) => ({ id, text: caption }));
  const said = { name: 'Instagram', noun: 'reels', state, cut, body: text.body, sentAt };
  return judgeTraces({ ...said, items: posts }, http.clock.now());
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
