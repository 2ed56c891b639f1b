import { DAY, HOUR, MINUTE } from '../core/clock.ts';
import type { Platform } from '../core/platform.ts';

/** Makes uploads ready to be played: https://docs.bsky.app/docs/tutorials/video */
export const videoService = 'https://video.bsky.app';

const rateLimits = 'https://docs.bsky.app/docs/advanced-guides/rate-limits';

/** What Bluesky takes, and how much of it: figures only. */
export const blueskyRules = {
  limits: [
    {
      bucket: 'points',
      title: 'Bluesky write points an hour',
      scope: 'account',
      max: 5000,
      window: { kind: 'trailing', ms: HOUR },
      source: rateLimits,
    },
    {
      bucket: 'points-daily',
      title: 'Bluesky write points a day',
      scope: 'account',
      max: 35_000,
      window: { kind: 'trailing', ms: DAY },
      source: rateLimits,
    },
    {
      bucket: 'videos',
      title: 'Bluesky videos a day',
      scope: 'account',
      // The figure of the first day (2024-09-11), until the video service has told the account's own.
      max: 25,
      window: { kind: 'trailing', ms: DAY },
      source: 'https://bsky.social/about/blog/09-11-2024-video',
    },
    {
      bucket: 'blobs',
      title: 'files sent to the Bluesky server a day',
      scope: 'account',
      max: 1000,
      window: { kind: 'trailing', ms: DAY },
      source:
        'https://github.com/bluesky-social/atproto/blob/main/packages/pds/src/api/com/atproto/repo/uploadBlob.ts',
    },
    {
      bucket: 'requests',
      title: 'requests to Bluesky in 5 minutes',
      scope: 'app',
      max: 3000,
      window: { kind: 'trailing', ms: 5 * MINUTE },
      source: rateLimits,
    },
  ],
  costs: {
    '*': { requests: 1 },
    // A record that is created costs 3 points, one that is put 2: the dearer one is counted.
    putRecord: { points: 3, 'points-daily': 3 },
    uploadBlob: { blobs: 1 },
    uploadVideo: { videos: 1, requests: 0 },
    // The video service and the directories count for themselves.
    video: { requests: 0 },
    directory: { requests: 0 },
    getPosts: { requests: 0 },
  },
  publishCall: 'putRecord',
  media: {
    // Other containers are taken by the video service, but not by the servers where it is passed by.
    containers: ['mp4'],
    videoCodecs: ['h264'],
    audioCodecs: ['aac'],
    // Both since the summer of 2026: https://github.com/bluesky-social/social-app/pull/11528 and /pull/10497
    maxDurationMs: 10 * MINUTE,
    maxBytes: 300_000_000,
    source: 'https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/embed/video.json',
  },
  options: {
    alt: {
      title:
        'Description for people who can’t see the video: `caption` for the whole caption, `none`, or words of your own',
      type: 'string',
      default: 'caption',
    },
    langs: { title: 'Languages of the text, such as `en` or `en,de` (three at most)', type: 'string' },
    labels: {
      title: 'What people may want to be warned of: sexual, nudity, porn, graphic-media',
      type: 'string',
    },
    hashtags: {
      title: 'Hashtags: clickable, or plain text',
      type: 'string',
      values: ['link', 'plain'],
      default: 'link',
    },
    mentions: {
      title: 'What becomes of @names, who are somebody else on Bluesky',
      type: 'string',
      values: ['plain', 'keep'],
      default: 'plain',
    },
    route: {
      title:
        'Way of the file: by the video service, or `direct` to the account’s server (playable only some time after posting)',
      type: 'string',
      values: ['auto', 'direct'],
      default: 'auto',
    },
  },
} as const satisfies Partial<Platform>;
