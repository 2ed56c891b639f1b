import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { HttpResponse } from '../../src/core/http.ts';
import { standardFailure } from '../../src/net/classify.ts';
import { toResponse } from '../../src/net/request.ts';
import { bluesky } from '../../src/platforms/bluesky.ts';

const clock = new TestClock();
const pds = 'https://morel.us-east.host.bsky.network/xrpc/com.atproto.repo.putRecord';
const video = 'https://video.bsky.app/xrpc/app.bsky.video.uploadVideo';

function answer(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
  url = pds,
): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return toResponse({ status, headers, text }, url);
}

function classify(response: HttpResponse, url = pds) {
  const { code, kind, certain, notBefore, reason } =
    bluesky.classify(response, { url }, clock) ?? standardFailure(response, clock, bluesky);
  return { code, kind, certain, notBefore, reason };
}

// Names and statuses: https://docs.bsky.app/docs/api and the reference server’s own answers.
describe('Bluesky’s error answers', () => {
  it.each([
    [400, 'ExpiredToken', 'Token has expired', 'E_LOGIN_NEEDED', 'login'],
    [400, 'ExpiredToken', 'Token has been revoked', 'E_LOGIN_NEEDED', 'login'],
    [400, 'InvalidToken', 'Malformed token', 'E_LOGIN_NEEDED', 'login'],
    [400, 'InvalidToken', 'Bad token scope', 'E_SCOPES', 'login'],
    [401, 'invalid_token', 'Invalid token', 'E_LOGIN_NEEDED', 'login'],
    [401, 'AuthMissing', 'Authentication Required', 'E_LOGIN_NEEDED', 'login'],
    [401, 'AuthenticationRequired', 'Invalid identifier or password', 'E_LOGIN_NEEDED', 'login'],
    [403, 'ScopeMissingError', 'Missing required scope "blob:video/mp4"', 'E_SCOPES', 'login'],
    [401, 'AccountTakedown', 'Account has been taken down', 'E_ACCOUNT_BLOCKED', 'login'],
    [401, 'AccountDeactivated', 'Account is deactivated', 'E_ACCOUNT_BLOCKED', 'login'],
    [403, 'AccountNotFound', 'Account not found', 'E_ACCOUNT_BLOCKED', 'login'],
    [400, 'InvalidRequest', 'Could not find repo: did:plc:x', 'E_ACCOUNT_BLOCKED', 'login'],
    [401, 'use_dpop_nonce', 'Resource server requires nonce in DPoP proof', 'E_PLATFORM_DOWN', 'retry'],
    [401, 'invalid_dpop_proof', '"iat" claim timestamp check failed', 'E_PLATFORM_DOWN', 'retry'],
    [400, 'InvalidSwap', 'Record was at bafyrei', 'E_DUPLICATE', 'reject'],
    [400, 'BlobNotFound', 'Could not find blob: bafkrei', 'E_HANDLE_EXPIRED', 'retry'],
    [413, 'PayloadTooLarge', 'request entity too large', 'E_MEDIA_REFUSED', 'reject'],
    [
      400,
      'InvalidRequest',
      'grapheme too big (maximum 300, got 301) at $.record.text',
      'E_TEXT_REFUSED',
      'reject',
    ],
    [400, 'InvalidRequest', 'array too big (maximum 3, got 4) at $.record.langs', 'E_TEXT_REFUSED', 'reject'],
    [
      400,
      'InvalidRequest',
      'blob too big (maximum 300000000, got 400000000) at $.record.embed.video',
      'E_MEDIA_REFUSED',
      'reject',
    ],
    [
      400,
      'InvalidRequest',
      'Expected "video/mp4" (got "video/quicktime") at $.record.embed.video',
      'E_MEDIA_REFUSED',
      'reject',
    ],
    [400, 'InvalidRequest', 'Missing required key "createdAt" at $.record', 'E_REFUSED', 'reject'],
    [400, 'BadExpiration', 'expiration is in past', 'E_PLATFORM_DOWN', 'retry'],
    [400, 'SyntaxError', 'Unexpected token', 'E_REFUSED', 'reject'],
    [400, 'SomethingNew', 'whatever', 'E_REFUSED', 'reject'],
    [429, 'RateLimitExceeded', 'Rate Limit Exceeded', 'E_RATE_LIMIT', 'later'],
  ])('%i %s “%s” is %s', (status, error, message, code, kind) => {
    expect(classify(answer(status, { error, message }))).toMatchObject({ code, kind, certain: true });
  });

  it.each([
    [500, { error: 'InternalServerError', message: 'Internal Server Error' }],
    [502, { error: 'UpstreamFailure' }],
    [503, '<html>trouble</html>'],
    [504, { error: 'UpstreamTimeout' }],
  ])('%i proves nothing', (status, body) => {
    const response = answer(status, body);
    const own = typeof body === 'string' ? undefined : bluesky.classify(response, { url: pds }, clock);
    expect(own ?? standardFailure(response, clock, bluesky)).toMatchObject({
      code: 'E_PLATFORM_DOWN',
      kind: 'retry',
      certain: false,
    });
  });

  it.each([
    [
      200,
      { jobStatus: { did: '', jobId: '', state: '', error: 'unconfirmed_email' } },
      'E_ACCOUNT_BLOCKED',
      'login',
    ],
    [
      400,
      { error: 'x', message: 'Confirm your email address to upload videos' },
      'E_ACCOUNT_BLOCKED',
      'login',
    ],
    [400, { message: 'User is not allowed to upload videos' }, 'E_ACCOUNT_BLOCKED', 'login'],
    [400, { message: 'Account is not old enough to upload videos' }, 'E_ACCOUNT_BLOCKED', 'login'],
    [400, { message: 'User has exceeded daily upload bytes limit' }, 'E_QUOTA', 'later'],
    [400, { message: 'User has exceeded daily upload videos limit' }, 'E_QUOTA', 'later'],
    [400, { message: 'Uploading is disabled at the moment' }, 'E_PLATFORM_DOWN', 'later'],
    [400, { message: "Failed to get user's upload stats" }, 'E_PLATFORM_DOWN', 'later'],
    [
      400,
      { message: 'file size (400000000 bytes) is larger than the maximum allowed size (300000000 bytes)' },
      'E_MEDIA_REFUSED',
      'reject',
    ],
    [401, { error: 'unauthorized', message: 'bad jwt' }, 'E_PLATFORM_DOWN', 'retry'],
    [401, { error: 'profile_not_found', message: 'Profile not found' }, 'E_PLATFORM_DOWN', 'retry'],
    [429, { error: 'too_many', message: 'slow down' }, 'E_RATE_LIMIT', 'later'],
  ])('of the video service: %i %j', (status, body, code, kind) => {
    expect(classify(answer(status, body, {}, video), video)).toMatchObject({ code, kind, certain: true });
  });
});

describe('answers that are no reason to send anybody to a sign-in', () => {
  it.each([
    ['https://plc.directory/did:plc:x', { error: 'ExpiredToken' }],
    ['https://public.api.bsky.app/xrpc/com.atproto.identity.resolveHandle', { message: 'no' }],
    [video, '<html>denied</html>'],
    [video, { jobStatus: null }],
  ])('401 of %s: %j', (url, body) => {
    expect(classify(answer(401, body, {}, url), url)).toMatchObject({
      code: 'E_PLATFORM_DOWN',
      kind: 'retry',
    });
  });
});

describe('Bluesky’s windows', () => {
  const seconds = (at: number) => String(Math.ceil(at / 1000));
  const headers = (change: Record<string, string> = {}) => ({
    'ratelimit-limit': '3000',
    'ratelimit-remaining': '2985',
    'ratelimit-reset': seconds(clock.now() + 4 * MINUTE),
    'ratelimit-policy': '3000;w=300',
    ...change,
  });
  const read = (response: HttpResponse) => bluesky.readings!(response, { url: pds }, clock);

  it('are read from the headers', () => {
    expect(read(answer(200, {}, headers()))).toEqual([
      { bucket: 'requests', max: 3000, remaining: 2985, resetsAt: clock.now() + 4 * MINUTE },
    ]);
    const points = headers({ 'ratelimit-policy': '5000;w=3600', 'ratelimit-remaining': '4997' });
    expect(read(answer(200, {}, points))).toMatchObject([{ bucket: 'points', max: 5000, remaining: 4997 }]);
    const daily = headers({ 'ratelimit-policy': '35000;w=86400', 'ratelimit-remaining': '34990' });
    expect(read(answer(200, {}, daily))).toMatchObject([{ bucket: 'points-daily', remaining: 34_990 }]);
    for (const odd of [{}, headers({ 'ratelimit-policy': '7;w=5' }), headers({ 'ratelimit-reset': 'soon' })])
      expect(read(answer(200, {}, odd))).toEqual([]);
  });

  it('are waited for to their end', () => {
    const full = answer(429, { error: 'RateLimitExceeded' }, headers({ 'ratelimit-remaining': '0' }));
    expect(classify(full)).toMatchObject({ reason: 'quota', notBefore: clock.now() + 4 * MINUTE });
    expect(read(full)).toMatchObject([
      { bucket: 'requests', remaining: 0, blockedUntil: clock.now() + 4 * MINUTE },
    ]);
  });

  it('are read against the server’s own clock', () => {
    const date = new Date(clock.now() - 2 * HOUR).toUTCString();
    const reset = seconds(clock.now() - 2 * HOUR + 3 * MINUTE);
    const late = answer(429, { error: 'RateLimitExceeded' }, headers({ date, 'ratelimit-reset': reset }));
    expect(classify(late).notBefore).toBe(clock.now() + 3 * MINUTE);
  });

  it.each([
    [{}, MINUTE],
    [{ 'retry-after': '7' }, 7 * SECOND],
    [headers({ 'ratelimit-reset': '1' }), SECOND],
    [headers({ 'ratelimit-reset': seconds(clock.now() + 400 * HOUR) }), 26 * HOUR],
  ])('keep the wait within reason: %j', (given, wait) => {
    expect(classify(answer(429, { error: 'RateLimitExceeded' }, given)).notBefore).toBe(clock.now() + wait);
  });
});
