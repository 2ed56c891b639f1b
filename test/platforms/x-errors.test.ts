import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import type { HttpRequest, HttpResponse } from '../../src/core/http.ts';
import { toResponse } from '../../src/net/request.ts';
import { classifyAnswer, readingsOf } from '../../src/platforms/x-errors.ts';

const clock = new TestClock(Date.UTC(2026, 10, 22, 12, 30));
const now = clock.now();
const posting: HttpRequest = { url: 'https://api.x.com/2/tweets', call: 'post' };
const uploading: HttpRequest = { url: 'https://api.x.com/2/media/upload/1/append', call: 'append' };

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse =>
  toResponse(
    { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) },
    posting.url,
    'X',
  );
const forbidden = (detail: string) => ({ title: 'Forbidden', type: 'about:blank', status: 403, detail });
const problems = 'https://api.twitter.com/2/problems';
const invalid = (message: string) => ({
  errors: [{ parameters: { x: ['1'] }, message }],
  title: 'Invalid Request',
  detail: 'One or more parameters to your request was invalid.',
  type: `${problems}/invalid-request`,
});

const rows: [string, number, unknown, object][] = [
  [
    'media that are no longer good',
    400,
    invalid('Your media IDs are invalid.'),
    { code: 'E_HANDLE_EXPIRED', kind: 'redo', step: 'initialize' },
  ],
  [
    'an unknown parameter',
    400,
    invalid('The query parameter [post.fields] is not one of [x]'),
    { code: 'E_REFUSED', kind: 'reject' },
  ],
  [
    'no JSON',
    400,
    { title: 'Invalid Request', detail: 'Request body is not valid JSON.' },
    { code: 'E_REFUSED', kind: 'reject' },
  ],
  [
    'missing segments',
    400,
    { detail: 'Segments do not add up to provided total file size.' },
    { code: 'E_HANDLE_EXPIRED', kind: 'redo' },
  ],
  [
    'a long text',
    400,
    invalid('Your Tweet text is too long. For more information …'),
    { code: 'E_TEXT_REFUSED', kind: 'reject' },
  ],
  [
    'a long text, as 403',
    403,
    forbidden('Your Tweet text is too long. For more information …'),
    { code: 'E_TEXT_REFUSED' },
  ],
  [
    'a refused token',
    401,
    { title: 'Unauthorized', detail: 'Unauthorized' },
    { code: 'E_LOGIN_NEEDED', kind: 'login' },
  ],
  ['a refused token without words', 401, '', { code: 'E_LOGIN_NEEDED', kind: 'login' }],
  [
    'no credits',
    402,
    { title: 'CreditsDepleted', type: `${problems}/credits` },
    { code: 'E_MONEY', kind: 'later', reason: 'quota', notBefore: now + HOUR },
  ],
  ['no credits without words', 402, '', { code: 'E_MONEY', kind: 'later' }],
  [
    'the spending cap',
    403,
    { title: 'SpendCapReached', reset_date: '2026-12-06', type: 'https://api.x.com/2/problems/credits' },
    { code: 'E_MONEY', kind: 'later', reason: 'quota', notBefore: Date.UTC(2026, 11, 6) },
  ],
  [
    'the spending cap, past its date',
    403,
    { title: 'SpendCapReached', reset_date: '2026-11-01' },
    { code: 'E_MONEY', notBefore: now + HOUR },
  ],
  [
    'the spending cap without a date',
    403,
    { title: 'SpendCapReached' },
    { code: 'E_MONEY', notBefore: now + HOUR },
  ],
  [
    'a duplicate',
    403,
    forbidden('You are not allowed to create a Tweet with duplicate content.'),
    { code: 'E_DUPLICATE', kind: 'reject' },
  ],
  [
    'an app-only token',
    403,
    {
      title: 'Unsupported Authentication',
      type: `${problems}/unsupported-authentication`,
      detail: 'Authenticating with OAuth 2.0 Application-Only is forbidden.',
    },
    { code: 'E_APP_SETUP' },
  ],
  [
    'an app outside of a project',
    403,
    {
      title: 'Client Forbidden',
      reason: 'client-not-enrolled',
      type: `${problems}/client-forbidden`,
      detail: 'When authenticating …',
    },
    { code: 'E_APP_SETUP' },
  ],
  [
    'a withdrawn action',
    403,
    forbidden('You are not permitted to perform this action.'),
    { code: 'E_APP_SETUP' },
  ],
  [
    'a long video',
    403,
    forbidden('This user is not allowed to post a video longer than 2 minutes.'),
    { code: 'E_MEDIA_REFUSED', kind: 'reject' },
  ],
  [
    'a long video, in other words',
    403,
    forbidden('User video duration exceeded'),
    { code: 'E_MEDIA_REFUSED', kind: 'reject' },
  ],
  [
    'an address that is none',
    403,
    forbidden('The Tweet contains an invalid URL.'),
    { code: 'E_TEXT_REFUSED' },
  ],
  ['two cashtags', 403, forbidden('Posts may hold one cashtag at most.'), { code: 'E_TEXT_REFUSED' }],
  [
    'a robot',
    403,
    forbidden('This request looks automated. To protect our users …'),
    { code: 'E_ACCOUNT_BLOCKED', kind: 'login' },
  ],
  ['a suspended user', 403, forbidden('User has been suspended.'), { code: 'E_ACCOUNT_BLOCKED' }],
  [
    'a page of the proxy',
    403,
    '<html>cloudflare</html>',
    { code: 'E_PLATFORM_DOWN', kind: 'later', notBefore: now + 10 * MINUTE },
  ],
  ['anything else', 403, forbidden('A new reason.'), { code: 'E_REFUSED', kind: 'reject' }],
  [
    'a wave of 404',
    404,
    { title: 'Not Found Error', type: `${problems}/resource-not-found` },
    { code: 'E_PLATFORM_DOWN', kind: 'later' },
  ],
  ['404 without words', 404, '', { code: 'E_PLATFORM_DOWN', kind: 'later' }],
  ['a large segment', 413, '', { code: 'E_MEDIA_REFUSED', kind: 'reject' }],
  ['a large head', 431, '', { code: 'E_MEDIA_REFUSED', kind: 'reject' }],
  [
    'a usage cap by day',
    429,
    { title: 'UsageCapExceeded', period: 'Daily' },
    { code: 'E_QUOTA', notBefore: Date.UTC(2026, 10, 23) },
  ],
  [
    'a usage cap by month',
    429,
    { title: 'UsageCapExceeded', period: 'Monthly' },
    { code: 'E_QUOTA', notBefore: Date.UTC(2026, 11, 1) },
  ],
  [
    'a rate limit without headers',
    429,
    { errors: [{ code: 88, message: 'Rate limit exceeded' }] },
    { code: 'E_RATE_LIMIT', kind: 'later', reason: 'quota', notBefore: now + 15 * MINUTE },
  ],
];

describe('refusals', () => {
  it.each(rows)('%s (%i)', (_name, status, body, expected) => {
    expect(classifyAnswer(answer(status, body), posting, clock)).toMatchObject({
      certain: true,
      status,
      ...expected,
    });
  });

  it('a bare Forbidden on media means that the right is missing', () => {
    expect(classifyAnswer(answer(403, forbidden('Forbidden')), uploading, clock)).toMatchObject({
      code: 'E_SCOPES',
      kind: 'login',
    });
    expect(classifyAnswer(answer(403, forbidden('Forbidden')), posting, clock)).toMatchObject({
      code: 'E_REFUSED',
    });
  });

  it.each([500, 502, 503, 520, 408])('%i proves nothing and is left to the shared rule', (status) => {
    expect(classifyAnswer(answer(status, { title: 'x' }), posting, clock)).toBeUndefined();
  });

  it('the account’s number beyond 2^53 does no harm', () => {
    const body = '{"title":"CreditsDepleted","account_id":1800000000000000001}';
    expect(classifyAnswer(answer(402, body), posting, clock)).toMatchObject({ code: 'E_MONEY' });
  });

  it.each(['null', '[]', '"x"', '7', '{"title":7,"errors":"x","type":null}', '{"errors":[null,7]}'])(
    'survives %s',
    (body) => {
      expect(classifyAnswer(answer(403, body), posting, clock)).toMatchObject({ certain: true });
    },
  );

  it('money names the console', () => {
    expect(classifyAnswer(answer(402, ''), posting, clock)?.hint).toContain('https://console.x.com');
  });
});

describe('429', () => {
  const headers = (remaining: string, resetAt: number) => ({
    'x-rate-limit-limit': '100',
    'x-rate-limit-remaining': remaining,
    'x-rate-limit-reset': String(resetAt / 1000),
  });
  const wait = (more: Record<string, string>) =>
    classifyAnswer(answer(429, { title: 'Too Many Requests' }, more), posting, clock)?.notBefore;

  it('waits for the reset of a window that is empty', () => {
    expect(wait(headers('0', now + 7 * MINUTE))).toBe(now + 7 * MINUTE);
  });

  it('waits blindly where the window still has room: another one is full', () => {
    expect(wait(headers('12', now + 7 * MINUTE))).toBe(now + 15 * MINUTE);
  });

  it('waits for the day’s window before the short one', () => {
    const day = {
      'x-user-limit-24hour-limit': '100',
      'x-user-limit-24hour-remaining': '0',
      'x-user-limit-24hour-reset': String((now + 6 * HOUR) / 1000),
    };
    expect(wait({ ...headers('0', now + MINUTE), ...day })).toBe(now + 6 * HOUR);
  });

  it('believes no reset in the past or beyond a day', () => {
    expect(wait(headers('0', now - HOUR))).toBe(now + 1000);
    expect(wait(headers('0', now + 900 * HOUR))).toBe(now + 26 * HOUR);
  });
});

describe('readings', () => {
  it('come from whole headers only', () => {
    const headers = {
      'x-rate-limit-limit': '100',
      'x-rate-limit-remaining': '42',
      'x-rate-limit-reset': '1795348800',
    };
    expect(readingsOf(answer(201, {}, headers), posting)).toEqual([
      { bucket: 'posts', max: 100, remaining: 42, resetsAt: 1_795_348_800_000 },
    ]);
    expect(readingsOf(answer(201, {}, { ...headers, 'x-rate-limit-reset': 'soon' }), posting)).toEqual([]);
    expect(readingsOf(answer(201, {}, headers), { url: posting.url })).toEqual([]);
  });
});
