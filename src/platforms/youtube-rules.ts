import { DAY, HOUR } from '../core/clock.ts';
import type { Platform } from '../core/platform.ts';
import { coverOption } from './cover.ts';

/** Google's daily quotas start afresh at midnight here: https://developers.google.com/youtube/v3/getting-started#quota */
export const QUOTA_ZONE = 'America/Los_Angeles';

const quotaCosts = 'https://developers.google.com/youtube/v3/determine_quota_cost';

/** What YouTube takes, and how much of it: figures only. */
export const youtubeRules = {
  limits: [
    {
      bucket: 'uploads',
      title: 'video uploads per Google project and day',
      scope: 'app',
      // A bucket of its own since June 2026; some projects were given less, which the answers then tell.
      max: 100,
      window: { kind: 'day', timeZone: QUOTA_ZONE },
      source: quotaCosts,
    },
    {
      bucket: 'units',
      title: 'API units per Google project and day',
      scope: 'app',
      max: 10_000,
      window: { kind: 'day', timeZone: QUOTA_ZONE },
      source: quotaCosts,
    },
    {
      bucket: 'channel',
      title: 'uploads to one channel in 24 hours',
      scope: 'account',
      // YouTube does not tell its own limit, which is far lower for new channels: this is a cautious default.
      max: 10,
      window: { kind: 'trailing', ms: DAY },
      source: 'https://github.com/porjo/youtubeuploader/issues/212',
    },
  ],
  costs: {
    'videos.insert': { uploads: 1, channel: 1 },
    'videos.list': { units: 1 },
    'channels.list': { units: 1 },
    'playlistItems.list': { units: 1 },
    'thumbnails.set': { units: 50 },
    // Parts of an upload and questions about it were paid for when it was opened.
    'upload bytes': {},
  },
  media: {
    containers: ['mp4', 'mov', 'webm'],
    videoCodecs: ['h264', 'hevc', 'vp8', 'vp9', 'av1', 'mpeg4', 'prores', 'dnxhd', 'cfhd'],
    audioCodecs: ['aac', 'mp3', 'opus', 'vorbis', 'flac', 'pcm_s16le'],
    maxDurationMs: 12 * HOUR,
    maxBytes: 256 * 2 ** 30,
    source: 'https://support.google.com/youtube/answer/71673',
  },
  options: {
    privacy: {
      title: 'Who may see the video',
      type: 'string',
      values: ['public', 'unlisted', 'private'],
      default: 'public',
    },
    notifySubscribers: { title: 'Tell the channel’s subscribers', type: 'boolean', default: false },
    madeForKids: { title: 'The video is made for children', type: 'boolean', default: false },
    // 22 is “People & Blogs”: https://developers.google.com/youtube/v3/docs/videoCategories/list
    categoryId: { title: 'Number of the video’s category', type: 'string', default: '22' },
    license: {
      title: 'Licence of the video',
      type: 'string',
      values: ['youtube', 'creativeCommon'],
      default: 'youtube',
    },
    coverSeconds: coverOption,
    embeddable: { title: 'Others may embed the video', type: 'boolean', default: true },
  },
} as const satisfies Pick<Platform, 'limits' | 'costs' | 'media' | 'options'>;
