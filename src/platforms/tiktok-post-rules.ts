import { DAY, MINUTE } from '../core/clock.ts';
import type { Limit } from '../core/limit.ts';
import type { Platform } from '../core/platform.ts';
import { coverOption } from './cover.ts';
import { tiktokService } from './tiktok.ts';

const directPost = 'https://developers.tiktok.com/doc/content-posting-api-reference-direct-post';
const guide = 'https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide';

/** Names of the calls. */
export const calls = {
  creator: 'creator_info',
  init: 'init',
  status: 'status',
  bytes: 'upload bytes',
} as const;

/** Each access token by itself: that is one account of one app. */
function perMinute(bucket: string, title: string, max: number, source: string): Limit {
  return { bucket, title, scope: 'account', max, window: { kind: 'trailing', ms: MINUTE }, source };
}

const limits: readonly Limit[] = [
  ...tiktokService.limits,
  perMinute(calls.init, 'uploads begun in a minute', 6, directPost),
  perMinute(
    calls.creator,
    'looks at what may be posted in a minute',
    20,
    'https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info',
  ),
  perMinute(
    calls.status,
    'looks at a post’s status in a minute',
    30,
    'https://developers.tiktok.com/doc/content-posting-api-reference-get-video-status',
  ),
  {
    bucket: 'posts',
    // Typically; for each creator by itself, and the posts of other programs count too.
    title: 'posts by programs to one account in 24 hours',
    scope: 'account',
    max: 15,
    window: { kind: 'trailing', ms: DAY },
    source: 'https://developers.tiktok.com/doc/content-sharing-guidelines/',
  },
];

/** What TikTok takes as a destination, and how much of it: figures only. */
export const tiktokPostRules = {
  limits,
  costs: {
    ...tiktokService.costs,
    [calls.init]: { [calls.init]: 1, posts: 1 },
    [calls.creator]: { [calls.creator]: 1 },
    [calls.status]: { [calls.status]: 1 },
    // Parts of an upload were paid for when it was begun.
    [calls.bytes]: {},
  },
  publishCall: calls.init,
  media: {
    containers: ['mp4', 'mov', 'webm'],
    videoCodecs: ['h264', 'hevc', 'vp8', 'vp9'],
    audioCodecs: ['aac', 'mp3', 'opus', 'vorbis'],
    // The account's own limit, which may be shorter, is asked for before each post.
    maxDurationMs: 10 * MINUTE,
    maxBytes: 4 * 2 ** 30,
    minFrameRate: 23,
    maxFrameRate: 60,
    minWidth: 360,
    minHeight: 360,
    maxWidth: 4096,
    maxHeight: 4096,
    source: guide,
  },
  options: {
    mode: {
      title: 'Post it, or lay a draft into the TikTok inbox that its person posts by hand',
      type: 'string',
      values: ['post', 'draft'],
      default: 'post',
    },
    privacy: {
      title: 'Who may see it; auto: as many as the account and the developer app may reach',
      type: 'string',
      values: ['auto', 'public', 'followers', 'friends', 'self'],
      default: 'auto',
    },
    coverSeconds: coverOption,
    comments: { title: 'Comments are allowed', type: 'boolean', default: true },
    duets: { title: 'Duets are allowed', type: 'boolean', default: true },
    stitches: { title: 'Stitches are allowed', type: 'boolean', default: true },
    ownBrand: { title: 'Marks it as promoting its creator’s own business', type: 'boolean', default: false },
    paidPartnership: { title: 'Marks it as a paid partnership', type: 'boolean', default: false },
  },
} as const satisfies Partial<Platform>;
