import { Failure } from './failure.ts';
import { sayDuration } from './media-rules.ts';
import { checkPattern, matchesPattern } from './pattern.ts';
import { parseDuration } from './settings.ts';
import { hashtagsOf } from './template.ts';
import type { Video } from './video.ts';
import { instantOf } from './wall-clock.ts';

export type Aspect = 'vertical' | 'square' | 'horizontal';
type Several<T> = T | readonly T[];

/**
 * Which videos a rule takes, as people write it. All that one object names must hold; `any`, `all` and `not` nest.
 * A list holds where one of its members does.
 */
export interface Filter {
  /** The caption contains one of these, upper and lower case alike. */
  caption?: Several<string>;
  /** RE2 expression that occurs in the caption. */
  pattern?: string;
  /** It has one of these hashtags, with or without `#`. */
  hashtags?: Several<string>;
  /** Lengths such as `10s`, or seconds. */
  minDuration?: string | number;
  maxDuration?: string | number;
  /** Dates (a day's beginning in the rule's zone) or instants. */
  publishedAfter?: string;
  publishedBefore?: string;
  aspect?: Several<Aspect>;
  aiGenerated?: boolean;
  photo?: boolean;
  pinned?: boolean;
  /** Language codes such as `en`, where the source tells. */
  language?: Several<string>;
  all?: readonly Filter[];
  any?: readonly Filter[];
  not?: Filter;
}

export type FilterSubject = Pick<
  Video,
  'caption' | 'kind' | 'publishedAt' | 'durationSeconds' | 'width' | 'height' | 'aiGenerated' | 'facts'
>;

/** What a look at a video found; undefined where the source does not tell enough. `because` is a fact in words. */
export interface Finding {
  holds: boolean | undefined;
  because: string;
}

/** A rule needs no more; what is deeper or larger is a mistake or malice. */
const DEEPEST = 8;
const MOST_CONDITIONS = 200;

/** Does a video pass? Pure. `timeZone`: where dates begin. */
export function passFilter(filter: Filter, video: FilterSubject, timeZone: string): Finding {
  return everyOf(
    Object.keys(filter)
      .filter((key) => filter[key as keyof Filter] !== undefined)
      .map((key) => () => findings[key as keyof Filter]({ filter, video, timeZone })),
  );
}

interface Question {
  filter: Filter;
  video: FilterSubject;
  timeZone: string;
}

const findings: Readonly<Record<keyof Filter, (question: Question) => Finding>> = {
  caption({ filter, video }) {
    const wanted = listOf(filter.caption);
    const caption = fold(video.caption);
    const found = wanted.find((text) => caption.includes(fold(text)));
    if (found !== undefined) return { holds: true, because: `its caption contains “${found}”` };
    return { holds: false, because: `its caption contains ${noneOf(wanted.map((text) => `“${text}”`))}` };
  },
  pattern({ filter, video }) {
    const { pattern = '' } = filter;
    const holds = matchesPattern(pattern, video.caption);
    return { holds, because: `its caption ${holds ? 'fits' : 'does not fit'} the pattern ${pattern}` };
  },
  hashtags({ filter, video }) {
    const wanted = listOf(filter.hashtags).map((tag) => `#${tag.replace(/^[#＃]/u, '')}`);
    const present = new Set(hashtagsOf(video.caption).map(fold));
    const found = wanted.find((tag) => present.has(fold(tag)));
    return found === undefined
      ? { holds: false, because: `it has ${noneOf(wanted)}` }
      : { holds: true, because: `it has ${found}` };
  },
  minDuration: ({ filter, video }) =>
    durationFinding(video, filter.minDuration, (length, least) => length >= least, 'at least'),
  maxDuration: ({ filter, video }) =>
    durationFinding(video, filter.maxDuration, (length, most) => length <= most, 'at most'),
  publishedAfter({ filter, video, timeZone }) {
    const holds = video.publishedAt >= momentOf(filter.publishedAfter ?? '', timeZone);
    return { holds, because: `it was published ${holds ? 'since' : 'before'} ${filter.publishedAfter}` };
  },
  publishedBefore({ filter, video, timeZone }) {
    const holds = video.publishedAt < momentOf(filter.publishedBefore ?? '', timeZone);
    return { holds, because: `it was published ${holds ? 'before' : 'since'} ${filter.publishedBefore}` };
  },
  aspect({ filter, video }) {
    const shape = aspectOf(video);
    if (shape === undefined) return { holds: undefined, because: 'its shape is not known' };
    return { holds: listOf(filter.aspect).includes(shape), because: `it is ${shape}` };
  },
  // A label that the source does not mention is not set.
  aiGenerated: ({ filter, video }) =>
    flagFinding(filter.aiGenerated, video.aiGenerated === true, 'labelled as made by AI'),
  photo: ({ filter, video }) => flagFinding(filter.photo, video.kind === 'photo', 'a photo post'),
  pinned: ({ filter, video }) => flagFinding(filter.pinned, video.facts['pinned'] === true, 'pinned'),
  language({ filter, video }) {
    const { language } = video.facts;
    if (typeof language !== 'string') return { holds: undefined, because: 'its language is not known' };
    const spoken = language.toLowerCase();
    const holds = listOf(filter.language).some((one) => {
      const wanted = one.toLowerCase();
      return spoken === wanted || spoken.startsWith(`${wanted}-`);
    });
    return { holds, because: `its language is ${language}` };
  },
  all: ({ filter, video, timeZone }) =>
    everyOf((filter.all ?? []).map((part) => () => passFilter(part, video, timeZone))),
  any({ filter, video, timeZone }) {
    const found = (filter.any ?? []).map((part) => passFilter(part, video, timeZone));
    const open = found.find(({ holds }) => holds === true) ?? found.find(({ holds }) => holds === undefined);
    return (
      open ?? {
        holds: false,
        because: found.map(({ because }) => because).join(', and ') || 'its rule names nothing',
      }
    );
  },
  not({ filter, video, timeZone }) {
    const { holds, because } = passFilter(filter.not ?? {}, video, timeZone);
    return { holds: holds === undefined ? undefined : !holds, because };
  },
};

/** False where one is; else unknown where one is; else true. */
function everyOf(parts: readonly (() => Finding)[]): Finding {
  const found = parts.map((part) => part());
  return (
    found.find(({ holds }) => holds === false) ??
    found.find(({ holds }) => holds === undefined) ?? {
      holds: true,
      because: found.map(({ because }) => because).join(' and ') || 'nothing is asked of it',
    }
  );
}

function flagFinding(wanted: boolean | undefined, is: boolean, what: string): Finding {
  return { holds: is === wanted, because: `it is ${is ? '' : 'not '}${what}` };
}

function durationFinding(
  { durationSeconds = 0 }: FilterSubject,
  limit: string | number | undefined,
  keeps: (seconds: number, limit: number) => boolean,
  words: string,
): Finding {
  if (durationSeconds <= 0) return { holds: undefined, because: 'its length is not known' };
  const seconds = secondsOf(limit ?? 0);
  const holds = keeps(durationSeconds, seconds);
  return {
    holds,
    because: `it lasts ${sayDuration(durationSeconds * 1000)}, ${holds ? '' : 'not '}${words} ${sayDuration(seconds * 1000)}`,
  };
}

/** Sides within three per cent of each other are a square: encoders round. */
function aspectOf({ width = 0, height = 0 }: FilterSubject): Aspect | undefined {
  if (width <= 0 || height <= 0) return undefined;
  const ratio = width / height;
  if (Math.abs(ratio - 1) < 0.03) return 'square';
  return ratio < 1 ? 'vertical' : 'horizontal';
}

function momentOf(text: string, timeZone: string): number {
  const date = /^(\d{4})-(\d\d)-(\d\d)$/u.exec(text);
  if (!date) return Date.parse(text);
  const [year = 1970, month = 1, day = 1] = date.slice(1).map(Number);
  return instantOf(timeZone, { year, month, day }, 0);
}

function secondsOf(length: string | number): number {
  return typeof length === 'number' ? length : parseDuration(length) / 1000;
}

/**
 * Throws E_RULE where a filter of the right shape can't be used: a pattern that is none, a date, a length.
 * `where` names the place for people.
 */
export function checkFilter(filter: Filter): void {
  let conditions = 0;
  const visit = (part: Filter, depth: number): void => {
    conditions += Object.keys(part).length;
    if (depth > DEEPEST) throw refused(`it nests deeper than ${DEEPEST}`);
    if (conditions > MOST_CONDITIONS) throw refused(`it has more than ${MOST_CONDITIONS} conditions`);
    for (const key of Object.keys(part))
      if (!Object.hasOwn(findings, key))
        throw refused(
          `it names the unknown condition “${key}”`,
          `Known: ${Object.keys(findings).join(', ')}.`,
        );
    if (part.pattern !== undefined) checkPattern(part.pattern);
    for (const length of [part.minDuration, part.maxDuration])
      if (length !== undefined && !(secondsOf(length) >= 0))
        throw refused(`“${length}” is no length`, 'Give a length such as 15s or 2m.');
    for (const moment of [part.publishedAfter, part.publishedBefore])
      if (moment !== undefined && !(/^\d{4}-\d\d-\d\d/u.test(moment) && Date.parse(moment) >= 0))
        throw refused(`“${moment}” is no date`, 'Give a date such as 2026-11-22.');
    for (const texts of [part.caption, part.hashtags, part.language])
      if (listOf(texts).some((text) => text.trim() === '' || text === '#'))
        throw refused('it has an empty text');
    for (const child of [...(part.all ?? []), ...(part.any ?? []), ...(part.not ? [part.not] : [])])
      visit(child, depth + 1);
  };
  visit(filter, 1);
}

function refused(why: string, hint?: string): Failure {
  return new Failure('E_RULE', { message: `The filter can’t be used: ${why}.`, ...(hint ? { hint } : {}) });
}

function listOf<T>(several: Several<T> | undefined): readonly T[] {
  if (several === undefined) return [];
  return Array.isArray(several) ? several : [several as T];
}

function noneOf(texts: readonly string[]): string {
  return texts.length === 1 ? `no ${texts[0]}` : `none of ${texts.join(', ')}`;
}

/** One spelling for texts that people hold to be the same. */
function fold(text: string): string {
  return text.normalize('NFC').toLocaleLowerCase('en');
}
