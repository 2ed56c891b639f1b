import { HOUR } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { HttpResponse } from '../core/http.ts';
import type { ErrorRow, GraphReader } from './meta-errors.ts';
import { classifyGraph } from './meta-errors.ts';

const refused = { kind: 'reject', certain: true } as const;

/**
 * What Threads adds to Graph's errors, by code and subcode.
 * https://developers.facebook.com/docs/threads/troubleshooting/
 */
export const threadsErrors: readonly ErrorRow[] = [
  {
    code: 1,
    subcode: 2207052,
    error: 'E_HOST',
    kind: 'retry',
    certain: true,
    what: 'Threads could not fetch the video from its public address.',
    hint: 'It is tried again. If it stays: repost host check.',
  },
  {
    // Seen on posts that went live all the same: never taken as proof, never simply repeated.
    code: 4,
    subcode: 2207051,
    error: 'E_RATE_LIMIT',
    reason: 'quota',
    waitMs: 4 * HOUR,
    what: 'Threads takes the action for spam.',
    hint: 'Open the Threads app and see whether it says something; repost looks again in a few hours.',
  },
  {
    says: /We restrict certain activity/iu,
    error: 'E_RATE_LIMIT',
    reason: 'quota',
    waitMs: 4 * HOUR,
    what: 'Threads restricts the account for a while.',
    hint: 'Open the Threads app and see whether it says something; repost looks again in a few hours.',
  },
  {
    code: 9,
    error: 'E_QUOTA',
    reason: 'quota',
    waitMs: HOUR,
    certain: true,
    what: 'The posts that Threads allows in 24 hours are used up.',
  },
  {
    either: [4279013],
    error: 'E_ACCOUNT_BLOCKED',
    kind: 'login',
    certain: true,
    what: 'The Threads account is restricted.',
    hint: 'Open the Threads app and do what it asks, then sign in here again.',
  },
  // Said of containers that are there, and of those that a first success used up: no proof of anything.
  { code: 24, error: 'E_NOT_YET', kind: 'retry', what: 'Threads can’t find the upload (yet, or any more).' },
  {
    code: 100,
    says: /at most 500 characters|can.t be blank|LINK_LIMIT_EXCEEDED|topic_tag/iu,
    error: 'E_TEXT_REFUSED',
    ...refused,
    what: 'Threads refused the text.',
  },
  {
    code: 100,
    says: /FEATURE_NOT_AVAILABLE/iu,
    error: 'E_REFUSED',
    ...refused,
    what: 'This account can’t use one of the rule’s options.',
  },
];

/** How a container says that its video failed. `hopeless`: the same file will fail again. */
export const containerFaults: Readonly<Record<string, { hopeless: boolean; what: string }>> = {
  FAILED_DOWNLOADING_VIDEO: { hopeless: false, what: 'it could not be fetched from its public address' },
  FAILED_PROCESSING_VIDEO: { hopeless: false, what: 'its picture could not be processed' },
  FAILED_PROCESSING_AUDIO: { hopeless: false, what: 'its sound could not be processed' },
  // Frequent, and often the address could not be fetched: https://github.com/gitroomhq/postiz-app/issues/1364
  UNKNOWN: { hopeless: false, what: 'no reason was given; often the public address could not be fetched' },
  // Meta's spelling.
  INVALID_ASPEC_RATIO: { hopeless: true, what: 'its shape is not between 0.01:1 and 10:1' },
  INVALID_ASPECT_RATIO: { hopeless: true, what: 'its shape is not between 0.01:1 and 10:1' },
  INVALID_BIT_RATE: { hopeless: true, what: 'its bit rate is over 100 Mbit/s' },
  INVALID_DURATION: { hopeless: true, what: 'it is longer than 5 minutes' },
  INVALID_FRAME_RATE: { hopeless: true, what: 'its frame rate is not between 23 and 60' },
  INVALID_AUDIO_CHANNELS: { hopeless: true, what: 'its sound has more than two channels' },
  INVALID_AUDIO_CHANNEL_LAYOUT: { hopeless: true, what: 'the layout of its sound’s channels is not taken' },
};

/** Reads Threads’ error answers; undefined leaves them to the shared rule. */
export const classifyThreads: GraphReader = (response, _request, clock) =>
  classifyGraph('Threads', threadsErrors, response, clock) ?? unread(response);

/** An error without Meta's words in it (cut short, a page of somebody in between) proves nothing. */
function unread({ status }: HttpResponse): Failure | undefined {
  if (status !== 400 && status !== 404) return undefined;
  return new Failure('E_BAD_ANSWER', { status, message: `Threads answered ${status} without saying why.` });
}
