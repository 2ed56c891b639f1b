import { DAY, MINUTE } from '../core/clock.ts';
import type { Platform } from '../core/platform.ts';

const overview = 'https://developers.facebook.com/documentation/threads/overview';
const posts = 'https://developers.facebook.com/documentation/threads/posts';

/** Calls in 24 h: 4800 times the account's impressions, which are counted as at least ten. */
export const callsPerDay = 48_000;

/** What Threads takes, and how much of it: figures only. */
export const threadsRules = {
  limits: [
    {
      bucket: 'posts',
      title: 'Threads posts by API in 24 hours',
      scope: 'account',
      max: 250,
      window: { kind: 'trailing', ms: DAY },
      source: overview,
    },
    {
      bucket: 'calls',
      title: 'Threads API calls in 24 hours',
      scope: 'account',
      max: callsPerDay,
      window: { kind: 'trailing', ms: DAY },
      source: overview,
    },
  ],
  costs: { '*': { calls: 1 }, threads_publish: { posts: 1 } },
  media: {
    containers: ['mp4', 'mov'],
    videoCodecs: ['h264', 'hevc'],
    audioCodecs: ['aac'],
    minDurationMs: 1,
    maxDurationMs: 5 * MINUTE,
    maxBytes: 1_000_000_000,
    minFrameRate: 23,
    maxFrameRate: 60,
    maxWidth: 1920,
    minAspect: 0.01,
    maxAspect: 10,
    maxBitRate: 100_000_000,
    fastStart: true,
    noEditList: true,
    source: posts,
  },
  options: {
    topic: {
      title: 'Topic of the post: `auto` takes the caption’s first hashtag, `none` is none, or your own',
      type: 'string',
      default: 'auto',
    },
    hashtags: {
      title: 'What becomes of hashtags that are not the topic: Threads shows them as plain text',
      type: 'string',
      values: ['plain', 'keep'],
      default: 'plain',
    },
    mentions: {
      title: 'What becomes of @names',
      type: 'string',
      values: ['plain', 'keep'],
      default: 'plain',
    },
    replyControl: {
      title: 'Who may reply',
      type: 'string',
      values: ['everyone', 'accounts_you_follow', 'mentioned_only', 'followers_only'],
      default: 'everyone',
    },
    altText: { title: 'Description of the video for people who can’t see it', type: 'string' },
    spoiler: { title: 'Blur the video until it is tapped', type: 'boolean', default: false },
  },
} as const satisfies Pick<Platform, 'limits' | 'costs' | 'media' | 'options'>;
