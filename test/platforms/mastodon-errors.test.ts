import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND, TestClock } from '../../src/core/clock.ts';
import type { Failure } from '../../src/core/failure.ts';
import type { HttpRequest, HttpResponse } from '../../src/core/http.ts';
import { classifyAnswer, readingsOf } from '../../src/platforms/mastodon-errors.ts';
import { mediaFile, openStage, postsOf, type Stage, sendings, textOf, uploads } from './mastodon-stage.ts';

const clock = new TestClock();
const NOW = clock.now();

function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    headers,
    text,
    url: 'https://mastodon.social/api',
    json: <T>() => JSON.parse(text) as T,
  };
}

const asked = (call: string): HttpRequest => ({ url: 'https://mastodon.social/api/v1/x', call });
const classify = (status: number, body: unknown, call = 'post', headers = {}): Failure =>
  classifyAnswer(answer(status, body, headers), asked(call), clock)!;

const page = '<html><body>nginx</body></html>';
const said = (error: string, error_description?: string) => ({ error, error_description });

describe('the error table', () => {
  it.each([
    [401, said('The access token is invalid'), 'post', 'E_LOGIN_NEEDED', 'login'],
    [401, said('The access token was revoked'), 'media', 'E_LOGIN_NEEDED', 'login'],
    [401, said('The access token expired'), 'upload', 'E_LOGIN_NEEDED', 'login'],
    [401, said('invalid_client', 'Client authentication failed'), '*', 'E_LOGIN_NEEDED', 'login'],
    [401, page, 'post', 'E_LOGIN_NEEDED', 'login'],
    [403, said('This action is outside the authorized scopes'), 'post', 'E_SCOPES', 'login'],
    [403, said('Your login is missing a confirmed e-mail address'), 'post', 'E_ACCOUNT_BLOCKED', 'login'],
    [403, said('Your login is currently pending approval'), 'post', 'E_ACCOUNT_BLOCKED', 'login'],
    [403, said('Your login is currently disabled'), 'upload', 'E_ACCOUNT_BLOCKED', 'login'],
    [403, said('Dein Konto ist gesperrt'), 'upload', 'E_ACCOUNT_BLOCKED', 'login'],
    [403, said('This action is not allowed'), 'post', 'E_REFUSED', 'reject'],
    [403, page, 'post', 'E_PLATFORM_DOWN', 'later'],
    [404, said('Record not found'), 'statuses', 'E_UNREADABLE', 'retry'],
    [404, page, 'post', 'E_PLATFORM_DOWN', 'later'],
    [400, said('Error occurred while parsing request parameters'), 'post', 'E_REFUSED', 'reject'],
    [406, page, 'post', 'E_REFUSED', 'reject'],
    [410, said('Gone'), 'post', 'E_REFUSED', 'reject'],
    [413, page, 'upload', 'E_MEDIA_REFUSED', 'reject'],
    [
      422,
      said('Cannot attach files that have not finished processing. Try again in a moment!'),
      'post',
      'E_NOT_YET',
      'later',
    ],
    [
      422,
      said('Cannot attach a video to a post that already contains images'),
      'post',
      'E_REFUSED',
      'reject',
    ],
    [422, said('Media 1 not found or already attached to another post'), 'post', 'E_REFUSED', 'reject'],
    [
      422,
      said('Validation failed: Text character limit of 500 exceeded'),
      'post',
      'E_TEXT_REFUSED',
      'reject',
    ],
    [422, said("Validation failed: Text can't be blank"), 'post', 'E_TEXT_REFUSED', 'reject'],
    [422, said('This method requires an authenticated user'), 'statuses', 'E_REFUSED', 'reject'],
    [
      422,
      said('Validation failed: File content type is invalid, File is invalid'),
      'upload',
      'E_MEDIA_REFUSED',
      'reject',
    ],
    [422, said('File type of uploaded media could not be verified'), 'upload', 'E_MEDIA_REFUSED', 'reject'],
    [422, said('4000x4000 videos are not supported'), 'upload', 'E_MEDIA_REFUSED', 'reject'],
    [422, page, 'upload', 'E_MEDIA_REFUSED', 'reject'],
    [429, said('Too many requests'), 'post', 'E_RATE_LIMIT', 'later'],
    [429, page, 'upload', 'E_RATE_LIMIT', 'later'],
  ])('%i %j to %s is %s', (status, body, call, code, kind) => {
    const failure = classify(status, body, call);
    expect([failure.code, failure.kind, failure.certain, failure.status]).toEqual([code, kind, true, status]);
    expect(failure.message).toMatch(/mastodon\.social/u);
    if (kind === 'login') expect(failure.command).toBe('repost login mastodon --server mastodon.social');
  });

  it.each([500, 502, 503, 504, 408, 425])(
    '%i is left to the shared rule: nobody knows what was done',
    (status) => {
      expect(classifyAnswer(answer(status, said('trouble')), asked('post'), clock)).toBeUndefined();
    },
  );
});

describe('rate limits', () => {
  const headers = (limit: number, remaining: number, ms: number, more = {}) => ({
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    // Microseconds, as Ruby writes them.
    'x-ratelimit-reset': new Date(NOW + ms).toISOString().replace('Z', '000Z'),
    ...more,
  });

  it.each([
    ['the time that is told', headers(30, 0, 17 * MINUTE), 'upload', 17 * MINUTE],
    [
      'the time that is told, by the server’s own clock',
      headers(30, 0, 3 * HOUR, { date: new Date(NOW + 3 * HOUR - 5 * MINUTE).toUTCString() }),
      'upload',
      5 * MINUTE,
    ],
    ['a time that is over', headers(30, 0, -5 * MINUTE), 'upload', SECOND],
    ['a time that can’t be meant', headers(30, 0, 900 * HOUR), 'upload', 26 * HOUR],
    ['no time, for uploads', {}, 'upload', 30 * MINUTE],
    ['no time, for posts', {}, 'post', 30 * MINUTE],
    ['no time, for anything else', { 'x-ratelimit-reset': 'soon' }, 'media', 5 * MINUTE],
  ])('are waited for by %s', (_name, given, call, waitMs) => {
    expect(classify(429, said('Too many requests'), call, given).notBefore).toBe(NOW + waitMs);
  });

  it.each([
    ['uploads', 'upload', headers(30, 4, 20 * MINUTE)],
    ['calls', 'upload', headers(300, 4, 3 * MINUTE)],
    ['posts', 'post', headers(300, 4, 90 * MINUTE)],
    ['calls', 'post', headers(300, 4, 2 * MINUTE)],
    ['calls', 'statuses', headers(300, 4, 2 * MINUTE)],
  ])('are learned as %s from an answer to %s', (bucket, call, given) => {
    const readings = readingsOf(answer(200, {}, given), asked(call), clock);
    const resetsAt = Date.parse(given['x-ratelimit-reset']);
    expect(readings).toEqual([{ bucket, remaining: 4, max: Number(given['x-ratelimit-limit']), resetsAt }]);
  });

  it.each([
    ['no headers', {}],
    ['half of them', { 'x-ratelimit-limit': '300', 'x-ratelimit-remaining': '3' }],
    ['a number that is none', { ...headers(300, 3, MINUTE), 'x-ratelimit-remaining': 'many' }],
    ['a window that is none of ours', headers(1500, 3, MINUTE)],
    ['a longer one', headers(300, 3, HOUR)],
  ])('teach nothing by %s', (_name, given) => {
    expect(readingsOf(answer(200, {}, given), asked('statuses'), clock)).toEqual([]);
  });

  it('of the server hold a job until they free', async () => {
    const stage = openStage();
    const me = await stage.login();
    const { accountId } = postsLimit(me.account.remoteId);
    await stage.pull('limit', { server: 'mastodon.social', name: 'media', accountId, calls: 0 });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.waits[0]).toBe('quota E_RATE_LIMIT');
    expect(uploads(stage)).toBe(2);
    expect(me.readings).toContainEqual(expect.objectContaining({ bucket: 'uploads', max: 30 }) as unknown);
  });
});

const postsLimit = (remoteId: string) => ({ accountId: remoteId.split('@')[0] });

describe('a refused post', () => {
  const posting = { method: 'POST', path: 'statuses$', times: 1 };
  const refuse = (stage: Stage, error: string) =>
    stage.sandbox.faults.add({ ...posting, action: { kind: 'status', status: 422, body: { error } } });

  it('waits for the video by what the server says of it, in whatever language', async () => {
    const stage = openStage();
    const me = await stage.login();
    // Ready when asked, and not yet when it is posted: two machines of one server.
    await stage.quirks({ language: 'de' });
    stage.sandbox.faults.add({
      method: 'GET',
      path: 'media/',
      times: 1,
      action: { kind: 'status', status: 200, body: { id: '1', url: 'https://mastodon.social/f.mp4' } },
    });
    refuse(stage, 'Dateien, die noch nicht verarbeitet wurden, können nicht angehängt werden.');
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(uploads(stage)).toBe(1);
    expect(outcome.waits.at(-1)).toBe('processing E_NOT_YET');
  });

  it('is asked for in English', async () => {
    const stage = openStage();
    const me = await stage.login({ at: 'mastodon.example' });
    const outcome = await me.drive({ job: { text: textOf('x'.repeat(6000), {}, { server: tooLong }) } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_TEXT_REFUSED' } });
    expect(outcome.error?.message).toMatch(/Text character limit of 5000 exceeded/u);
    expect(postsOf(stage)).toHaveLength(0);
  });

  it('uploads anew where the server lost the upload', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ mediaHours: 0.05 });
    // Told to wait five minutes; by then the upload is thrown away.
    stage.sandbox.faults.add({
      ...posting,
      action: {
        kind: 'status',
        status: 429,
        headers: { 'x-ratelimit-reset': new Date(stage.clock.now() + 5 * MINUTE).toISOString() },
        body: {},
      },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(uploads(stage)).toBe(2);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it('is tried again where even the question for the reason fails', async () => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ readyAtOnce: true });
    refuse(stage, 'Something else');
    stage.sandbox.faults.add({
      method: 'GET',
      path: 'media/',
      times: 1,
      action: { kind: 'status', status: 500 },
    });
    expect((await me.drive()).state).toBe('published');
    expect(sendings(stage)).toBe(2);
  });

  it('is final where the video is fine and the words are not', async () => {
    const stage = openStage();
    const me = await stage.login();
    refuse(stage, 'Validation failed: Language is invalid');
    expect(await me.drive()).toMatchObject({ state: 'dead', error: { code: 'E_REFUSED' } });
    expect(sendings(stage)).toBe(1);
  });
});

const tooLong = {
  domain: '',
  version: '4.6.0',
  genuine: true,
  maxCharacters: 10_000,
  urlCharacters: 23,
  altCharacters: 1500,
  maxVideoBytes: 1,
  readAt: 1,
};

describe('a refused upload', () => {
  it.each([
    ['a proxy that is stricter than the server', { proxyBytes: 4000 }, /no file of this size/u],
    ['a limit that shrank since it was read', { videoBytes: 4000 }, /must be less than 4000/u],
    ['a picture that is too large since', { videoPixels: 1000 }, /1080x1920 videos are not supported/u],
  ])('ends the job with the reason: %s', async (_name, quirks, words) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks(quirks);
    const outcome = await me.drive({ job: { media: mediaFile(5000) } });
    expect(outcome).toMatchObject({ state: 'dead', error: { code: 'E_MEDIA_REFUSED' } });
    expect(outcome.error?.message).toMatch(words);
    expect(uploads(stage)).toBe(1);
  });
});

describe('an account that is stopped', () => {
  it.each(['unconfirmed', 'pending', 'disabled'] as const)('waits for its person: %s', async (stopped) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ stopped });
    const outcome = await me.drive();
    expect(outcome).toMatchObject({ state: 'waiting', error: { code: 'E_ACCOUNT_BLOCKED' } });
    expect(outcome.waits).toEqual(['login E_ACCOUNT_BLOCKED']);
  });

  it.each(['endTokens', 'forgetApps'])('or whose sign-in was ended: %s', async (lever) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.pull(lever);
    const outcome = await me.drive();
    expect(outcome).toMatchObject({
      state: 'waiting',
      error: { code: 'E_LOGIN_NEEDED', command: 'repost login mastodon --server mastodon.social' },
    });
  });
});
