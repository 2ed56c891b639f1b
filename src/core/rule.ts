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

/** Does this rule take this video? Pure. */
export function matchRule(rule: Rule, video: Pick<Video, 'caption' | 'kind' | 'publishedAt'>): Match {
  if (/(^|\s)#norepost\b/iu.test(video.caption)) return { wanted: false, why: 'its caption says #norepost' };
  if (video.kind === 'photo') return { wanted: false, why: 'it is a photo post' };
  if (video.publishedAt < rule.startsAt)
    return { wanted: false, why: 'it is older than the rule (see --backfill)' };
  return { wanted: true };
}
