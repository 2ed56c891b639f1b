import { DAY } from './clock.ts';
import { type Filter, type FilterSubject, passFilter } from './filter.ts';
import type { Timing } from './timing.ts';
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
  /** Parts of the rule's timing that are different here. */
  timing?: Timing;
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
  /** Further parts, by name: see `RuleSpec`. */
  spec: Readonly<Record<string, unknown>>;
  createdAt: number;
  updatedAt: number;
}

/** What a rule's `spec` may hold; all of it optional. */
export interface RuleSpec {
  filter?: Filter;
  timing?: Timing;
  /** What may be done to a file that does not fit. */
  fit?: 'none' | 'remux' | 'transcode';
  tooLong?: 'skip' | 'trim';
  /** A file that its source says to bear a visible mark. */
  watermark?: 'refuse' | 'allow';
  /** Which of the videos that were there before are taken too. */
  backfill?: { count?: number; since?: number };
  backfilledAt?: number;
  /** Since when it is paused, where it is. */
  pausedAt?: number;
}

export function specOf(rule: Pick<Rule, 'spec'>): RuleSpec {
  return rule.spec;
}

/** The zone that a rule's local times and dates are meant in. */
export function zoneOf(rule: Pick<Rule, 'spec'>): string {
  return specOf(rule).timing?.timeZone ?? 'UTC';
}

/** The zone of a rule's times at one of its destinations, which may have its own; undefined where none was named. */
export function ownZoneAt(rule: Pick<Rule, 'spec' | 'destinations'>, accountId: number): string | undefined {
  const own = rule.destinations.find((destination) => destination.accountId === accountId)?.timing;
  return own?.timeZone ?? specOf(rule).timing?.timeZone;
}

export function zoneAt(rule: Pick<Rule, 'spec' | 'destinations'>, accountId: number): string {
  return ownZoneAt(rule, accountId) ?? 'UTC';
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
  rule: Pick<Rule, 'startsAt' | 'spec'>,
  video: FilterSubject & Pick<Video, 'seenAt'>,
): Match {
  const late = video.seenAt > rule.startsAt && video.publishedAt >= rule.startsAt - LATE_PUBLIC_MS;
  const content = matchContent(rule, video);
  if (content.wanted && video.publishedAt < rule.startsAt && !late) {
    return { wanted: false, why: 'it is older than the rule (see --backfill)' };
  }
  return content;
}

/** Tags may be glued to each other, and the sign may be the wide one of Chinese and Japanese keyboards. */
const NO_REPOST = /[#＃]norepost(?![\p{L}\p{M}\p{N}_])/iu;

/**
 * Does a video's content pass, whenever it was published? Asked again when a longer caption is learned. Pure.
 * `#norepost` wins over everything.
 */
export function matchContent(rule: Pick<Rule, 'spec'>, video: FilterSubject): Match {
  if (NO_REPOST.test(video.caption)) return { wanted: false, why: 'its caption says #norepost' };
  if (video.kind === 'photo') return { wanted: false, why: 'it is a photo post, not a video' };
  const { filter } = specOf(rule);
  const finding = filter && passFilter(filter, video, zoneOf(rule));
  return !finding || finding.holds === true ? { wanted: true } : { wanted: false, why: finding.because };
}
