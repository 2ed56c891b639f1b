import { expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { HttpResponse } from '../../src/core/http.ts';
import { retryAfter, saidBy, standardFailure } from '../../src/net/classify.ts';
import { toResponse } from '../../src/net/request.ts';

const clock = new TestClock();
const now = clock.now();

function answer(status: number, headers: Record<string, string> = {}, text = ''): HttpResponse {
  return toResponse({ status, headers, text }, 'https://api.example.com/v1/posts?access_token=tok123456');
}

test('each status means one thing', () => {
  const rows: [number, object][] = [
    [400, { code: 'E_REFUSED', kind: 'reject', certain: true }],
    [401, { code: 'E_LOGIN_NEEDED', kind: 'login', certain: true, command: 'repost login x' }],
    [403, { code: 'E_REFUSED', kind: 'reject', certain: true }],
    [404, { code: 'E_REFUSED', kind: 'reject', certain: true }],
    [408, { code: 'E_PLATFORM_DOWN', kind: 'retry', certain: false }],
    [413, { code: 'E_REFUSED', kind: 'reject', certain: true }],
    [422, { code: 'E_REFUSED', kind: 'reject', certain: true }],
    [425, { code: 'E_PLATFORM_DOWN', kind: 'retry', certain: false }],
    [429, { code: 'E_RATE_LIMIT', kind: 'later', reason: 'quota', certain: true, notBefore: now + MINUTE }],
    [500, { code: 'E_PLATFORM_DOWN', kind: 'retry', certain: false, notBefore: undefined }],
    [503, { code: 'E_PLATFORM_DOWN', kind: 'retry', certain: false }],
    [302, { code: 'E_BAD_ANSWER', kind: 'retry', certain: false }],
  ];
  for (const [status, expected] of rows) {
    const failure = standardFailure(answer(status), clock, { id: 'x', name: 'X' });
    expect(failure, String(status)).toMatchObject({ status, ...expected });
    expect(failure.message).toBe(`X answered ${status}.`);
  }
  expect(standardFailure(answer(500), clock).message).toBe('api.example.com answered 500.');
});

test('Retry-After: seconds or a date read against the server’s own clock, between 1 s and 26 h', () => {
  const http = (at: number) => new Date(at).toUTCString();
  const rows: [Record<string, string>, number | undefined][] = [
    [{ 'retry-after': '120' }, 120 * SECOND],
    [{ 'retry-after': ' 1.5 ' }, 1500],
    [{ 'retry-after': '0' }, SECOND],
    [{ 'retry-after': '-5' }, SECOND],
    [{ 'retry-after': '99999999' }, 26 * HOUR],
    [{ 'retry-after': http(now + HOUR) }, HOUR],
    // The server's clock is a day ahead of ours.
    [{ 'retry-after': http(now + 25 * HOUR), date: http(now + 24 * HOUR) }, HOUR],
    [{ 'retry-after': http(now - HOUR) }, SECOND],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ];
  for (const [headers, wait] of rows)
    expect(retryAfter({ headers }, clock), JSON.stringify(headers)).toBe(
      wait === undefined ? undefined : now + wait,
    );
  expect(standardFailure(answer(429, { 'retry-after': '7' }), clock).notBefore).toBe(now + 7 * SECOND);
  expect(standardFailure(answer(503, { 'retry-after': '7' }), clock)).toMatchObject({
    kind: 'retry',
    notBefore: now + 7 * SECOND,
  });
});

test('the platform’s own words are quoted: in one line, bounded, without secrets and control characters', () => {
  const rows: [string, string][] = [
    ['{"error":{"message":"Daily limit.","code":403}}', 'Daily limit.'],
    ['{"error":"invalid","error_description":"Bad thing"}', 'Bad thing'],
    ['{"errors":[{"message":"First"}]}', 'First'],
    ['{"title":"Forbidden","detail":"Not you"}', 'Not you'],
    ['{"message":"See <a href=\\"x\\">here</a>"}', 'See here'],
    ['{"message":"a\\u001b[31mred\\r\\nb\\u202ec"}', 'a [31mred b c'],
    ['{"message":"token access_token=abc123 is bad"}', 'token access_token=*** is bad'],
    ['<html>502</html>', ''],
    ['{"error":{"code":1}}', ''],
    ['', ''],
  ];
  for (const [text, said] of rows) expect(saidBy(answer(400, {}, text)), text).toBe(said);
  expect(saidBy(answer(400, {}, JSON.stringify({ message: 'x'.repeat(5000) }))).length).toBe(300);
});
