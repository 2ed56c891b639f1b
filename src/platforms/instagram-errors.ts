import { HOUR, SECOND } from '../core/clock.ts';
import type { ErrorRow, GraphReader } from './meta-errors.ts';
import { classifyGraph } from './meta-errors.ts';

const refused = { kind: 'reject', certain: true } as const;

/**
 * What Instagram adds to Graph's errors, by code and subcode.
 * https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/error-codes
 */
const instagramErrors: readonly ErrorRow[] = [
  {
    code: 9007,
    subcode: 2207027,
    error: 'E_NOT_YET',
    kind: 'later',
    reason: 'processing',
    waitMs: 15 * SECOND,
    certain: true,
    what: 'Instagram is still preparing the video.',
  },
  {
    code: 9,
    subcode: 2207042,
    error: 'E_QUOTA',
    reason: 'quota',
    waitMs: HOUR,
    certain: true,
    what: 'The posts that Instagram allows in 24 hours are used up.',
  },
  {
    // Seen on posts that went live all the same: never taken as proof, never simply repeated.
    code: 4,
    subcode: 2207051,
    error: 'E_RATE_LIMIT',
    reason: 'quota',
    waitMs: 4 * HOUR,
    what: 'Instagram takes the action for spam.',
    hint: 'Open the Instagram app and see whether it says something; repost looks again in a few hours.',
  },
  {
    code: 25,
    subcode: 2207050,
    error: 'E_ACCOUNT_BLOCKED',
    kind: 'login',
    certain: true,
    what: 'The Instagram account is restricted or inactive.',
    hint: 'Open the Instagram app and do what it asks, then sign in here again.',
  },
  {
    either: [2207085],
    error: 'E_PLATFORM_DOWN',
    what: 'Instagram reports an inner error.',
    hint: 'If it stays: where the Page belongs to a business portfolio, the person needs a role on the Instagram account itself there.',
  },
  { either: [2207081], error: 'E_REFUSED', ...refused, what: 'This account can’t make trial reels.' },
  {
    code: 1,
    subcode: 2207057,
    error: 'E_REFUSED',
    ...refused,
    what: 'The cover’s moment lies outside the video.',
  },
  { code: 36004, error: 'E_TEXT_REFUSED', ...refused, what: 'The caption is longer than Instagram allows.' },
  {
    code: 100,
    subcode: [2207028, 2207035, 2207036, 2207037],
    error: 'E_REFUSED',
    ...refused,
    what: 'Instagram refused a value.',
  },
  {
    code: 100,
    subcode: 2207040,
    error: 'E_TEXT_REFUSED',
    ...refused,
    what: 'The caption has too many @names.',
  },
  {
    code: 100,
    subcode: 2207023,
    error: 'E_REFUSED',
    ...refused,
    what: 'Instagram doesn’t know this media type.',
  },
  { code: 352, error: 'E_MEDIA_REFUSED', ...refused, what: 'Instagram doesn’t take this video format.' },
  { code: [36000, 36001, 36003], error: 'E_MEDIA_REFUSED', ...refused, what: 'Instagram refused the cover.' },
  {
    code: 9004,
    error: 'E_HOST',
    kind: 'retry',
    what: 'Instagram could not fetch the video from its public address.',
    hint: 'It is tried again. If it stays: repost host check.',
  },
  // A first success uses the container up, and a second try then finds none: no proof of anything.
  { code: 24, error: 'E_UNREADABLE', what: 'Instagram can’t find the upload (any more).' },
  { code: -2, error: 'E_PROCESSING', what: 'Instagram lost the upload.' },
];

/**
 * What the free text of a container's `status` says about a failed video: these will fail again. The rest
 * (2207053, 2207076, 2207077, 2207082, 2207085, …) has been seen to pass with a new container.
 */
export const hopelessProcessing: Readonly<Record<string, string>> = {
  '2207026': 'the format is not supported',
  '2207010': 'the caption is too long',
  '2207057': 'the cover’s moment lies outside the video',
  '2207081': 'this account can’t make trial reels',
};

/** Reads Instagram's error answers; undefined leaves them to the shared rule. */
export const classifyInstagram: GraphReader = (response, _request, clock) =>
  classifyGraph('Instagram', instagramErrors, response, clock);
