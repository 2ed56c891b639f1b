import { nextStartOfDay } from '../core/calendar.ts';
import type { Clock } from '../core/clock.ts';
import { DAY, MINUTE } from '../core/clock.ts';
import type { ErrorCode } from '../core/codes.ts';
import type { FailureDetails } from '../core/failure.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest, HttpResponse } from '../core/http.ts';
import type { LimitReading } from '../core/limit.ts';
import { retryAfter } from '../net/classify.ts';
import { QUOTA_ZONE } from './youtube-rules.ts';

/** How long to wait where Google names a limit per minute and no time. */
const PER_MINUTE_WAIT = MINUTE;

type Row = readonly [ErrorCode, Omit<FailureDetails, 'message' | 'status'>?];

const text: Row = ['E_TEXT_REFUSED'];
const refused: Row = ['E_REFUSED'];
const badOption = (option: string): Row => [
  'E_REFUSED',
  { hint: `Change the rule’s option ${option} for this destination, then retry.` },
];
const blocked: Row = [
  'E_ACCOUNT_BLOCKED',
  { hint: 'Open YouTube Studio with this channel and see what it says.' },
];
const down: Row = ['E_PLATFORM_DOWN', { certain: false }];

/**
 * Reasons of https://developers.google.com/youtube/v3/docs/errors and …/docs/videos/insert#errors. Quotas and
 * rate limits stand in `limitOf`. Domains differ between documents and are never looked at.
 */
const byReason: Readonly<Record<string, Row>> = {
  invalidTitle: text,
  invalidDescription: text,
  invalidTags: text,
  invalidCategoryId: badOption('categoryId'),
  invalidPublishAt: refused,
  invalidRecordingDetails: refused,
  invalidVideoGameRating: refused,
  invalidVideoMetadata: refused,
  invalidFilename: refused,
  defaultLanguageNotSet: refused,
  mediaBodyRequired: ['E_MEDIA_REFUSED'],
  uploadTooLarge: ['E_MEDIA_REFUSED'],
  badRequest: refused,
  invalidParameter: refused,
  missingRequiredParameter: refused,
  required: refused,
  parseError: refused,
  invalidCriteria: refused,
  forbidden: refused,
  forbiddenPrivacySetting: badOption('privacy'),
  forbiddenLicenseSetting: badOption('license'),
  videoNotFound: ['E_NOT_FOUND'],
  playlistNotFound: ['E_NOT_FOUND'],
  channelNotFound: ['E_NOT_FOUND'],
  notFound: ['E_NOT_FOUND'],
  authError: ['E_LOGIN_NEEDED', { command: 'repost login youtube' }],
  authorizationRequired: ['E_LOGIN_NEEDED', { command: 'repost login youtube' }],
  insufficientPermissions: ['E_SCOPES', { command: 'repost login youtube' }],
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: ['E_SCOPES', { command: 'repost login youtube' }],
  youtubeSignupRequired: [
    'E_NO_CHANNEL',
    { hint: 'Create a channel at https://www.youtube.com/create_channel, then run login again.' },
  ],
  accessNotConfigured: apiIsOff(),
  SERVICE_DISABLED: apiIsOff(),
  authenticatedUserAccountClosed: blocked,
  authenticatedUserAccountSuspended: blocked,
  authenticatedUserNotChannel: blocked,
  accountDelegationForbidden: blocked,
  channelClosed: blocked,
  channelSuspended: blocked,
  conflict: ['E_PLATFORM_DOWN', { certain: false }],
  internalError: down,
  backendError: down,
};

function apiIsOff(): Row {
  return [
    'E_APP_SETUP',
    {
      hint: 'Enable the YouTube Data API v3 in the Google Cloud project, wait a few minutes, then run login again.',
      command: 'repost login youtube',
    },
  ];
}

/** What an error answer says, whatever its form. */
interface Said {
  reasons: readonly string[];
  message: string;
}

/** Reads an error answer of the API or of the upload servers; undefined where the shared rule knows as much. */
export function classifyAnswer(
  response: HttpResponse,
  request: HttpRequest,
  clock: Clock,
): Failure | undefined {
  const { status } = response;
  const said = readError(response);
  const limit = limitOf(status, said, request);
  if (limit) return limitFailure(limit, response, said, clock);

  const known = said.reasons.map((reason) => byReason[reason]).find((row) => row !== undefined);
  const [code, details] = known ?? rowOfStatus(status) ?? [];
  if (code === undefined) return undefined;
  const waitUntil = retryAfter(response, clock);
  return new Failure(code, {
    message: sayWhat(said, status),
    status,
    certain: status < 500,
    ...(waitUntil === undefined ? {} : { notBefore: waitUntil }),
    ...details,
  });
}

/** For reasons nobody documented and for pages that are no JSON. */
function rowOfStatus(status: number): Row | undefined {
  if (status === 401) return ['E_LOGIN_NEEDED', { command: 'repost login youtube' }];
  // Google's front ends answer a page with 404 now and then; what is truly missing is said in JSON.
  if (status === 404 || status === 408) return down;
  if (status === 413) return ['E_MEDIA_REFUSED'];
  if (status >= 500) return down;
  if (status >= 400) return refused;
  return undefined;
}

// ---------------------------------------------------------------- limits

interface Hit {
  bucket: 'uploads' | 'units' | 'channel' | null;
  until: 'midnight' | 'a day' | 'soon';
}

/**
 * Which limit an answer means. A full upload bucket and a limit per minute have the same status and reason:
 * only the words `per day` tell them apart, and a backoff against the first would spin for hours
 * (https://github.com/googleapis/google-api-python-client/issues/2753).
 */
function limitOf(status: number, said: Said, request: HttpRequest): Hit | undefined {
  const has = (...reasons: string[]) => reasons.some((reason) => said.reasons.includes(reason));
  if (has('uploadLimitExceeded')) return { bucket: 'channel', until: 'a day' };
  if (status !== 403 && status !== 429) return undefined;
  const bucket =
    /video uploads/iu.test(said.message) || request.call === 'videos.insert' ? 'uploads' : 'units';
  if (has('quotaExceeded', 'dailyLimitExceeded')) return { bucket, until: 'midnight' };
  const soon = has('userRateLimitExceeded', 'userRequestsExceedRateLimit', 'uploadRateLimitExceeded');
  if (status === 429 || soon || has('rateLimitExceeded')) {
    const daily = !soon && /\bper[\s-]*day\b|\bdaily\b/iu.test(said.message);
    return daily ? { bucket, until: 'midnight' } : { bucket: null, until: 'soon' };
  }
  return undefined;
}

function limitFailure(hit: Hit, response: HttpResponse, said: Said, clock: Clock): Failure {
  const now = clock.now();
  const base = { kind: 'later', status: response.status, certain: true } as const;
  if (hit.until === 'soon')
    return new Failure('E_RATE_LIMIT', {
      ...base,
      reason: 'backoff',
      notBefore: retryAfter(response, clock) ?? now + PER_MINUTE_WAIT,
      message: sayWhat(said, response.status),
    });
  const what =
    hit.bucket === 'channel'
      ? 'YouTube takes no more uploads for this channel today.'
      : `The Google project’s daily quota of ${hit.bucket === 'uploads' ? 'uploads' : 'API units'} is used up.`;
  return new Failure('E_QUOTA', {
    ...base,
    reason: 'quota',
    notBefore: freeAt(hit, now),
    message: `${what} YouTube says: ${said.message || `HTTP ${response.status}`}`,
  });
}

function freeAt(hit: Hit, now: number): number {
  return hit.until === 'a day' ? now + DAY : nextStartOfDay(QUOTA_ZONE, now);
}

/** What a refusal tells about the limits: for the ledger, so that nothing is sent in vain. */
export function readingsOf(response: HttpResponse, request: HttpRequest, clock: Clock): LimitReading[] {
  if (response.status < 400) return [];
  const hit = limitOf(response.status, readError(response), request);
  if (!hit?.bucket) return [];
  const blockedUntil = freeAt(hit, clock.now());
  return [
    hit.until === 'midnight'
      ? { bucket: hit.bucket, remaining: 0, blockedUntil, resetsAt: blockedUntil }
      : { bucket: hit.bucket, blockedUntil },
  ];
}

// ---------------------------------------------------------------- reading

function readError(response: HttpResponse): Said {
  let body: unknown;
  try {
    body = response.json();
  } catch {
    return { reasons: [], message: '' };
  }
  const error = fieldOf(body, 'error');
  if (typeof error === 'string')
    return { reasons: [error], message: plain(String(fieldOf(body, 'error_description') ?? error)) };
  const listed = [...listOf(fieldOf(error, 'errors')), ...listOf(fieldOf(error, 'details'))];
  const reasons = listed.map((entry) => fieldOf(entry, 'reason')).filter((one) => typeof one === 'string');
  const message = fieldOf(error, 'message');
  return { reasons, message: typeof message === 'string' ? plain(message) : '' };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Google's messages hold links as HTML. */
function plain(message: string): string {
  return message
    .replace(/<[^>]*>/gu, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', '’')
    .replaceAll('&amp;', '&')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, 300);
}

function sayWhat(said: Said, status: number): string {
  const reason = said.reasons[0] ?? `HTTP ${status}`;
  return `YouTube says: ${said.message || 'no reason given'} (${reason})`;
}
