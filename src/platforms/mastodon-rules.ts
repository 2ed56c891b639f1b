import type { Account } from '../core/account.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Costs, Limit } from '../core/limit.ts';
import type { MediaFile, MediaRules } from '../core/media.ts';
import { checkMedia } from '../core/media-rules.ts';
import type { Platform } from '../core/platform.ts';
import { coverOption } from './cover.ts';
import { factsOf, type ServerFacts } from './mastodon-server.ts';

const rateLimits = 'https://docs.joinmastodon.org/api/rate-limits/';

/** Names of the calls. */
export const calls = {
  upload: 'upload',
  media: 'media',
  post: 'post',
  statuses: 'statuses',
} as const;

/** Of Mastodon itself; its windows are fixed spans (rack-attack). */
const limits: readonly Limit[] = [
  {
    bucket: 'calls',
    title: 'calls per account and 5 minutes',
    scope: 'account',
    max: 300,
    window: { kind: 'fixed', ms: 5 * MINUTE },
    source: rateLimits,
  },
  {
    bucket: 'uploads',
    title: 'media uploads per account and 30 minutes',
    scope: 'account',
    max: 30,
    window: { kind: 'fixed', ms: 30 * MINUTE },
    source: rateLimits,
  },
  {
    bucket: 'posts',
    title: 'posts per account and 3 hours',
    scope: 'account',
    max: 300,
    window: { kind: 'fixed', ms: 3 * HOUR },
    source: 'https://github.com/mastodon/mastodon/blob/main/app/lib/rate_limiter.rb',
  },
];

const costs: Costs = {
  '*': { calls: 1 },
  [calls.upload]: { uploads: 1 },
  [calls.post]: { posts: 1 },
};

/** https://github.com/mastodon/mastodon/blob/main/app/models/media_attachment.rb */
const stock = {
  maxVideoBytes: 103_809_024,
  maxVideoPixels: 8_294_400,
  maxFrameRate: 120,
  /** Conversion stops after so many pictures, without a word. */
  mostFrames: 36_000,
};

/** Mastodon keeps H.264 with AAC as it is and converts the rest. */
const mastodonCodecs = {
  containers: ['mp4', 'mov', 'webm'],
  videoCodecs: ['h264', 'hevc', 'vp8', 'vp9', 'av1'],
  audioCodecs: ['aac', 'mp3', 'opus', 'vorbis'],
} as const satisfies Partial<MediaRules>;

/** Others show the file as it came: then it must be what every browser plays. */
const plainCodecs = {
  containers: ['mp4'],
  videoCodecs: ['h264'],
  audioCodecs: ['aac'],
} as const satisfies Partial<MediaRules>;

const mimeTypeOf = { mp4: 'video/mp4', mov: 'video/quicktime', webm: 'video/webm' } as const;

/** What a server takes. A stock Mastodon where nothing else is known. */
function rulesOf(facts: Partial<ServerFacts>): MediaRules {
  const { genuine = true, mimeTypes } = facts;
  const codecs = genuine ? mastodonCodecs : plainCodecs;
  const side = longestSide(facts.maxVideoPixels ?? stock.maxVideoPixels);
  const containers = codecs.containers.filter((one) => mimeTypes?.includes(mimeTypeOf[one]) ?? true);
  return {
    ...codecs,
    containers: containers.length > 0 ? containers : ['mp4'],
    maxDurationMs: 20 * MINUTE,
    maxBytes: facts.maxVideoBytes ?? stock.maxVideoBytes,
    maxFrameRate: facts.maxFrameRate ?? stock.maxFrameRate,
    maxWidth: side,
    maxHeight: side,
    source: 'https://docs.joinmastodon.org/entities/Instance/',
  };
}

/** The longer side of a 16:9 picture with so many pixels: 8,294,400 are 3840 × 2160. */
function longestSide(pixels: number): number {
  return Math.floor(Math.sqrt((pixels * 16) / 9));
}

export function mediaFor(account: Account): MediaRules {
  return rulesOf(factsOf(account.settings));
}

/**
 * Throws E_MEDIA_UNFIT where the server's own numbers say that it will refuse the file, or cut it: before bytes
 * are spent.
 */
export function checkFile(media: MediaFile, account: Account): void {
  const facts = factsOf(account.settings);
  const { maxBytes, maxFrameRate = stock.maxFrameRate } = mediaFor(account);
  const check = checkMedia(media, {
    containers: [media.container],
    videoCodecs: [media.videoCodec],
    audioCodecs: media.audioCodec === undefined ? [] : [media.audioCodec],
    ...(maxBytes === undefined ? {} : { maxBytes }),
    maxFrameRate,
    source: '',
  });
  const broken = check.ok ? [] : check.problems.map(({ message }) => message);
  const pixels = media.width * media.height;
  const mostPixels = facts.maxVideoPixels ?? stock.maxVideoPixels;
  if (pixels > mostPixels)
    broken.push(`picture: ${media.width} × ${media.height}; allowed: ${mostPixels} pixels in all`);
  const frames = Math.floor((media.durationMs / SECOND) * (media.frameRate ?? 30));
  if (frames > stock.mostFrames)
    broken.push(`length: ${frames} single pictures; more than ${stock.mostFrames} are cut off`);
  if (broken.length === 0) return;
  throw new Failure('E_MEDIA_UNFIT', {
    certain: true,
    message: `The video is more than ${facts.domain || 'the server'} takes (${broken.join('; ')}).`,
  });
}

const options: Platform['options'] = {
  visibility: {
    title: 'Who sees the post; by default what the account’s own preferences say',
    type: 'string',
    values: ['public', 'unlisted', 'private'],
  },
  language: { title: 'Language of the text, as ISO 639 code (en, de, pt-BR)', type: 'string' },
  sensitive: { title: 'Hides the video behind a warning', type: 'boolean', default: false },
  spoilerText: { title: 'Content warning: shown instead of text and video until opened', type: 'string' },
  coverSeconds: coverOption,
  altText: { title: 'Description of the video for those who don’t see it', type: 'string' },
  handles: {
    title: '@handles, who may be somebody else here: made plain, or kept',
    type: 'string',
    values: ['plain', 'keep'],
    default: 'plain',
  },
};

export const mastodonRules = {
  limits,
  costs,
  media: rulesOf({}),
  mediaFor,
  options,
  publishCall: calls.post,
  /** Own posts are listed at once; what is still under way on a slow server is not. */
  settleMs: 2 * MINUTE,
  giveUpMs: 7 * DAY,
} satisfies Partial<Platform>;
