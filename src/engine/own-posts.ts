import { HOUR } from '../core/clock.ts';
import { type Origin, originOf, type Sending } from '../core/loops.ts';
import type { FittedText } from '../core/text.ts';
import type { SourceItem } from '../core/video.ts';
import type { Store } from '../store/types.ts';

/** Posts are known later than they appear, never earlier; clocks differ. */
const SLACK_MS = HOUR;

type Item = Pick<SourceItem, 'remoteId' | 'caption' | 'publishedAt'>;

/** Tells of each of these items of a watched account whether repost posted it there itself. */
export async function originsOf(
  store: Store,
  accountId: number | null,
  items: readonly Item[],
  now: number,
): Promise<(item: Item) => Origin> {
  if (accountId === null || items.length === 0) return () => ({ kind: 'theirs' });
  const posted = await store.jobs.posted(
    accountId,
    items.map(({ remoteId }) => remoteId),
  );
  const since = items.reduce((least, { publishedAt }) => Math.min(least, publishedAt), now);
  const sendings = [...(await openSendings(store, accountId)), ...(await nameless(store, accountId, since))];
  return (item) => originOf(item, posted, sendings, now);
}

/** Jobs that have sent something there whose post nobody knows yet. */
async function openSendings(store: Store, accountId: number): Promise<Sending[]> {
  const jobs = await store.jobs.list({ accountId, states: ['waiting', 'running', 'unknown'], limit: 1000 });
  const sendings = await Promise.all(
    jobs.map(async ({ id, state, createdAt }): Promise<Sending[]> => {
      const steps = await store.journal.load(id);
      const commit = steps.find(({ kind }) => kind === 'commit');
      if (!commit) return [];
      const sentAt = commit.firstSentAt ?? commit.sentAt ?? createdAt;
      const text = textIn(steps.find(({ name }) => name === 'compose text')?.result);
      return [{ jobId: id, state: state === 'unknown' ? 'closed' : 'open', sentAt, text }];
    }),
  );
  return sendings.flat();
}

/** Posts that their platform gave no address: then their id is not the one that is listed. */
async function nameless(store: Store, accountId: number, since: number): Promise<Sending[]> {
  const jobs = await store.jobs.posts({ accountId, since: since - SLACK_MS, limit: 1000 });
  const sendings = await Promise.all(
    jobs
      .filter(({ post }) => post?.url === null)
      .map(async ({ id, createdAt }): Promise<Sending> => {
        const steps = await store.journal.load(id);
        const text = textIn(steps.find(({ name }) => name === 'compose text')?.result);
        return { jobId: id, state: 'closed', sentAt: createdAt, text };
      }),
  );
  return sendings;
}

function textIn(result: string | null | undefined): string {
  if (result === null || result === undefined) return '';
  return (JSON.parse(result) as Partial<FittedText>).body ?? '';
}
