import { describe, expect, it } from 'vitest';
import { DAY, MINUTE, TestClock } from '../../src/core/clock.ts';
import type { ErrorCode } from '../../src/core/codes.ts';
import type { FailureKind } from '../../src/core/failure.ts';
import type { HttpRequest, HttpResponse } from '../../src/core/http.ts';
import { toResponse } from '../../src/net/request.ts';
import { youtube } from '../../src/platforms/youtube.ts';

const clock = new TestClock(Date.UTC(2026, 10, 22, 12));
const midnight = Date.UTC(2026, 10, 23, 8);
const insert: HttpRequest = {
  method: 'POST',
  url: 'https://www.googleapis.com/upload/youtube/v3/videos',
  call: 'videos.insert',
};
const list: HttpRequest = { url: 'https://www.googleapis.com/youtube/v3/videos', call: 'videos.list' };

function answered(status: number, body: string | object, headers: Record<string, string> = {}): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return toResponse({ status, headers, text }, insert.url, 'YouTube');
}

function envelope(status: number, reason: string, message = 'Google’s words', detail?: string): object {
  return {
    error: {
      code: status,
      message,
      errors: [{ message, domain: 'whatever', reason }],
      ...(detail
        ? { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: detail }] }
        : {}),
    },
  };
}

const failureOf = (response: HttpResponse, request = insert) => youtube.classify(response, request, clock)!;

type Line = readonly [status: number, reason: string, code: ErrorCode, kind: FailureKind, certain: boolean];
const line = (
  status: number,
  code: ErrorCode,
  kind: FailureKind,
  certain: boolean,
  ...reasons: string[]
): Line[] => reasons.map((reason) => [status, reason, code, kind, certain]);

const table: readonly Line[] = [
  ...line(400, 'E_QUOTA', 'later', true, 'uploadLimitExceeded'),
  ...line(400, 'E_TEXT_REFUSED', 'reject', true, 'invalidTitle', 'invalidDescription', 'invalidTags'),
  ...line(
    400,
    'E_REFUSED',
    'reject',
    true,
    'invalidCategoryId',
    'invalidPublishAt',
    'invalidRecordingDetails',
    'invalidVideoGameRating',
    'invalidVideoMetadata',
    'invalidFilename',
    'defaultLanguageNotSet',
    'badRequest',
    'invalidParameter',
    'missingRequiredParameter',
    'required',
    'parseError',
    'invalidCriteria',
    'somethingNobodyDocumented',
  ),
  ...line(400, 'E_MEDIA_REFUSED', 'reject', true, 'mediaBodyRequired', 'uploadTooLarge'),
  ...line(401, 'E_LOGIN_NEEDED', 'login', true, 'authError', 'authorizationRequired', 'aNewOne'),
  ...line(401, 'E_NO_CHANNEL', 'login', true, 'youtubeSignupRequired'),
  ...line(403, 'E_QUOTA', 'later', true, 'quotaExceeded', 'dailyLimitExceeded'),
  ...line(
    403,
    'E_RATE_LIMIT',
    'later',
    true,
    'rateLimitExceeded',
    'userRateLimitExceeded',
    'userRequestsExceedRateLimit',
  ),
  ...line(429, 'E_RATE_LIMIT', 'later', true, 'rateLimitExceeded', 'uploadRateLimitExceeded', 'aNewOne'),
  ...line(403, 'E_SCOPES', 'login', true, 'insufficientPermissions'),
  ...line(403, 'E_APP_SETUP', 'login', true, 'accessNotConfigured'),
  ...line(
    403,
    'E_REFUSED',
    'reject',
    true,
    'forbidden',
    'forbiddenPrivacySetting',
    'forbiddenLicenseSetting',
    'aNewOne',
  ),
  ...line(
    403,
    'E_ACCOUNT_BLOCKED',
    'login',
    true,
    'authenticatedUserAccountClosed',
    'authenticatedUserAccountSuspended',
    'authenticatedUserNotChannel',
    'accountDelegationForbidden',
    'channelClosed',
    'channelSuspended',
  ),
  ...line(
    404,
    'E_NOT_FOUND',
    'reject',
    true,
    'videoNotFound',
    'playlistNotFound',
    'channelNotFound',
    'notFound',
  ),
  ...line(409, 'E_PLATFORM_DOWN', 'retry', false, 'conflict'),
  ...line(500, 'E_PLATFORM_DOWN', 'retry', false, 'internalError', 'backendError'),
  ...line(503, 'E_PLATFORM_DOWN', 'retry', false, 'backendError', 'aNewOne'),
];

describe('YouTube’s error answers', () => {
  it.each(table)('%i %s is %s (%s)', (status, reason, code, kind, certain) => {
    const failure = failureOf(answered(status, envelope(status, reason)));
    expect({
      code: failure.code,
      kind: failure.kind,
      certain: failure.certain,
      status: failure.status,
    }).toEqual({
      code,
      kind,
      certain,
      status,
    });
    expect(failure.message).toContain('Google’s words');
  });

  it.each([
    [400, 'E_REFUSED', 'reject'],
    [401, 'E_LOGIN_NEEDED', 'login'],
    [403, 'E_REFUSED', 'reject'],
    [404, 'E_PLATFORM_DOWN', 'retry'],
    [408, 'E_PLATFORM_DOWN', 'retry'],
    [413, 'E_MEDIA_REFUSED', 'reject'],
    [429, 'E_RATE_LIMIT', 'later'],
    [500, 'E_PLATFORM_DOWN', 'retry'],
    [502, 'E_PLATFORM_DOWN', 'retry'],
    [503, 'E_PLATFORM_DOWN', 'retry'],
    [504, 'E_PLATFORM_DOWN', 'retry'],
  ])('a page or nothing with %i is %s (%s)', (status, code, kind) => {
    for (const body of [
      '<html><title>Error</title><p>That’s an error.</p></html>',
      '',
      '{"error":',
      '[]',
      'null',
      '{"error":{}}',
    ])
      expect(failureOf(answered(status, body))).toMatchObject({ code, kind, status });
  });

  it('knows details where the list of errors is missing', () => {
    const details = (reason: string) => ({ error: { code: 403, message: 'No.', details: [{ reason }] } });
    expect(failureOf(answered(403, details('ACCESS_TOKEN_SCOPE_INSUFFICIENT'))).code).toBe('E_SCOPES');
    expect(failureOf(answered(403, details('SERVICE_DISABLED')))).toMatchObject({
      code: 'E_APP_SETUP',
      hint: expect.stringContaining('Enable the YouTube Data API'),
    });
  });

  it('shows messages without their HTML', () => {
    const body = envelope(
      403,
      'forbidden',
      'See &quot;<a href="https://example.com/?a=1&amp;b=2">this &amp; that</a>&quot;.\nNow.',
    );
    expect(failureOf(answered(403, body)).message).toBe('YouTube says: See "this & that". Now. (forbidden)');
  });

  it('obeys Retry-After', () => {
    const now = clock.now();
    expect(failureOf(answered(503, '', { 'retry-after': '120' })).notBefore).toBe(now + 2 * MINUTE);
    expect(failureOf(answered(429, '', { 'retry-after': '5' })).notBefore).toBe(now + 5000);
    expect(failureOf(answered(503, '')).notBefore).toBeUndefined();
  });
});

describe('YouTube’s limits', () => {
  const daily = `Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service 'youtube.googleapis.com' for consumer 'project_number:123456789012'.`;
  const minute = `Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service 'youtube.googleapis.com' for consumer 'project_number:123456789012'.`;

  it('tells the day’s uploads from a limit per minute by the text alone', () => {
    const full = answered(429, envelope(429, 'rateLimitExceeded', daily));
    expect(failureOf(full)).toMatchObject({
      code: 'E_QUOTA',
      kind: 'later',
      reason: 'quota',
      notBefore: midnight,
    });
    expect(youtube.readings!(full, insert, clock)).toEqual([
      { bucket: 'uploads', remaining: 0, blockedUntil: midnight, resetsAt: midnight },
    ]);
    const fast = answered(429, envelope(429, 'rateLimitExceeded', minute));
    expect(failureOf(fast)).toMatchObject({
      code: 'E_RATE_LIMIT',
      kind: 'later',
      reason: 'backoff',
      notBefore: clock.now() + MINUTE,
    });
    expect(youtube.readings!(fast, insert, clock)).toEqual([]);
  });

  it('blocks the bucket that is empty until midnight in California', () => {
    const empty = answered(
      403,
      envelope(403, 'quotaExceeded', 'You have exceeded your <a href="x">quota</a>.'),
    );
    expect(failureOf(empty, list)).toMatchObject({ code: 'E_QUOTA', notBefore: midnight });
    expect(youtube.readings!(empty, list, clock)).toMatchObject([{ bucket: 'units' }]);
    expect(youtube.readings!(empty, insert, clock)).toMatchObject([{ bucket: 'uploads' }]);
  });

  it('waits a day where the channel may not upload more', () => {
    const full = answered(400, envelope(400, 'uploadLimitExceeded'));
    expect(failureOf(full)).toMatchObject({ code: 'E_QUOTA', kind: 'later', notBefore: clock.now() + DAY });
    expect(youtube.readings!(full, insert, clock)).toEqual([
      { bucket: 'channel', blockedUntil: clock.now() + DAY },
    ]);
  });

  it('resets an hour later in winter than in summer', () => {
    const at = (now: number) =>
      youtube.classify(answered(429, envelope(429, 'rateLimitExceeded', daily)), insert, new TestClock(now))!
        .notBefore;
    expect(at(Date.UTC(2026, 9, 31, 20))).toBe(Date.UTC(2026, 10, 1, 7));
    expect(at(Date.UTC(2026, 10, 1, 20))).toBe(Date.UTC(2026, 10, 2, 8));
    expect(at(Date.UTC(2026, 2, 8, 7, 59))).toBe(Date.UTC(2026, 2, 8, 8));
    expect(at(Date.UTC(2026, 2, 8, 20))).toBe(Date.UTC(2026, 2, 9, 7));
  });

  it('reads nothing from a good answer', () => {
    expect(youtube.readings!(answered(200, { items: [] }), list, clock)).toEqual([]);
    expect(youtube.classify(answered(308, ''), insert, clock)).toBeUndefined();
  });

  it('names a source for each number, and a cost for each call', () => {
    for (const limit of youtube.limits) expect(limit.source).toMatch(/^https:\/\//u);
    const buckets = new Set(youtube.limits.map(({ bucket }) => bucket));
    for (const cost of Object.values(youtube.costs))
      for (const bucket of Object.keys(cost)) expect(buckets).toContain(bucket);
    expect(youtube.costs['*']).toBeUndefined();
  });
});
