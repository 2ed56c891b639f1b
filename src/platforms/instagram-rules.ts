import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import type { Platform } from '../core/platform.ts';
import { callsPerHour } from './meta-usage.ts';

const reference =
  'https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference';

/** What Instagram takes, and how much of it: figures only. */
export const instagramRules = {
  limits: [
    {
      bucket: 'posts',
      title: 'Instagram posts by API in 24 hours',
      scope: 'account',
      // The pages of the documentation say 50, 100 and 25: this is only until `readLimits` has answered.
      max: 50,
      window: { kind: 'trailing', ms: DAY },
      source: `${reference}/ig-user/content_publishing_limit`,
    },
    {
      bucket: 'containers',
      title: 'Instagram uploads in 24 hours',
      scope: 'account',
      max: 400,
      window: { kind: 'trailing', ms: DAY },
      source: `${reference}/ig-user/media`,
    },
    {
      bucket: 'calls',
      title: 'Graph API calls an hour',
      scope: 'account',
      max: callsPerHour,
      window: { kind: 'trailing', ms: HOUR },
      source: 'https://developers.facebook.com/docs/graph-api/overview/rate-limiting/',
    },
  ],
  costs: {
    '*': { calls: 1 },
    media: { containers: 1 },
    media_publish: { posts: 1 },
    // Bytes go to a server of their own that counts no calls.
    rupload: { calls: 0 },
  },
  media: {
    containers: ['mp4', 'mov'],
    videoCodecs: ['h264', 'hevc'],
    audioCodecs: ['aac'],
    minDurationMs: 3 * SECOND,
    maxDurationMs: 15 * MINUTE,
    maxBytes: 300_000_000,
    minFrameRate: 23,
    maxFrameRate: 60,
    maxWidth: 1920,
    minAspect: 0.01,
    maxAspect: 10,
    maxBitRate: 25_000_000,
    fastStart: true,
    noEditList: true,
    source: `${reference}/ig-user/media`,
  },
  options: {
    shareToFeed: {
      title: 'Show the reel in the feed too, not only in the Reels tab',
      type: 'boolean',
      default: true,
    },
    thumbOffsetMs: {
      title: 'Moment of the video that becomes its cover, in milliseconds',
      type: 'number',
      default: 0,
    },
    trial: {
      title:
        'Show it first only to people who don’t follow the account; then `manual` or by its `performance`',
      type: 'string',
      values: ['off', 'manual', 'performance'],
      default: 'off',
    },
    hashtags: { title: 'Most hashtags to keep (Instagram shows 5, takes 30)', type: 'number', default: 5 },
    mentions: {
      title: 'What becomes of @names',
      type: 'string',
      values: ['plain', 'keep'],
      default: 'plain',
    },
  },
} as const satisfies Pick<Platform, 'limits' | 'costs' | 'media' | 'options'>;
