import { DAY, HOUR, SECOND } from '../core/clock.ts';
import type { Platform } from '../core/platform.ts';
import { coverOption } from './cover.ts';
import { callsPerHour } from './meta-usage.ts';

const reels = 'https://developers.facebook.com/documentation/video-api/guides/reels-publishing';

/** What Facebook takes, and how much of it: figures only. */
export const facebookRules = {
  limits: [
    {
      bucket: 'reels',
      title: 'reels by API per Page in 24 hours',
      scope: 'account',
      max: 30,
      window: { kind: 'trailing', ms: DAY },
      source: reels,
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
    'video_reels.finish': { reels: 1 },
    // Bytes go to a server of their own that counts no calls.
    rupload: { calls: 0 },
  },
  media: {
    containers: ['mp4', 'mov'],
    videoCodecs: ['h264', 'hevc', 'vp9', 'av1'],
    audioCodecs: ['aac'],
    minDurationMs: 3 * SECOND,
    maxDurationMs: 90 * SECOND,
    // No figure for reels; 1 GB is what clients keep to.
    maxBytes: 1_000_000_000,
    minFrameRate: 24,
    maxFrameRate: 60,
    minWidth: 540,
    minHeight: 960,
    minAspect: 9 / 16,
    maxAspect: 16 / 9,
    source: reels,
  },
  options: {
    coverSeconds: coverOption,
    hashtags: { title: 'Most hashtags to keep', type: 'number', default: 30 },
    mentions: {
      title: 'What becomes of @names',
      type: 'string',
      values: ['plain', 'keep'],
      default: 'plain',
    },
  },
} as const satisfies Pick<Platform, 'limits' | 'costs' | 'media' | 'options'>;
