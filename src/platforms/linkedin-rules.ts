import { DAY, MINUTE, SECOND } from '../core/clock.ts';
import type { Costs, Limit } from '../core/limit.ts';
import type { MediaRules } from '../core/media.ts';
import type { Platform } from '../core/platform.ts';
import { coverOption } from './cover.ts';

/** Names of the calls. */
export const calls = {
  me: 'me',
  organizations: 'organizations',
  initialize: 'videos.initialize',
  part: 'upload part',
  cover: 'upload cover',
  finalize: 'videos.finalize',
  video: 'videos.get',
  post: 'posts.create',
  posts: 'posts.list',
} as const;

/**
 * LinkedIn publishes no figures: they show only in the developer portal, once an app has made a call that day.
 * These are what its self-serve product once stated and what a vendor still sees. Days end at midnight UTC:
 * https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits
 */
const limits: readonly Limit[] = [
  {
    bucket: 'posts',
    title: 'posts per account and day',
    scope: 'account',
    max: 150,
    window: { kind: 'day', timeZone: 'UTC' },
    source: 'https://www.ayrshare.com/docs/apis/post/social-networks/linkedin',
  },
  {
    bucket: 'posts-app',
    title: 'posts per app and day',
    scope: 'app',
    max: 100_000,
    window: { kind: 'day', timeZone: 'UTC' },
    source: 'https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/share-on-linkedin',
  },
];

const costs: Costs = { [calls.post]: { posts: 1, 'posts-app': 1 } };

/** Files below 75 KB are refused as well; no video of three seconds that is worth watching is that small. */
const media: MediaRules = {
  containers: ['mp4'],
  videoCodecs: ['h264'],
  audioCodecs: ['aac'],
  minDurationMs: 3 * SECOND,
  maxDurationMs: 30 * MINUTE,
  maxBytes: 500_000_000,
  // Not on LinkedIn's own page: https://help.swat.io/en/articles/11979602-linkedin-videos-format-requirements
  minAspect: 1 / 2.4,
  maxAspect: 2.4,
  source:
    'https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/videos-api?view=li-lms-2026-05',
};

const options: Platform['options'] = {
  visibility: {
    title: 'Who sees it: everybody, or the member’s connections only (pages are always public)',
    type: 'string',
    values: ['public', 'connections'],
    default: 'public',
  },
  coverSeconds: coverOption,
  reshare: { title: 'Others may repost it', type: 'boolean', default: true },
  mentions: {
    title: '@names, who may be somebody else on LinkedIn: made plain, or kept as they are written',
    type: 'string',
    values: ['plain', 'keep'],
    default: 'plain',
  },
};

export const linkedinRules = {
  limits,
  costs,
  media,
  options,
  publishCall: calls.post,
  /** No figure is documented; a look-up that comes too early costs a second post, a late one costs nothing. */
  settleMs: 5 * MINUTE,
  /** A sign-in lasts sixty days and only its person can renew it. */
  giveUpMs: 14 * DAY,
} satisfies Partial<Platform>;
