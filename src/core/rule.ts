import { DAY } from './clock.ts';
import type { Video } from './video.ts';

/** Where a rule's files come from. */
export type MediaSpec =
  | { kind: 'folder'; path: string }
  | { kind: 'export'; path: string }
  | { kind: 'yt-dlp' };

/** One destination of a rule. */
export interface RuleDestination {
  accountId: number;
  /** Caption template; undefined: the rule's, else the platform's default `{caption}`. */
  caption?: string;
  title?: string;
  /** Platform options (`privacy`, `links` …). */
  options: Readonly<Record<string, unknown>>;
}

/** What to do with what appeared while nothing ran. */
export type CatchUp = { kind: 'all' } | { kind: 'newest'; count: number } | { kind: 'none' };

export interface Rule {
  id: number;
  name: string;
  user: string;
  sourceId: number;
  destinations: readonly RuleDestination[];
  media: readonly MediaSpec[];
  caption?: string;
  title?: string;
  delayMs: number;
  approve: boolean;
  catchUp: CatchUp;
  paused: boolean;
  /** Only videos published after this instant (epoch ms) are taken: set when the rule is made. */
  startsAt: number;
  /** Further parts (filters, windows, gap): see `repost help rules`. */
  spec: Readonly<Record<string, unknown>>;
  createdAt: number;
  updatedAt: number;
}

/** Whether a rule wants a video; `why` is for people where it does not. */
export type Match = { wanted: true } | { wanted: false; why: string };

/** How far before a rule's start a video may have been published that became public only after it. */
const LATE_PUBLIC_MS = 30 * DAY;

/**
 * Does this rule take this video? Pure. A video seen for the first time after the rule began counts as new
 * even with an older date: TikTok lists a post that was made public late under its old date.
 */
export function matchRule(
  rule: Rule,
  video: Pick<Video, 'caption' | 'kind' | 'publishedAt' | 'seenAt'>,
): Match {
  if (/(^|\s)#norepost\b/iu.test(video.caption)) return { wanted: false, why: 'its caption says #norepost' };
  if (video.kind === 'photo') return { wanted: false, why: 'it is a photo post, not a video' };
  const late = video.seenAt > rule.startsAt && video.publishedAt >= rule.startsAt - LATE_PUBLIC_MS;
  if (video.publishedAt < rule.startsAt && !late) {
    return { wanted: false, why: 'it is older than the rule (see --backfill)' };
  }
  return { wanted: true };
}
