import type { Account } from '../core/account.ts';
import { HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure, later } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';
import type { LookUp } from '../core/platform.ts';
import { sameText } from './meta.ts';

/** What Instagram and Threads have in common: containers, publishing them, and a quota of posts. */

/** Lists of media lag behind by minutes at the worst. */
export const INDEXED_AFTER_MS = 5 * MINUTE;

/** How long after the first sending a post that is live for certain is looked for by its id. */
const NAMED_WITHIN_MS = HOUR;

/** How far the platform’s clock may be behind. Small: an older post with the same text must not pass for ours. */
export const CLOCK_SLACK_MS = MINUTE;

/** Pages of 50 that a look-up reads at most. */
export const LOOKUP_PAGES = 10;

/** What is known of the post; no id where the platform shows it but not which it is. */
export interface Published {
  id: string | null;
  warning?: string;
}

/** What was found of a container whose publishing got no answer. */
export interface Traces {
  /** The platform's name, and what it calls its posts. */
  name: string;
  noun: string;
  /** The container's state, where it can be read. */
  state: string | undefined;
  /** The account's posts since the sending; `cut`: there are more than were read. */
  items: readonly { id: string | number; text: string | undefined }[];
  cut: boolean;
  /** What was sent as text. */
  body: string;
  /** The first sending's instant. */
  sentAt: number;
}

/**
 * What became of a publish whose answer was lost. The container tells whether it was published, the account's
 * own posts which one it is. A container makes one post at most, so sending the same one again after `absent`
 * can't double it; one that is dead can't be sent again, and then nobody but a person decides.
 */
export function judgeTraces(traces: Traces, now: number): LookUp<Published> {
  const { name, noun, state, items, cut, body, sentAt } = traces;
  const same = items.filter(({ text }) => sameText(text ?? '', body));
  const [only] = same;
  // Without a text any post of this hour looks like ours.
  const told = only !== undefined && same.length === 1 && !cut && (body !== '' || state === 'PUBLISHED');
  if (told) return { found: { id: String(only.id) } };
  if (state === 'PUBLISHED') {
    // It is live for certain. Lists lag behind: the post's own id and address are worth a wait.
    const waited = now - sentAt;
    if (same.length === 0 && waited < NAMED_WITHIN_MS)
      throw later(
        now + Math.max(20 * SECOND, Math.min(5 * MINUTE, waited / 4)),
        `${name} has published it and does not list it yet.`,
      );
    const warning = `${name} has published it, but does not tell which of the account’s ${noun} it is.`;
    return { found: { id: null, warning } };
  }
  if (same.length > 0 || cut || state === 'ERROR' || state === 'EXPIRED') return 'undecided';
  return 'absent';
}

/** The quota of posts as the platform counts it. Trouble in asking must not stop a publish: then our own count stands. */
export const publishingLimit =
  (addressOf: (account: Account) => string) =>
  async ({ http, account }: { http: Http; account: Account }): Promise<LimitReading[]> => {
    try {
      const response = await http.send({
        url: addressOf(account),
        query: { fields: 'quota_usage,config' },
        call: 'read',
      });
      const [limit] = response.json<{ data?: QuotaAnswer[] }>().data ?? [];
      const max = limit?.config?.quota_total;
      if (limit?.quota_usage === undefined) return [];
      return [{ bucket: 'posts', used: limit.quota_usage, ...(max === undefined ? {} : { max }) }];
    } catch (error) {
      if (error instanceof Failure && error.kind === 'retry') return [];
      throw error;
    }
  };

interface QuotaAnswer {
  quota_usage?: number;
  config?: { quota_total?: number };
}
