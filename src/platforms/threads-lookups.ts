import { MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, PublishRequest } from '../core/platform.ts';
import { graphTime, listAll, sameText } from './meta.ts';
import { threadsApi } from './threads-sign-in.ts';

/** Lists of posts lag behind by minutes at the worst. */
export const INDEXED_AFTER_MS = 5 * MINUTE;

/** A post that is live for certain is worth this long a wait for its own id. */
const NAMED_WITHIN_MS = 60 * MINUTE;

/** How far Threads’ clock may be behind ours. Small: an older post with the same text must not pass for ours. */
const CLOCK_SLACK_MS = MINUTE;

/** Pages of 50 that a look-up reads at most. */
const LOOKUP_PAGES = 10;

/** What is known of the post; no id where Threads shows it but not which it is. */
export interface Published {
  id: string | null;
  warning?: string;
}

export interface ContainerState {
  status?: string;
  error_message?: string;
}

export interface Thread {
  id: string | number;
  media_type?: string;
  text?: string;
  timestamp?: string;
  permalink?: string;
}

/** Undefined where Threads says that it can't be read: of a fresh container that has been said too. */
export function readContainer(http: Http, id: string): Promise<ContainerState | undefined> {
  return readObject(http, id, 'id,status,error_message');
}

async function readObject<T>(http: Http, id: string, fields: string): Promise<T | undefined> {
  try {
    return (await http.send({ url: `${threadsApi}/${id}`, query: { fields }, call: 'read' })).json<T>();
  } catch (error) {
    if (error instanceof Failure && ['E_UNREADABLE', 'E_NOT_YET'].includes(error.code)) return undefined;
    throw error;
  }
}

/**
 * What became of a `threads_publish` whose answer was lost. The container tells whether it was published, the
 * account's own posts which one it is. A container makes one post at most, so sending the same one again after
 * `absent` can't double it; one that is dead can't be sent again, and then nobody but a person decides.
 * `sentAt` is the first sending's instant.
 */
export async function findPublished(
  { http, account, text }: PublishRequest,
  containerId: string,
  sentAt: number,
): Promise<LookUp<Published>> {
  const state = (await readContainer(http, containerId))?.status;
  const { items, cut } = await videosSince(http, account.remoteId, sentAt - CLOCK_SLACK_MS);
  const same = items.filter((thread) => sameText(thread.text ?? '', text.body));
  const [only] = same;
  // Without a text any video of this hour looks like ours.
  const told = only !== undefined && same.length === 1 && !cut && (text.body !== '' || state === 'PUBLISHED');
  if (told) return { found: { id: String(only.id) } };
  if (state === 'PUBLISHED') {
    // It is live for certain. The list lags behind: the post's own id and address are worth a wait.
    const now = http.clock.now();
    const waited = now - sentAt;
    if (same.length === 0 && waited < NAMED_WITHIN_MS)
      throw later(
        now + Math.max(20 * SECOND, Math.min(5 * MINUTE, waited / 4)),
        'Threads has published it and does not list it yet.',
      );
    const warning = 'Threads has published it, but does not tell which of the account’s posts it is.';
    return { found: { id: null, warning } };
  }
  if (same.length > 0 || cut || state === 'ERROR' || state === 'EXPIRED') return 'undecided';
  return 'absent';
}

/** The account's videos from an instant on, newest first. */
export async function videosSince(
  http: Http,
  accountId: string,
  since: number,
): Promise<{ items: Thread[]; cut: boolean }> {
  const { items, cut } = await listAll<Thread>(
    http,
    {
      url: `${threadsApi}/${accountId}/threads`,
      query: {
        fields: 'id,media_type,text,timestamp,permalink',
        since: Math.floor(since / SECOND),
        limit: 50,
      },
      call: 'read',
    },
    LOOKUP_PAGES,
    // Whole seconds are told.
    (thread) => (graphTime(thread.timestamp) ?? since) >= Math.floor(since / SECOND) * SECOND,
  );
  return { items: items.filter((thread) => thread.media_type === 'VIDEO'), cut };
}

/** The post's address. It is published whether this succeeds or not. */
export async function permalink(http: Http, id: string): Promise<string | null> {
  try {
    return (await readObject<Thread>(http, id, 'id,permalink'))?.permalink ?? null;
  } catch {
    return null;
  }
}
