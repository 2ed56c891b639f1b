import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { HttpRequest, HttpResponse } from '../../src/core/http.ts';
import { toResponse } from '../../src/net/request.ts';
import { apiVersion, rest } from '../../src/platforms/linkedin-api.ts';
import { classifyAnswer } from '../../src/platforms/linkedin-errors.ts';
import { calls } from '../../src/platforms/linkedin-rules.ts';

const clock = new TestClock(Date.UTC(2026, 10, 22, 20, 30));
const now = clock.now();
const posting: HttpRequest = rest('posts', { call: calls.post });
const beginning: HttpRequest = rest('videos', { call: calls.initialize });

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse =>
  toResponse(
    { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) },
    posting.url,
    'LinkedIn',
  );
const plain = (message: string, more: object = {}) => ({ message, ...more });
const inputs = (description: string, code: string, fieldPath?: string) => ({
  errorDetailType: 'com.linkedin.common.error.BadRequest',
  message: description,
  errorDetails: {
    inputErrors: [{ description, input: fieldPath ? { inputPath: { fieldPath } } : {}, code }],
  },
});
const duplicate = {
  errorDetailType: 'com.linkedin.common.error.BadRequest',
  message:
    'com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of urn:li:share:7141138937766391808',
  errorDetails: {
    inputErrors: [{ description: 'Duplicate post is detected', input: {}, code: 'DUPLICATE_POST' }],
  },
  status: 422,
};
const throttled = plain('Resource level throttle limit for calls to this resource is reached.');

const rows: [string, number, unknown, object, HttpRequest?][] = [
  [
    'an invalid token',
    401,
    plain('Invalid access token', { serviceErrorCode: 65600 }),
    { code: 'E_LOGIN_NEEDED', kind: 'login' },
  ],
  [
    'a revoked token',
    401,
    plain('revoked by the user', { serviceErrorCode: 65601, code: 'REVOKED_ACCESS_TOKEN' }),
    { code: 'E_LOGIN_NEEDED', message: expect.stringContaining('revoked') },
  ],
  [
    'a token past its end',
    401,
    plain('x', { serviceErrorCode: 65602, code: 'EXPIRED_ACCESS_TOKEN' }),
    { code: 'E_LOGIN_NEEDED', message: expect.stringContaining('sixty days') },
  ],
  [
    'a right that is missing',
    403,
    plain('Not enough permissions to access: GET /me', { serviceErrorCode: 100 }),
    { code: 'E_SCOPES', kind: 'login' },
  ],
  [
    'somebody else’s video',
    403,
    plain('Accessing this video resource is forbidden. Please check your permissions for this resource'),
    { code: 'E_SCOPES' },
  ],
  [
    'a version that is gone',
    426,
    plain('Requested version 202607.01 is not active', { code: 'NONEXISTENT_VERSION' }),
    {
      code: 'E_REFUSED',
      kind: 'reject',
      message: expect.stringContaining(apiVersion),
      hint: expect.stringContaining('newer repost'),
    },
  ],
  [
    'a version that is gone, in other words',
    426,
    plain('Version Header is Deprecated'),
    { code: 'E_REFUSED' },
  ],
  [
    'no version',
    400,
    plain('A version must be present', { code: 'VERSION_MISSING' }),
    { code: 'E_REFUSED', kind: 'reject', message: expect.stringContaining(apiVersion) },
  ],
  [
    'a duplicate',
    422,
    duplicate,
    {
      code: 'E_DUPLICATE',
      kind: 'reject',
      message: expect.stringContaining('urn:li:share:7141138937766391808'),
    },
  ],
  [
    'a refused text',
    422,
    inputs('is too long', 'FIELD_LENGTH_TOO_LONG', '/commentary'),
    { code: 'E_TEXT_REFUSED', kind: 'reject' },
  ],
  [
    'a refused video',
    422,
    inputs('bad media', 'INVALID', '/content/media/id'),
    { code: 'E_MEDIA_REFUSED', kind: 'reject' },
  ],
  [
    'a video that is gone',
    400,
    plain('The video urn:li:video:C1 does not exist'),
    { code: 'E_HANDLE_EXPIRED', kind: 'redo', step: 'initialize' },
  ],
  [
    'a video that is not ready',
    400,
    plain('urn:li:video:C1 is not ready'),
    { code: 'E_NOT_YET', kind: 'later', notBefore: now + 30 * SECOND },
  ],
  [
    'a refused field',
    400,
    inputs('INVALID', 'INVALID_VALUE', '/visibility'),
    { code: 'E_REFUSED', kind: 'reject' },
  ],
  [
    'a size that is not allowed',
    400,
    inputs('out of bounds', 'INVALID_VALUE', 'fileSizeBytes'),
    { code: 'E_MEDIA_REFUSED', kind: 'reject' },
    beginning,
  ],
  ['a large body', 413, '', { code: 'E_MEDIA_REFUSED' }, beginning],
  [
    'something that is not there',
    404,
    plain('Could not find', { code: 'RESOURCE_NOT_FOUND' }),
    { code: 'E_UNREADABLE', kind: 'retry' },
    beginning,
  ],
  [
    'anything else about the upload',
    400,
    plain('ILLEGAL_ARGUMENT'),
    { code: 'E_REFUSED', kind: 'reject' },
    beginning,
  ],
  [
    'the day’s limit',
    429,
    throttled,
    { code: 'E_QUOTA', kind: 'later', reason: 'quota', notBefore: now + HOUR },
  ],
  [
    'the protection in front',
    429,
    '<html>',
    { code: 'E_RATE_LIMIT', kind: 'later', notBefore: now + 5 * MINUTE },
  ],
];

describe('refusals', () => {
  it.each(rows)('%s (%i)', (_name, status, body, expected, request = posting) => {
    expect(classifyAnswer(answer(status, body), request, clock)).toMatchObject({
      certain: true,
      status,
      ...expected,
    });
  });

  it.each([500, 502, 503, 504, 408])('%i proves nothing and is left to the shared rule', (status) => {
    expect(classifyAnswer(answer(status, plain('x')), posting, clock)).toBeUndefined();
  });

  it.each([
    'null',
    '[]',
    '"x"',
    '7',
    '{"message":7,"errorDetails":null}',
    '{"errorDetails":{"inputErrors":[null,7]}}',
  ])('survives %s', (body) => {
    expect(classifyAnswer(answer(422, body), posting, clock)).toMatchObject({ certain: true });
  });

  it('waits for midnight UTC, not beyond, and obeys a header where there is one', () => {
    const late = new TestClock(Date.UTC(2026, 10, 22, 23, 40));
    const midnight = Date.UTC(2026, 10, 23);
    expect(classifyAnswer(answer(429, throttled), posting, late)?.notBefore).toBe(midnight + MINUTE);
    const told = answer(429, throttled, { 'retry-after': '90' });
    expect(classifyAnswer(told, posting, late)?.notBefore).toBe(late.now() + 90 * SECOND);
  });
});
