import { DAY, MINUTE, SECOND } from '../core/clock.ts';
import type { Costs, Limit, LimitScope } from '../core/limit.ts';
import type { MediaRules } from '../core/media.ts';
import type { Platform } from '../core/platform.ts';

const rateLimits = 'https://docs.x.com/x-api/fundamentals/rate-limits';
const pricing = 'https://docs.x.com/x-api/getting-started/pricing';

/** Prices of 2026-04-20 in millicents (1/100,000 USD). Answers with an error are not billed. */
export const xPrices = {
  createPost: 1_500,
  createPostWithLink: 20_000,
  deletePost: 1_000,
  /** Reading one post, and one user. */
  readPost: 500,
  readUser: 1_000,
  /** Reading what is one's own, where the posting account also owns the developer app. */
  readOwn: 100,
  source: pricing,
} as const;

const MONEY = 'money';

const windows = { quarter: { ms: 15 * MINUTE, words: '15 minutes' }, day: { ms: DAY, words: 'day' } };

function limit(
  bucket: string,
  what: string,
  max: number,
  per: keyof typeof windows,
  scope: LimitScope,
): Limit {
  const whose = scope === 'app' ? 'app' : 'account';
  const title = `${what} per ${whose} and ${windows[per].words}`;
  return { bucket, title, scope, max, window: { kind: 'trailing', ms: windows[per].ms }, source: rateLimits };
}

const limits: readonly Limit[] = [
  limit('posts', 'posts', 100, 'quarter', 'account'),
  limit('posts-daily', 'posts', 10_000, 'day', 'app'),
  limit('initialize', 'uploads begun', 1_875, 'quarter', 'account'),
  limit('initialize-daily', 'uploads begun', 180_000, 'day', 'app'),
  limit('append', 'upload segments', 1_875, 'quarter', 'account'),
  limit('append-daily', 'upload segments', 180_000, 'day', 'app'),
  limit('finalize', 'uploads ended', 1_875, 'quarter', 'account'),
  limit('finalize-daily', 'uploads ended', 180_000, 'day', 'app'),
  limit('status', 'looks at an upload', 1_000, 'quarter', 'account'),
  limit('status-daily', 'looks at an upload', 100_000, 'day', 'app'),
  limit('timeline', 'looks at the timeline', 900, 'quarter', 'account'),
  limit('timeline-app', 'looks at timelines', 10_000, 'quarter', 'app'),
  limit('me', 'looks at the own profile', 75, 'quarter', 'account'),
  {
    bucket: MONEY,
    title: 'spending per account and month',
    scope: 'account',
    max: Number.MAX_SAFE_INTEGER,
    window: { kind: 'month', timeZone: 'UTC' },
    unit: 'millicents',
    onlyWhenSet: true,
    source: pricing,
  },
];

/** Names of the calls. A post with a link is a call of its own because it has a price of its own. */
export const calls = {
  post: 'post',
  postWithLink: 'post with link',
  initialize: 'initialize',
  append: 'append',
  finalize: 'finalize',
  status: 'status',
  timeline: 'timeline',
  me: 'me',
} as const;

const costs: Costs = {
  [calls.post]: { posts: 1, 'posts-daily': 1, [MONEY]: xPrices.createPost },
  [calls.postWithLink]: { posts: 1, 'posts-daily': 1, [MONEY]: xPrices.createPostWithLink },
  [calls.initialize]: { initialize: 1, 'initialize-daily': 1 },
  [calls.append]: { append: 1, 'append-daily': 1 },
  [calls.finalize]: { finalize: 1, 'finalize-daily': 1 },
  [calls.status]: { status: 1, 'status-daily': 1 },
  // Each post in the answer is billed; how many there will be isn't known before. Look-ups see one as a rule.
  [calls.timeline]: { timeline: 1, 'timeline-app': 1, [MONEY]: xPrices.readPost },
  [calls.me]: { me: 1, [MONEY]: xPrices.readUser },
};

/**
 * For every account, since 2026-09-01. Subscribers may send 125 minutes and 16 GB. Until that day it was 140 s
 * and 512 MB; an account that is still held to it says so with the option `maxSeconds`.
 */
const media: MediaRules = {
  containers: ['mp4', 'mov'],
  videoCodecs: ['h264'],
  audioCodecs: ['aac'],
  minDurationMs: 500,
  maxDurationMs: 20 * MINUTE,
  maxBytes: 8_000_000_000,
  maxFrameRate: 60,
  // The table says 1280x1024; upright 1080x1920 is taken and scaled.
  maxWidth: 1920,
  maxHeight: 1920,
  minAspect: 1 / 3,
  maxAspect: 3,
  maxBitRate: 25_000_000,
  source: 'https://docs.x.com/x-api/media/quickstart/best-practices',
};

const options: Platform['options'] = {
  links: {
    title:
      'Links and bare domains: made unclickable, removed, or kept and paid (0.200 USD a post, not 0.015)',
    type: 'string',
    values: ['defuse', 'strip', 'keep'],
    default: 'defuse',
  },
  handles: {
    title: '@handles, who may be somebody else on X: made plain, or kept',
    type: 'string',
    values: ['plain', 'keep'],
    default: 'plain',
  },
  long: { title: 'Up to 25,000 characters where the account has Premium', type: 'boolean', default: false },
  maxSeconds: { title: 'Longest video that is sent, in seconds (140 was the rule for long)', type: 'number' },
  replies: {
    title: 'Who may reply',
    type: 'string',
    values: ['everyone', 'following', 'mentionedUsers', 'subscribers', 'verified'],
    default: 'everyone',
  },
  paidPartnership: { title: 'Marks the post as a paid partnership', type: 'boolean', default: false },
};

export const xRules = {
  limits,
  costs,
  media,
  options,
  publishCall: calls.post,
  /**
   * New posts are listed within seconds; a look-up that comes too early costs a second post, one that comes
   * late costs nothing.
   */
  settleMs: 120 * SECOND,
  /** Waiting for credits or for the next billing cycle can take a month. */
  giveUpMs: 33 * DAY,
} satisfies Partial<Platform>;
