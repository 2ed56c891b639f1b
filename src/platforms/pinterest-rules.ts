import { DAY, MINUTE, SECOND } from '../core/clock.ts';
import type { Costs, Limit } from '../core/limit.ts';
import type { MediaRules } from '../core/media.ts';
import type { Platform } from '../core/platform.ts';

/** Names of the calls. */
export const calls = {
  me: 'user_account.get',
  boards: 'boards.list',
  register: 'media.create',
  upload: 'upload',
  media: 'media.get',
  pin: 'pins.create',
  pins: 'pins.list',
} as const;

const rateLimits = 'https://developers.pinterest.com/docs/reference/rate-limits/';

/** For apps with Standard access: those with Trial access can publish nothing that others see. */
const limits: readonly Limit[] = [
  {
    bucket: 'writes',
    title: 'Pins and uploads begun per account and minute',
    scope: 'account',
    max: 100,
    window: { kind: 'trailing', ms: MINUTE },
    source: rateLimits,
  },
  {
    bucket: 'reads',
    title: 'looks at boards, Pins and uploads per account and minute',
    scope: 'account',
    max: 1000,
    window: { kind: 'trailing', ms: MINUTE },
    source: rateLimits,
  },
];

const costs: Costs = {
  [calls.register]: { writes: 1 },
  [calls.pin]: { writes: 1 },
  [calls.me]: { reads: 1 },
  [calls.boards]: { reads: 1 },
  [calls.media]: { reads: 1 },
  [calls.pins]: { reads: 1 },
};

const media: MediaRules = {
  // .m4v is an mp4 by another name.
  containers: ['mp4', 'mov'],
  videoCodecs: ['h264', 'hevc'],
  audioCodecs: ['aac'],
  minDurationMs: 4 * SECOND,
  maxDurationMs: 15 * MINUTE,
  maxBytes: 2_000_000_000,
  minAspect: 1 / 2,
  maxAspect: 1.91,
  source: 'https://help.pinterest.com/en/business/article/pinterest-product-specs',
};

const options: Platform['options'] = {
  board: {
    title: 'Board that the Pins go to, by its name or id; may be left out where there is only one',
    type: 'string',
  },
  link: {
    title: 'Where a Pin leads: to the source video, or nowhere',
    type: 'string',
    values: ['source', 'none'],
    default: 'source',
  },
  altText: { title: 'Description for people who can’t see the video', type: 'string' },
  coverSeconds: {
    title: 'Second of the video that becomes its cover, a whole number',
    type: 'number',
    default: 0,
  },
  mentions: {
    title: '@names, who may be somebody else on Pinterest: made plain, or kept as they are written',
    type: 'string',
    values: ['plain', 'keep'],
    default: 'plain',
  },
  sandbox: {
    title: 'To Pinterest’s own sandbox, for apps with Trial access: nobody but you sees these Pins',
    type: 'boolean',
    default: false,
  },
};

export const pinterestRules = {
  limits,
  costs,
  media,
  options,
  publishCall: calls.pin,
  /** A minute is what others wait; a look-up that comes too early costs a second Pin, a late one nothing. */
  settleMs: 3 * MINUTE,
  giveUpMs: 14 * DAY,
} satisfies Partial<Platform>;
