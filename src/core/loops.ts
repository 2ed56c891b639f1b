import { HOUR, MINUTE } from './clock.ts';
import type { Rule } from './rule.ts';
import type { SourceItem } from './video.ts';

// ---------------------------------------------------------------- among rules

/** A way that videos take: from an account that is watched to one that is posted to. */
export interface Way {
  /** Account ids. */
  from: number;
  to: number;
  /** Name of the rule that opens it. */
  rule: string;
}

/** The ways that rules open, paused ones too: they may go on any time. From a folder nothing leads back. */
export function waysOf(
  rules: readonly Pick<Rule, 'name' | 'sourceId' | 'destinations'>[],
  sources: readonly { id: number; accountId: number | null }[],
): Way[] {
  const watched = new Map(sources.map(({ id, accountId }) => [id, accountId]));
  return rules.flatMap(({ name, sourceId, destinations }) => {
    const from = watched.get(sourceId);
    return typeof from === 'number'
      ? destinations.map(({ accountId }) => ({ from, to: accountId, rule: name }))
      : [];
  });
}

/** Ways in a row by which a video comes back to where it began; undefined where none do. Pure. */
export function findLoop(ways: readonly Way[]): Way[] | undefined {
  const done = new Set<number>();

  function follow(account: number, path: readonly Way[]): Way[] | undefined {
    const back = path.findIndex(({ from }) => from === account);
    if (back >= 0) return path.slice(back);
    if (done.has(account)) return undefined;
    for (const way of ways) {
      const loop = way.from === account ? follow(way.to, [...path, way]) : undefined;
      if (loop) return loop;
    }
    done.add(account);
    return undefined;
  }

  for (const { from } of ways) {
    const loop = follow(from, []);
    if (loop) return loop;
  }
  return undefined;
}

// ---------------------------------------------------------------- among videos

/** Something that was sent to an account that is watched as well. */
export interface Sending {
  jobId: number;
  /** `open`: it is out or may come out any moment, and its id is not known yet. `closed`: its id never will be. */
  state: 'open' | 'closed';
  /** The earliest instant at which it may have appeared (epoch ms). */
  sentAt: number;
  text: string;
}

export type Origin =
  | { kind: 'theirs' }
  /** repost itself posted it there. */
  | { kind: 'ours'; why: string }
  /** A job is just posting there: whether this is its post shows soon. */
  | { kind: 'unclear' };

/** Two machines' clocks may differ this much. */
const CLOCK_SLACK_MS = 10 * MINUTE;

/** So long a new video waits for a job that is just posting to the same account. */
const UNCLEAR_FOR_MS = HOUR;

/** Sources cut captions: TikTok's list after 150 characters. */
const COMPARED_CHARACTERS = 150;

/**
 * Who posted a video of an account that is both watched and posted to? What repost posted there itself must not go out
 * again: it would come back, or reach a place twice. Pure. `posted`: ids of posts that are known to be ours.
 */
export function originOf(
  item: Pick<SourceItem, 'remoteId' | 'caption' | 'publishedAt'>,
  posted: ReadonlySet<string>,
  sendings: readonly Sending[],
  now: number,
): Origin {
  if (posted.has(item.remoteId)) return { kind: 'ours', why: 'repost posted it there itself' };
  const since = sendings.filter(({ sentAt }) => item.publishedAt >= sentAt - CLOCK_SLACK_MS);
  if (since.some(({ state }) => state === 'open') && now - item.publishedAt < UNCLEAR_FOR_MS)
    return { kind: 'unclear' };
  const caption = compared(item.caption);
  const alike = since.find(({ text }) => caption !== '' && compared(text) === caption);
  if (alike) return { kind: 'ours', why: `it looks like what repost’s job ${alike.jobId} sent there` };
  return { kind: 'theirs' };
}

function compared(text: string): string {
  return [...text.trim()].slice(0, COMPARED_CHARACTERS).join('').trim();
}
