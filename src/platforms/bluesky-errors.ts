import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureDetails } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import { saidBy } from '../net/classify.ts';
import { appView, plcDirectory } from './bluesky-identity.ts';
import { videoService } from './bluesky-rules.ts';
import { freeAt } from './bluesky-windows.ts';

type Row = Readonly<
  Pick<FailureDetails, 'kind' | 'reason' | 'hint' | 'command' | 'step'> & {
    error: ErrorCode;
    waitMs?: number;
    /** What happened, in words; the server's own follow. */
    what: string;
  }
>;

const login = { error: 'E_LOGIN_NEEDED', kind: 'login', command: 'repost login bluesky' } as const;
const blocked = { error: 'E_ACCOUNT_BLOCKED', kind: 'login', command: 'repost login bluesky' } as const;

/**
 * The names in error answers. The status tells little: an expired token comes with 400.
 * https://docs.bsky.app/docs/api and the lexicons in https://github.com/bluesky-social/atproto
 */
export const blueskyErrors: Readonly<Record<string, Row>> = {
  ExpiredToken: { ...login, what: 'The sign-in has expired.' },
  InvalidToken: { ...login, what: 'Bluesky no longer takes the sign-in.' },
  invalid_token: { ...login, what: 'Bluesky no longer takes the sign-in.' },
  invalid_grant: { ...login, what: 'Bluesky no longer takes the sign-in.' },
  AuthMissing: { ...login, what: 'Bluesky asks for a sign-in.' },
  AuthenticationRequired: { ...login, what: 'Bluesky asks for a sign-in.' },
  ScopeMissingError: { ...login, error: 'E_SCOPES', what: 'The sign-in lacks a right.' },
  AccountTakedown: { ...blocked, what: 'Bluesky has taken the account down.' },
  RepoTakendown: { ...blocked, what: 'Bluesky has taken the account down.' },
  AccountDeactivated: {
    ...blocked,
    what: 'The account is deactivated.',
    hint: 'Reactivate it in the Bluesky app, then sign in here again.',
  },
  RepoDeactivated: {
    ...blocked,
    what: 'The account is deactivated.',
    hint: 'Reactivate it in the Bluesky app, then sign in here again.',
  },
  AccountNotFound: { ...blocked, what: 'The server no longer has the account.' },
  RepoNotFound: { ...blocked, what: 'The server no longer has the account.' },
  use_dpop_nonce: {
    error: 'E_PLATFORM_DOWN',
    kind: 'retry',
    what: 'Bluesky keeps asking for another proof.',
  },
  invalid_dpop_proof: {
    error: 'E_PLATFORM_DOWN',
    kind: 'retry',
    what: 'Bluesky refused the proof that goes with each request.',
    hint: 'See that this machine’s clock is right: more than three minutes are too many.',
  },
  RateLimitExceeded: {
    error: 'E_RATE_LIMIT',
    kind: 'later',
    reason: 'quota',
    what: 'Bluesky asks to slow down.',
  },
  InvalidSwap: { error: 'E_DUPLICATE', kind: 'reject', what: 'There is a post under this key already.' },
  BlobNotFound: { error: 'E_HANDLE_EXPIRED', kind: 'retry', what: 'Bluesky no longer has the upload.' },
  PayloadTooLarge: {
    error: 'E_MEDIA_REFUSED',
    kind: 'reject',
    what: 'The file is too big for the account’s server.',
  },
  BlobTooLarge: {
    error: 'E_MEDIA_REFUSED',
    kind: 'reject',
    what: 'The file is too big for the account’s server.',
  },
  BadExpiration: {
    error: 'E_PLATFORM_DOWN',
    kind: 'retry',
    what: 'Bluesky took a time of ours for wrong.',
    hint: 'See that this machine’s clock is right.',
  },
};

/** Words of the video service, as its official client knows them: social-app, src/lib/media/video/errors.ts */
const videoErrors: readonly (readonly [RegExp, Row])[] = [
  [
    /unconfirmed_email|confirm your email/iu,
    {
      ...blocked,
      what: 'The account’s e-mail address is not confirmed.',
      hint: 'Confirm it in the Bluesky app, then sign in here again.',
    },
  ],
  [
    /not old enough/iu,
    {
      ...blocked,
      what: 'The account is too new for videos.',
      hint: 'Wait some days, then sign in here again.',
    },
  ],
  [/not allowed to upload/iu, { ...blocked, what: 'The account may not upload videos.' }],
  [
    /exceeded daily upload|DailyLimitExceeded|TooManyOpenUploads/iu,
    {
      error: 'E_QUOTA',
      kind: 'later',
      reason: 'quota',
      waitMs: HOUR,
      what: 'The videos that Bluesky takes in a day are used up.',
    },
  ],
  [
    /disabled at the moment|failed to get user's upload stats|ServiceOverloaded/iu,
    {
      error: 'E_PLATFORM_DOWN',
      kind: 'later',
      reason: 'backoff',
      waitMs: 15 * MINUTE,
      what: 'Bluesky takes no videos right now.',
    },
  ],
  [
    /larger than the maximum|VideoTooLarge|VideoTooLong|BadAspectRatio|UnsupportedContentType|validation_failure/iu,
    { error: 'E_MEDIA_REFUSED', kind: 'reject', what: 'Bluesky refused the video.' },
  ],
];

/** Reads Bluesky's error answers; undefined leaves them to the shared rule. */
export function classifyAnswer(
  response: HttpResponse,
  request: HttpRequest,
  clock: Clock,
): Failure | undefined {
  const body = bodyOf(response);
  const name = typeof body['error'] === 'string' ? body['error'] : '';
  const said = saidBy(response);
  if (request.url.startsWith(videoService)) return videoAnswer(body, response, clock);
  if (request.url.startsWith(plcDirectory) || request.url.startsWith(appView))
    return directoryAnswer(response, said, clock);
  if (name === 'InvalidToken' && /bad token scope/iu.test(said))
    return failureOf(
      { ...login, error: 'E_SCOPES', what: 'The sign-in lacks a right.' },
      { name, said, response, clock },
    );
  const gone = /could not find repo/iu.test(said) ? 'RepoNotFound' : name;
  const row = Object.hasOwn(blueskyErrors, gone) ? blueskyErrors[gone] : undefined;
  if (row) return failureOf(row, { name: gone, said, response, clock });
  if (response.status === 413)
    return failureOf(blueskyErrors['PayloadTooLarge']!, { name, said, response, clock });
  if (name === 'InvalidRequest' && response.status === 400)
    return failureOf(invalid(said), { name, said, response, clock });
  return response.status === 429 ? slowDown(response, clock, said) : undefined;
}

/** Lexicon messages carry the place: `grapheme too big (maximum 300, got 301) at $.record.text`. */
function invalid(said: string): Row {
  if (/\$\.record\.(text|facets|tags|langs)/u.test(said))
    return { error: 'E_TEXT_REFUSED', kind: 'reject', what: 'Bluesky refused the text.' };
  if (/\$\.record\.embed|blob|mimetype/iu.test(said))
    return { error: 'E_MEDIA_REFUSED', kind: 'reject', what: 'Bluesky refused the video.' };
  return { error: 'E_REFUSED', kind: 'reject', what: 'Bluesky refused the request.' };
}

/** An error page that is no JSON says nothing more than its status. */
function bodyOf(response: HttpResponse): Readonly<Record<string, unknown>> {
  try {
    return response.json<Readonly<Record<string, unknown>> | null>() ?? {};
  } catch {
    return {};
  }
}

/** Directories are asked without a sign-in: whatever stands between us and them, no person's doing ends it. */
function directoryAnswer(response: HttpResponse, said: string, clock: Clock): Failure | undefined {
  if (response.status !== 401 && response.status !== 403) return undefined;
  const row = {
    error: 'E_PLATFORM_DOWN',
    kind: 'retry',
    what: 'Bluesky’s directory refuses to answer.',
  } as const;
  return failureOf(row, { name: '', said, response, clock });
}

/** The video service answers errors as a job status too, wrapped or not. */
function videoAnswer(
  body: Readonly<Record<string, unknown>>,
  response: HttpResponse,
  clock: Clock,
): Failure | undefined {
  const { jobStatus } = body;
  const wrapped = typeof jobStatus === 'object' && jobStatus !== null ? (jobStatus as VideoTrouble) : body;
  return videoFailure(wrapped, response, clock);
}

export interface VideoTrouble {
  error?: unknown;
  message?: unknown;
}

/**
 * What the video service's words mean; undefined where they say nothing known. A token it refuses is a fresh one
 * of this minute: no reason to send the person to a sign-in.
 */
export function videoFailure(
  trouble: VideoTrouble,
  response: HttpResponse,
  clock: Clock,
): Failure | undefined {
  const name = typeof trouble.error === 'string' ? trouble.error : '';
  const said = typeof trouble.message === 'string' ? trouble.message : name;
  const row = videoErrors.find(([words]) => words.test(name) || words.test(said))?.[1];
  if (row) return failureOf(row, { name, said: said === name ? '' : said, response, clock });
  if (response.status === 429) return slowDown(response, clock, said);
  if (response.status !== 401 && response.status !== 403) return undefined;
  return failureOf(
    { error: 'E_PLATFORM_DOWN', kind: 'retry', what: 'Bluesky’s video service refused its token.' },
    { name, said, response, clock },
  );
}

interface Said {
  name: string;
  said: string;
  response: HttpResponse;
  clock: Clock;
}

function failureOf(row: Row, { name, said, response, clock }: Said): Failure {
  const { error, what, waitMs, ...details } = row;
  const until = row.error === 'E_RATE_LIMIT' ? freeAt(response, clock) : undefined;
  const notBefore = waitMs === undefined ? until : clock.now() + waitMs;
  return new Failure(error, {
    ...details,
    // Below 500 the server did nothing.
    certain: response.status < 500,
    status: response.status,
    message: said === '' ? what : `${what} It says: ${said}`,
    ...(notBefore === undefined ? {} : { notBefore }),
    cause: { xrpc: name },
  });
}

function slowDown(response: HttpResponse, clock: Clock, said: string): Failure {
  return failureOf(blueskyErrors['RateLimitExceeded']!, { name: 'RateLimitExceeded', said, response, clock });
}

/** The name in the answer that a failure came from; '' where none. */
export function xrpcNameOf(failure: Failure): string {
  const { cause } = failure;
  const named = typeof cause === 'object' && cause !== null && 'xrpc' in cause ? cause.xrpc : '';
  return typeof named === 'string' ? named : '';
}
