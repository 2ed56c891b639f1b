import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/clock.ts';
import type { Limit } from '../../../src/core/limit.ts';
import type { PlatformId } from '../../../src/core/names.ts';

/** What of the real platforms matters to the engine, as small as it can be made. */
export interface Flavour {
  id: PlatformId;
  name: string;
  /**
   * What is done after a lost answer: ask by the handle (it tells for certain, if late); the same again, which
   * changes nothing; a list that sometimes can't tell; nothing at all but a person.
   */
  doubt: 'find' | 'repeat' | 'list' | 'ask';
  /** The one request that publishes carries the film: nothing is made and uploaded before. */
  direct?: true;
  /** A post shows up in look-ups at most this long after its sending. */
  settleMs: number;
  /** How long an upload is processed, at most. */
  processingMs: number;
  /** A handle is good for this long. */
  handleTtlMs: number;
  accessTtlMs: number;
  limits: readonly Limit[];
  costs: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Every answer tells what is left of this bucket. */
  tells?: string;
}

const source = 'the simulation';

const usual: readonly Flavour[] = [
  {
    id: 'youtube',
    name: 'Day Tube',
    doubt: 'find',
    settleMs: 5 * MINUTE,
    processingMs: 0,
    handleTtlMs: 30 * DAY,
    accessTtlMs: HOUR,
    limits: [
      {
        bucket: 'uploads',
        title: 'uploads of the project a day',
        scope: 'app',
        max: 90,
        window: { kind: 'day', timeZone: 'America/Los_Angeles' },
        source,
      },
      {
        bucket: 'units',
        title: 'units of the project a day',
        scope: 'app',
        max: 9000,
        window: { kind: 'day', timeZone: 'America/Los_Angeles' },
        source,
      },
    ],
    costs: { '*': { units: 1 }, publish: { uploads: 1, units: 9 } },
  },
  {
    id: 'instagram',
    name: 'Slow Gram',
    doubt: 'find',
    settleMs: 6 * MINUTE,
    processingMs: 45 * SECOND,
    handleTtlMs: DAY,
    accessTtlMs: 60 * DAY,
    limits: [
      {
        bucket: 'posts',
        title: 'posts of an account within 24 hours',
        scope: 'account',
        max: 50,
        window: { kind: 'trailing', ms: DAY },
        source,
      },
      {
        bucket: 'calls',
        title: 'calls of an account within an hour',
        scope: 'account',
        max: 150,
        window: { kind: 'trailing', ms: HOUR },
        source,
      },
    ],
    costs: { '*': { calls: 1 }, publish: { posts: 1 } },
  },
  {
    id: 'x',
    name: 'Fifteen',
    doubt: 'list',
    settleMs: 2 * MINUTE,
    processingMs: 0,
    handleTtlMs: DAY,
    accessTtlMs: 2 * HOUR,
    limits: [
      {
        bucket: 'calls',
        title: 'calls of an account in 15 minutes',
        scope: 'account',
        max: 40,
        window: { kind: 'fixed', ms: 15 * MINUTE },
        source,
      },
    ],
    costs: { '*': { calls: 1 } },
    tells: 'calls',
  },
  {
    id: 'bluesky',
    name: 'Same Again',
    doubt: 'repeat',
    direct: true,
    settleMs: 0,
    processingMs: 0,
    handleTtlMs: 30 * DAY,
    accessTtlMs: 2 * HOUR,
    limits: [
      {
        bucket: 'points',
        title: 'points of an account within an hour',
        scope: 'account',
        max: 80,
        window: { kind: 'trailing', ms: HOUR },
        source,
      },
    ],
    costs: { '*': { points: 1 }, publish: { points: 3 } },
  },
  {
    id: 'facebook',
    name: 'Short Handle',
    doubt: 'find',
    settleMs: 4 * MINUTE,
    processingMs: 20 * SECOND,
    handleTtlMs: 20 * MINUTE,
    accessTtlMs: 60 * DAY,
    limits: [
      {
        bucket: 'reels',
        title: 'reels of a user within 24 hours',
        scope: 'user',
        max: 60,
        window: { kind: 'trailing', ms: DAY },
        source,
      },
    ],
    costs: { publish: { reels: 1 } },
  },
  {
    id: 'threads',
    name: 'No Word',
    doubt: 'ask',
    direct: true,
    settleMs: MINUTE,
    processingMs: 0,
    handleTtlMs: DAY,
    accessTtlMs: 60 * DAY,
    limits: [
      {
        bucket: 'posts',
        title: 'posts of an account a month',
        scope: 'account',
        max: 400,
        window: { kind: 'month', timeZone: 'UTC' },
        source,
      },
    ],
    costs: { publish: { posts: 1 } },
  },
  {
    id: 'mastodon',
    name: 'Own Key',
    doubt: 'repeat',
    direct: true,
    settleMs: 0,
    processingMs: 0,
    handleTtlMs: DAY,
    accessTtlMs: 30 * DAY,
    limits: [
      {
        bucket: 'calls',
        title: 'calls of an account in five minutes',
        scope: 'account',
        max: 12,
        window: { kind: 'fixed', ms: 5 * MINUTE },
        source,
      },
    ],
    costs: { '*': { calls: 1 } },
    tells: 'calls',
  },
  {
    id: 'telegram',
    name: 'Slow Chat',
    doubt: 'ask',
    direct: true,
    settleMs: MINUTE,
    processingMs: 0,
    handleTtlMs: DAY,
    accessTtlMs: 400 * DAY,
    limits: [
      {
        bucket: 'messages',
        title: 'messages of a chat in a minute',
        scope: 'account',
        max: 3,
        window: { kind: 'trailing', ms: MINUTE },
        source,
      },
    ],
    costs: { publish: { messages: 1 } },
  },
];

/**
 * The platforms of a world. Where it begins beside a change of the clocks, the daily limit is so low that days pass
 * before all is out.
 */
export function flavoursOf(seed: number): readonly Flavour[] {
  if (seed % 3 === 2) return usual;
  return usual.map((flavour) => ({
    ...flavour,
    limits: flavour.limits.map((limit) =>
      limit.window.kind === 'day' ? { ...limit, max: Math.ceil(limit.max / 3) } : limit,
    ),
  }));
}

/** The source's platform: it is only asked. */
export const sourceFlavour: Flavour = {
  id: 'tiktok',
  name: 'Short Clips',
  doubt: 'ask',
  settleMs: 0,
  processingMs: 0,
  handleTtlMs: DAY,
  accessTtlMs: DAY,
  limits: [
    {
      bucket: 'calls',
      title: 'calls of the app in a minute',
      scope: 'app',
      max: 600,
      window: { kind: 'trailing', ms: MINUTE },
      source,
    },
  ],
  costs: { '*': { calls: 1 } },
};
