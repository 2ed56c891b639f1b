import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, TestClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import type { HttpResponse } from '../../src/core/http.ts';
import { classifyFacebook } from '../../src/platforms/facebook-errors.ts';
import { classifyInstagram } from '../../src/platforms/instagram-errors.ts';

const clock = new TestClock();

function answer(body: unknown, status = 400, headers: Record<string, string> = {}): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, text, url: '', json: <T>() => JSON.parse(text) as T };
}

function graphError(code: number, subcode?: number, message = 'Fatal'): HttpResponse {
  const error = { message, type: 'OAuthException', code, fbtrace_id: 'A1' };
  return answer({ error: subcode === undefined ? error : { ...error, error_subcode: subcode } });
}

type Row = readonly [
  code: number,
  subcode: number | undefined,
  kind: Failure['kind'],
  error: string,
  certain: boolean,
];

const shared: readonly Row[] = [
  [1, undefined, 'retry', 'E_PLATFORM_DOWN', false],
  [2, undefined, 'retry', 'E_PLATFORM_DOWN', false],
  [3, undefined, 'login', 'E_APP_SETUP', true],
  [4, undefined, 'later', 'E_RATE_LIMIT', false],
  [10, undefined, 'login', 'E_SCOPES', true],
  [17, undefined, 'later', 'E_RATE_LIMIT', true],
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
  [341, undefined, 'later', 'E_RATE_LIMIT', true],
  [368, undefined, 'later', 'E_ACCOUNT_BLOCKED', false],
  [506, undefined, 'reject', 'E_DUPLICATE', false],
  [613, undefined, 'later', 'E_RATE_LIMIT', true],
  [613, 1996, 'later', 'E_RATE_LIMIT', true],
  [803, undefined, 'retry', 'E_UNREADABLE', false],
  [80001, undefined, 'later', 'E_RATE_LIMIT', true],
  [80002, undefined, 'later', 'E_RATE_LIMIT', true],
  // Numbers that no table has: tried again, never proof.
  [98765, undefined, 'retry', 'E_PLATFORM_DOWN', false],
  [100, 4711, 'retry', 'E_PLATFORM_DOWN', false],
];

// https://developers.facebook.com/documentation/instagram-platform/instagram-graph-api/reference/error-codes
const onInstagram: readonly Row[] = [
  ...shared,
  [-2, 2207003, 'retry', 'E_PROCESSING', false],
  [-2, 2207020, 'retry', 'E_PROCESSING', false],
  [-1, 2207001, 'retry', 'E_PLATFORM_DOWN', false],
  [-1, 2207032, 'retry', 'E_PLATFORM_DOWN', false],
  [-1, 2207053, 'retry', 'E_PLATFORM_DOWN', false],
  [-1, 2207085, 'retry', 'E_PLATFORM_DOWN', false],
  [100, 2207085, 'retry', 'E_PLATFORM_DOWN', false],
  [1, 2207057, 'reject', 'E_REFUSED', true],
  [4, 2207051, 'later', 'E_RATE_LIMIT', false],
  [9, 2207042, 'later', 'E_QUOTA', true],
  [24, 2207006, 'retry', 'E_UNREADABLE', false],
  [24, 2207008, 'retry', 'E_UNREADABLE', false],
  [25, 2207050, 'login', 'E_ACCOUNT_BLOCKED', true],
  [100, 2207023, 'reject', 'E_REFUSED', true],
  [100, 2207028, 'reject', 'E_REFUSED', true],
  [100, 2207035, 'reject', 'E_REFUSED', true],
  [100, 2207040, 'reject', 'E_TEXT_REFUSED', true],
  [352, 2207026, 'reject', 'E_MEDIA_REFUSED', true],
  [9004, 2207052, 'retry', 'E_HOST', false],
  [9007, 2207027, 'later', 'E_NOT_YET', true],
  [36000, 2207004, 'reject', 'E_MEDIA_REFUSED', true],
  [36001, 2207005, 'reject', 'E_MEDIA_REFUSED', true],
  [36003, 2207009, 'reject', 'E_MEDIA_REFUSED', true],
  [36004, 2207010, 'reject', 'E_TEXT_REFUSED', true],
  [-1, 2207081, 'reject', 'E_REFUSED', true],
];

// https://developers.facebook.com/documentation/video-api/guides/reels-publishing
const onFacebook: readonly Row[] = [
  ...shared,
  [6000, undefined, 'retry', 'E_PROCESSING', true],
  [100, 6000, 'retry', 'E_PROCESSING', true],
  ...[1363019, 1363021, 1363030, 1363033, 1363037, 1363041, 1363045].map(
    (code): Row => [code, undefined, 'retry', 'E_HANDLE_EXPIRED', true],
  ),
  ...[
    1363020, 1363022, 1363023, 1363024, 1363025, 1363026, 1363031, 1363032, 1363040, 1363127, 1363128,
    1363129,
  ].map((code): Row => [code, undefined, 'reject', 'E_MEDIA_REFUSED', true]),
  [100, 1363128, 'reject', 'E_MEDIA_REFUSED', true],
  [1363042, undefined, 'login', 'E_SCOPES', true],
  [1363005, undefined, 'login', 'E_SCOPES', true],
  [1363047, undefined, 'retry', 'E_PROCESSING', true],
  [1390008, undefined, 'later', 'E_RATE_LIMIT', false],
  [1346003, undefined, 'reject', 'E_REFUSED', true],
  [100, 1404102, 'reject', 'E_REFUSED', true],
  [1404006, undefined, 'login', 'E_ACCOUNT_BLOCKED', true],
  [1404112, undefined, 'login', 'E_ACCOUNT_BLOCKED', true],
  [4854002, undefined, 'login', 'E_ACCOUNT_BLOCKED', true],
  [1404078, undefined, 'login', 'E_ACCOUNT_BLOCKED', true],
  [1609005, undefined, 'reject', 'E_TEXT_REFUSED', true],
  [1500, undefined, 'reject', 'E_TEXT_REFUSED', true],
  [1609008, undefined, 'reject', 'E_TEXT_REFUSED', true],
];

describe.each([
  ['Instagram', classifyInstagram, onInstagram],
  ['Facebook', classifyFacebook, onFacebook],
] as const)('%s reads', (_name, classify, rows) => {
  const read = (response: HttpResponse) => classify(response, { url: '' }, clock);

  it.each(rows)('%d/%s as %s %s, certain: %s', (code, subcode, kind, error, certain) => {
    const failure = read(graphError(code, subcode));
    expect([failure?.kind, failure?.code, failure?.certain]).toEqual([kind, error, certain]);
    if (kind === 'later') expect(failure?.notBefore).toBeGreaterThan(clock.now());
  });

  it.each([
    ['an HTML page', '<html>Sorry</html>'],
    ['nothing', ''],
    ['another shape', { message: 'no' }],
    ['an error without a number', { error: { message: 'no', type: 'X' } }],
    ['a number as text', { error: { message: 'no', code: '190' } }],
    ['a list', []],
  ])('leaves %s to the shared rule', (_what, body) => {
    expect(read(answer(body, 500))).toBeUndefined();
  });

  it('goes by the body and not by the status', () => {
    const failure = read(answer({ error: { message: 'x', code: 190, error_subcode: 463 } }, 500));
    expect(failure?.code).toBe('E_LOGIN_NEEDED');
  });

  it('prefers what is meant for people, and gives the numbers', () => {
    const error = {
      message: 'Fatal',
      code: 368,
      error_subcode: 5,
      error_user_msg: 'Du bist vorübergehend gesperrt.',
    };
    expect(read(answer({ error }))?.message).toContain('“Du bist vorübergehend gesperrt.” (368/5)');
  });

  it('shows no token that Meta quotes', () => {
    const token = `EAAB${'x1Y2'.repeat(20)}`;
    expect(read(graphError(190, undefined, `Malformed access token ${token}`))?.message).not.toContain(
      'x1Y2',
    );
    expect(read(graphError(200, undefined, 'needs instagram_content_publish now'))?.message).toContain(
      'instagram_content_publish',
    );
  });

  it('knows that a blocked app is no matter of signing in', () => {
    expect(read(graphError(200, undefined, 'API access blocked.'))?.code).toBe('E_ACCOUNT_BLOCKED');
  });

  it('takes the wait from the headers where they name one', () => {
    const usage = { '17841': [{ type: 'instagram', call_count: 100, estimated_time_to_regain_access: 33 }] };
    const headers = { 'x-business-use-case-usage': JSON.stringify(usage) };
    const response = answer({ error: { message: 'x', code: 80002 } }, 400, headers);
    expect(read(response)?.notBefore).toBe(clock.now() + 33 * MINUTE);
    expect(read(graphError(613, 1996))?.notBefore).toBeGreaterThanOrEqual(clock.now() + 15 * MINUTE);
    expect(read(graphError(368))?.notBefore).toBe(clock.now() + 24 * HOUR);
  });

  it.each([
    ['OffsetInvalidError', 'Request starting offset is invalid', 'retry', 'E_PLATFORM_DOWN'],
    ['PartialRequestError', 'Partial request (did not match length of file)', 'retry', 'E_PLATFORM_DOWN'],
    ['ProcessingFailedError', 'Request processing failed', 'retry', 'E_PLATFORM_DOWN'],
    ['ProcessingFailedError', '{"error":{"message":"unauthorized user request"}}', 'login', 'E_LOGIN_NEEDED'],
    [
      'ParameterValidationError',
      'HeaderValuePredicate: Header Offset not convertable',
      'reject',
      'E_REFUSED',
    ],
    ['SomethingNew', 'odd', 'retry', 'E_PLATFORM_DOWN'],
  ])('rupload’s %s: %s', (type, message, kind, code) => {
    const failure = read(answer({ debug_info: { retriable: false, type, message } }));
    expect([failure?.kind, failure?.code]).toEqual([kind, code]);
  });
});

it('Facebook sends the person to the Page’s owner where the task is missing', () => {
  const failure = classifyFacebook(
    graphError(100, undefined, 'No permission to publish the video'),
    { url: '' },
    clock,
  );
  expect([failure?.kind, failure?.code]).toEqual(['login', 'E_SCOPES']);
});
