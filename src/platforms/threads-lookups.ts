import { SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LookUp, PublishRequest } from '../core/platform.ts';
import { graphTime, listAll } from './meta.ts';
import { CLOCK_SLACK_MS, judgeTraces, LOOKUP_PAGES, type Published } from './meta-published.ts';
import { threadsApi } from './threads-sign-in.ts';

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

/** What became of a publish whose answer was lost; `sentAt` is the first sending's instant. */
export async function findPublished(
  { http, account, text }: PublishRequest,
  containerId: string,
  sentAt: number,
): Promise<LookUp<Published>> {
  const state = (await readContainer(http, containerId))?.status;
  const { items, cut } = await videosSince(http, account.remoteId, sentAt - CLOCK_SLACK_MS);
  const posts = items.map(({ id, text }) => ({ id, text }));
  const said = { name: 'Threads', noun: 'posts', state, cut, body: text.body, sentAt };
  return judgeTraces({ ...said, items: posts }, http.clock.now());
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
