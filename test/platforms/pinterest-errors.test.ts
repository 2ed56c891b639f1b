import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { HttpRequest, HttpResponse } from '../../src/core/http.ts';
import { toResponse } from '../../src/net/request.ts';
import { v5 } from '../../src/platforms/pinterest-api.ts';
import { classifyAnswer, readingsOf, storageError } from '../../src/platforms/pinterest-errors.ts';
import { calls } from '../../src/platforms/pinterest-rules.ts';

const clock = new TestClock(Date.UTC(2026, 10, 22, 12, 30));
const now = clock.now();
const pinning: HttpRequest = { url: v5('pins'), call: calls.pin };
const looking: HttpRequest = { url: v5('boards/1/pins'), call: calls.pins };

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse =>
  toResponse(
    { status, headers, text: typeof body === 'string' ? body : JSON.stringify(body) },
    pinning.url,
    'Pinterest',
  );
const said = (code: number, message: string) => ({ code, message });
const trial = said(
  29,
  'Apps with Trial access may not create Pins in production https://api.pinterest.com - use API Sandbox https://api-sandbox.pinterest.com instead.',
);

const rows: [string, number, unknown, object, HttpRequest?][] = [
  ['a refused token', 401, said(2, 'Authentication failed.'), { code: 'E_LOGIN_NEEDED', kind: 'login' }],
  [
    'a refused token, in other words',
    401,
    said(3, 'Authorization failed.'),
    { code: 'E_LOGIN_NEEDED', kind: 'login' },
  ],
  [
    'Trial access',
    403,
    trial,
    { code: 'E_APP_SETUP', kind: 'login', hint: expect.stringContaining('Standard access') },
  ],
  ['a missing right', 403, said(7, 'required scopes: pins:write'), { code: 'E_SCOPES', kind: 'login' }],
  ['a right, in other words', 403, said(3, 'Authorization failed.'), { code: 'E_SCOPES', kind: 'login' }],
  [
    'a board that is gone',
    404,
    said(40, 'Board not found.'),
    { code: 'E_REFUSED', kind: 'reject', hint: expect.stringContaining('pinterest.board') },
  ],
  [
    'an upload that is gone',
    404,
    said(2700, 'Media not found.'),
    { code: 'E_HANDLE_EXPIRED', kind: 'redo', step: 'register' },
  ],
  [
    'a refused cover',
    400,
    said(1, "Invalid parameter 'media_source': cover image"),
    { code: 'E_MEDIA_REFUSED', kind: 'reject' },
  ],
  ['a long title', 400, said(1, "Invalid parameter 'title'"), { code: 'E_TEXT_REFUSED', kind: 'reject' }],
  [
    'a blocked link',
    400,
    said(1, 'Sorry! We blocked this link because it may lead to spam.'),
    { code: 'E_REFUSED', kind: 'reject', hint: expect.stringContaining('link=none') },
  ],
  ['anything else', 400, said(1, 'A new reason.'), { code: 'E_REFUSED', kind: 'reject' }],
  ['a large body', 413, '', { code: 'E_MEDIA_REFUSED' }],
  [
    'a list that is not there',
    404,
    said(40, 'Board not found.'),
    { code: 'E_UNREADABLE', kind: 'retry' },
    looking,
  ],
  ['a list that is refused', 400, said(1, 'page_size'), { code: 'E_REFUSED', kind: 'reject' }, looking],
  [
    'a rate limit without headers',
    429,
    said(8, 'You have exceeded your rate limit. Try again later.'),
    { code: 'E_RATE_LIMIT', kind: 'later', reason: 'quota', notBefore: now + 15 * MINUTE },
  ],
];

describe('refusals', () => {
  it.each(rows)('%s (%i)', (_name, status, body, expected, request = pinning) => {
    expect(classifyAnswer(answer(status, body), request, clock)).toMatchObject({
      certain: true,
      status,
      ...expected,
    });
  });

  it.each([500, 502, 503, 408])('%i proves nothing and is left to the shared rule', (status) => {
    expect(classifyAnswer(answer(status, said(0, 'x')), pinning, clock)).toBeUndefined();
  });

  it.each(['null', '[]', '"x"', '7', '{"code":"x","message":7}', '<html>'])('survives %s', (body) => {
    expect(classifyAnswer(answer(400, body), pinning, clock)).toMatchObject({ certain: true });
  });
});

describe('429', () => {
  const wait = (headers: Record<string, string>) =>
    classifyAnswer(answer(429, said(8, 'x'), headers), pinning, clock)?.notBefore;

  it('waits as long as a header says, in seconds to go', () => {
    expect(wait({ 'x-ratelimit-reset': '42' })).toBe(now + 42 * SECOND);
    expect(wait({ 'retry-after': '7', 'x-ratelimit-reset': '42' })).toBe(now + 7 * SECOND);
  });

  it('believes no nonsense', () => {
    expect(wait({ 'x-ratelimit-reset': '1795348800' })).toBe(now + 26 * 60 * MINUTE);
    expect(wait({ 'x-ratelimit-reset': 'soon' })).toBe(now + 15 * MINUTE);
    expect(wait({ 'x-ratelimit-reset': '-5' })).toBe(now + 15 * MINUTE);
  });
});

describe('readings', () => {
  const read = (limit: string, remaining = '17', reset = '30') =>
    readingsOf(
      answer(
        200,
        {},
        { 'x-ratelimit-limit': limit, 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset': reset },
      ),
      pinning,
      clock,
    );

  it('speak of the window that is named first', () => {
    expect(
      read('1000, 100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="org_read_app_id_user_id"'),
    ).toEqual([{ bucket: 'reads', max: 1000, remaining: 17, resetsAt: now + 30 * SECOND }]);
    expect(read('100, 100;w=60;name="org_write_app_id_user_id"')).toEqual([
      { bucket: 'writes', max: 100, remaining: 17, resetsAt: now + 30 * SECOND },
    ]);
  });

  it.each([
    '100, 100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="org_read_app_id_user_id"',
    '300, 300;w=86400;name="org_write_app_id"',
    '100',
    '',
    'nonsense;;',
  ])('are left alone where they speak of another: %s', (limit) => {
    expect(read(limit)).toEqual([]);
  });

  it('are left alone without numbers', () => {
    expect(read('100, 100;w=60;name="org_write_app"', 'many')).toEqual([]);
    expect(read('100, 100;w=60;name="org_write_app"', '1', 'soon')).toEqual([]);
  });
});

it('reads the storage’s XML', () => {
  const xml =
    '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>';
  expect(storageError(xml)).toEqual({
    code: 'AccessDenied',
    message: 'Invalid according to Policy: Policy expired.',
  });
  expect(storageError('<html>')).toEqual({ code: '', message: '' });
});
