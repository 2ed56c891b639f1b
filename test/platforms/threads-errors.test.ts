import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import { codes, type ErrorCode } from '../../src/core/codes.ts';
import type { Failure } from '../../src/core/failure.ts';
import { toResponse } from '../../src/net/request.ts';
import { classifyThreads, containerFaults, threadsErrors } from '../../src/platforms/threads-errors.ts';

const clock = new TestClock();
const request = { url: 'https://graph.threads.net/v1.0/1/threads_publish' };

function read(body: unknown, status = 400, headers: Record<string, string> = {}): Failure | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyThreads(toResponse({ status, headers, text }, request.url, 'Threads'), request, clock);
}

const error = (code: number, subcode?: number, message = 'Something') => ({
  error: {
    message,
    type: 'OAuthException',
    code,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    is_transient: false,
    fbtrace_id: 'A1b2',
  },
});

/** code, subcode, kind, our code, certain. */
const table: readonly [number, number | undefined, Failure['kind'], ErrorCode, boolean][] = [
  [1, undefined, 'retry', 'E_PLATFORM_DOWN', false],
  [1, 2207052, 'retry', 'E_HOST', true],
  [2, undefined, 'retry', 'E_PLATFORM_DOWN', false],
  [3, undefined, 'login', 'E_APP_SETUP', true],
  [4, undefined, 'later', 'E_RATE_LIMIT', false],
  [4, 2207051, 'later', 'E_RATE_LIMIT', false],
  [9, undefined, 'later', 'E_QUOTA', true],
  [9, 2207042, 'later', 'E_QUOTA', true],
  [10, undefined, 'login', 'E_SCOPES', true],
  [17, undefined, 'later', 'E_RATE_LIMIT', true],
  [24, 4279009, 'retry', 'E_NOT_YET', false],
  [24, undefined, 'retry', 'E_NOT_YET', false],
  [32, undefined, 'later', 'E_RATE_LIMIT', true],
  [100, undefined, 'reject', 'E_REFUSED', true],
  [100, 33, 'retry', 'E_UNREADABLE', false],
  [102, undefined, 'login', 'E_LOGIN_NEEDED', true],
  [190, undefined, 'login', 'E_LOGIN_NEEDED', true],
  [190, 458, 'login', 'E_LOGIN_NEEDED', true],
  [190, 459, 'login', 'E_LOGIN_NEEDED', true],
  [190, 460, 'login', 'E_LOGIN_NEEDED', true],
  [190, 463, 'login', 'E_LOGIN_NEEDED', true],
  [190, 464, 'login', 'E_LOGIN_NEEDED', true],
  [190, 467, 'login', 'E_LOGIN_NEEDED', true],
  [200, undefined, 'login', 'E_SCOPES', true],
  [299, undefined, 'login', 'E_SCOPES', true],
  [368, undefined, 'later', 'E_ACCOUNT_BLOCKED', false],
  [613, undefined, 'later', 'E_RATE_LIMIT', true],
  [4279013, undefined, 'login', 'E_ACCOUNT_BLOCKED', true],
  [-1, 4279013, 'login', 'E_ACCOUNT_BLOCKED', true],
  [77777, undefined, 'retry', 'E_PLATFORM_DOWN', false],
];

describe('Threads’ errors', () => {
  it.each(table)('%d/%s is %s %s', (code, subcode, kind, ours, certain) => {
    for (const status of [400, 403, 500]) {
      const failure = read(error(code, subcode), status);
      expect({ kind: failure?.kind, code: failure?.code, certain: failure?.certain }).toEqual({
        kind,
        code: ours,
        certain,
      });
      expect(failure?.message.length).toBeGreaterThan(10);
    }
  });

  it.each([
    ['Param text must be at most 500 characters long.', 'E_TEXT_REFUSED'],
    ["text can't be blank", 'E_TEXT_REFUSED'],
    ['THREADS_API__LINK_LIMIT_EXCEEDED', 'E_TEXT_REFUSED'],
    ['Param topic_tag must be 1 to 50 characters', 'E_TEXT_REFUSED'],
    ['THREADS_API__FEATURE_NOT_AVAILABLE', 'E_REFUSED'],
    ['Tried accessing nonexisting field (status)', 'E_REFUSED'],
  ])('100 “%s” is %s', (message, ours) => {
    expect(read(error(100, undefined, message))).toMatchObject({ code: ours, kind: 'reject', certain: true });
  });

  it('reads a restriction by its words, whatever its number', () => {
    const failure = read(error(1, undefined, 'We restrict certain activity to protect our community'));
    expect(failure).toMatchObject({ code: 'E_RATE_LIMIT', kind: 'later', certain: false });
    expect(failure?.notBefore).toBe(clock.now() + 4 * HOUR);
  });

  it('waits as the row says: an hour for the quota, a quarter of one for calls', () => {
    expect(read(error(9))?.notBefore).toBe(clock.now() + HOUR);
    expect(read(error(17))?.notBefore).toBe(clock.now() + 15 * MINUTE);
  });

  it('takes an error without Meta’s words for no proof', () => {
    for (const body of ['', '<html>no</html>', '{"error":{"mess', '{}', '[]', '{"error":"no"}'])
      for (const status of [400, 404])
        expect(read(body, status), `${status} ${body}`).toMatchObject({ kind: 'retry', certain: false });
    // The shared rule reads these.
    for (const status of [401, 429, 500, 503]) expect(read('', status)).toBeUndefined();
  });

  it('shows no token that Meta quotes', () => {
    const token = `THAA${'x1'.repeat(30)}`;
    expect(read(error(190, undefined, `Malformed access token ${token}`))?.message).not.toContain(token);
  });

  it('has advice for every row, and words for every way a video fails', () => {
    for (const row of threadsErrors) {
      expect(row.what).toMatch(/\.$/u);
      expect(row.hint ?? codes[row.error].todo).not.toBe('');
    }
    for (const { what } of Object.values(containerFaults)) expect(what.length).toBeGreaterThan(10);
  });
});
