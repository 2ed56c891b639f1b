import { Failure } from '../core/failure.ts';
import { type Aspect, checkFilter, type Filter } from '../core/filter.ts';
import type { RuleSpec } from '../core/rule.ts';
import { checkTiming, type Timing } from '../core/timing.ts';
import type { Config } from './config.ts';
import { wholeNumber } from './find.ts';

export interface FilterOptions {
  hashtag?: string[];
  notHashtag?: string[];
  captionContains?: string[];
  notCaption?: string[];
  pattern?: string;
  minDuration?: string;
  maxDuration?: string;
  publishedAfter?: string;
  publishedBefore?: string;
  aspect?: string[];
  language?: string[];
  skipAi?: boolean;
  skipPinned?: boolean;
}

export interface TimingOptions {
  window?: string[];
  slot?: string[];
  gap?: string;
  perDay?: string;
  timezone?: string;
}

const aspects: readonly Aspect[] = ['vertical', 'square', 'horizontal'];

/** The parts of a rule's spec that flags give. Throws E_USAGE and E_RULE. */
export function specFrom(
  options: FilterOptions & TimingOptions,
  config: Config,
): Pick<RuleSpec, 'filter' | 'timing'> {
  const filter = filterFrom(options);
  const timing = timingFrom(options);
  const local = options.publishedAfter !== undefined || options.publishedBefore !== undefined;
  // Local times and dates are kept with their zone, so that they mean the same on every machine.
  const zone = timing || local ? { timeZone: options.timezone ?? zoneOfHome(config) } : undefined;
  const whole = zone || timing ? { ...zone, ...timing } : undefined;
  if (whole) checkTiming(whole);
  return { ...(filter ? { filter } : {}), ...(whole ? { timing: whole } : {}) };
}

/** The zone that times are meant in where nobody names one: the setting, else the machine's. */
export function zoneOfHome(config: Config): string {
  return config.text('timezone') || Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function filterFrom(options: FilterOptions): Filter | undefined {
  const { hashtag, captionContains, pattern, minDuration, maxDuration, publishedAfter, publishedBefore } =
    options;
  const unwanted: Filter[] = [
    ...(options.notHashtag ? [{ hashtags: options.notHashtag }] : []),
    ...(options.notCaption ? [{ caption: options.notCaption }] : []),
  ];
  const [only, second] = unwanted;
  const filter: Filter = {
    ...(hashtag ? { hashtags: hashtag } : {}),
    ...(captionContains ? { caption: captionContains } : {}),
    ...(pattern === undefined ? {} : { pattern }),
    ...(minDuration === undefined ? {} : { minDuration }),
    ...(maxDuration === undefined ? {} : { maxDuration }),
    ...(publishedAfter === undefined ? {} : { publishedAfter }),
    ...(publishedBefore === undefined ? {} : { publishedBefore }),
    ...(options.aspect ? { aspect: options.aspect.map(aspectOf) } : {}),
    ...(options.language ? { language: options.language } : {}),
    ...(options.skipAi ? { aiGenerated: false } : {}),
    ...(options.skipPinned ? { pinned: false } : {}),
    ...(only ? { not: second ? { any: unwanted } : only } : {}),
  };
  if (Object.keys(filter).length === 0) return undefined;
  checkFilter(filter);
  return filter;
}

function timingFrom(options: TimingOptions): Timing | undefined {
  const { window, slot, gap, perDay, timezone } = options;
  const timing: Timing = {
    ...(timezone === undefined ? {} : { timeZone: timezone }),
    ...(window ? { windows: window } : {}),
    ...(slot ? { slots: slot } : {}),
    ...(gap === undefined ? {} : { gap }),
    ...(perDay === undefined ? {} : { perDay: wholeNumber(perDay, '--per-day') }),
  };
  return Object.keys(timing).length === 0 ? undefined : timing;
}

function aspectOf(text: string): Aspect {
  const found = aspects.find((aspect) => aspect === text);
  if (found) return found;
  throw new Failure('E_USAGE', {
    message: `--aspect can’t be “${text}”.`,
    hint: `It is one of: ${aspects.join(', ')}.`,
  });
}
