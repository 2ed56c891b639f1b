import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/core/clock.ts';
import { count, openStage, postsOf } from './tiktok-post-stage.ts';

const later: [string, string][] = [
  ['spam_risk_too_many_posts', 'E_QUOTA'],
  ['spam_risk_too_many_pending_share', 'E_QUOTA'],
  ['reached_active_user_cap', 'E_QUOTA'],
];

const person: [string, string][] = [
  ['spam_risk_user_banned_from_posting', 'E_ACCOUNT_BLOCKED'],
  ['unaudited_client_can_only_post_to_private_accounts', 'E_APP_SETUP'],
];

describe('TikTok refuses to begin', () => {
  it.each(later)('%s: waits and goes on by itself', async (initRefusal, code) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ initRefusal });
    const startedAt = stage.clock.now();
    const outcome = await me.drive({
      beforeRun: async (run) => {
        if (run === 2) await stage.quirks({ initRefusal: '' });
      },
    });
    expect(outcome.state).toBe('published');
    expect(outcome.waits[0]).toBe(`quota ${code}`);
    expect(stage.clock.now() - startedAt).toBeGreaterThanOrEqual(HOUR);
    expect(postsOf(stage)).toHaveLength(1);
  });

  it.each(person)('%s: asks its person', async (initRefusal, code) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ initRefusal });
    const outcome = await me.drive();
    expect([outcome.state, outcome.error?.code]).toEqual(['waiting', code]);
    expect(outcome.error?.command).toBe('repost login tiktok --for-posting');
    expect(outcome.error?.message).toContain(initRefusal);
  });

  it.each([
    [400, 'invalid_param', 'E_REFUSED', 'dead'],
    [400, 'invalid_params', 'E_REFUSED', 'dead'],
    [403, 'privacy_level_option_mismatch', 'E_REFUSED', 'dead'],
    [403, 'url_ownership_unverified', 'E_REFUSED', 'dead'],
    [403, 'a_code_of_tomorrow', 'E_REFUSED', 'dead'],
    [400, 'invalid_file_upload', 'E_MEDIA_REFUSED', 'dead'],
    [401, 'access_token_invalid', 'E_LOGIN_NEEDED', 'waiting'],
    [401, 'scope_not_authorized', 'E_SCOPES', 'waiting'],
    [200, 'spam_risk_user_banned_from_posting', 'E_ACCOUNT_BLOCKED', 'waiting'],
  ])('%i %s', async (status, errorCode, code, state) => {
    const stage = openStage();
    const me = await stage.login();
    const body = { data: {}, error: { code: errorCode, message: 'no', log_id: '20261122' } };
    stage.sandbox.faults.add({ path: 'video/init', times: 20, action: { kind: 'status', status, body } });
    const outcome = await me.drive();
    expect([outcome.error?.code, outcome.state]).toEqual([code, state]);
    expect(outcome.error?.message).toMatch(/\[log_id 20261122\]|answered/);
    expect(postsOf(stage)).toEqual([]);
  });

  it.each([
    [
      '429',
      { kind: 'status', status: 429, body: { error: { code: 'rate_limit_exceeded' } } },
      'quota E_RATE_LIMIT',
    ],
    [
      '500',
      { kind: 'status', status: 500, body: { error: { code: 'internal_error' } } },
      'backoff E_PLATFORM_DOWN',
    ],
    ['a lost answer', { kind: 'lost' }, 'backoff E_NO_ANSWER'],
    ['no data', { kind: 'status', status: 200, body: { error: { code: 'ok' } } }, 'backoff E_BAD_ANSWER'],
    [
      'an address elsewhere',
      {
        kind: 'status',
        status: 200,
        body: {
          data: { publish_id: 'v', upload_url: 'https://tiktokapis.com.evil.example/' },
          error: { code: 'ok' },
        },
      },
      'backoff E_BAD_ANSWER',
    ],
  ] as const)('%s: begins again, nobody has seen anything', async (_name, action, wait) => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({ path: 'video/init', times: 1, action });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    expect(outcome.waits[0]).toBe(wait);
    expect(count(stage, '/video/init/')).toBe(2);
    expect(postsOf(stage)).toHaveLength(1);
  });
});

describe('TikTok fails a video that came whole', () => {
  it.each([
    ['file_format_check_failed', /format/],
    ['duration_check_failed', /length/],
    ['frame_rate_check_failed', /frame rate/],
    ['picture_size_check_failed', /picture/],
    ['publish_cancelled', /cancelled/],
    ['spam_risk_text', /caption/],
    ['spam_risk', /spam/],
    ['spam_risk_too_many_posts', /no more posts/],
    ['a_reason_of_tomorrow', /could not post/],
  ])('%s: says why and sends nothing again', async (failReason, why) => {
    const stage = openStage();
    const me = await stage.login();
    await stage.quirks({ failReason, failTimes: 9 });
    const outcome = await me.drive();
    // Something was sent, so it never counts as a dead letter that anybody may retry without looking.
    expect(outcome.state).toBe('unknown');
    expect(outcome.error?.message).toMatch(why);
    expect(outcome.error?.message).toContain(failReason);
    expect(count(stage, '/video/init/')).toBe(1);
    expect(postsOf(stage)).toEqual([]);
  });

  it.each(['auth_removed', 'spam_risk_user_banned_from_posting'])(
    '%s: asks its person',
    async (failReason) => {
      const stage = openStage();
      const me = await stage.login();
      await stage.quirks({ failReason, failTimes: 9 });
      const outcome = await me.drive();
      expect([outcome.state, outcome.waits.at(-1)]).toEqual(['waiting', expect.stringMatching(/^login /u)]);
    },
  );
});

describe('what must not be seen', () => {
  it('is the address of an upload: whoever has it may send bytes to it', async () => {
    const stage = openStage();
    const me = await stage.login();
    stage.sandbox.faults.add({
      method: 'PUT',
      times: 1,
      action: { kind: 'status', status: 500, body: 'trouble' },
    });
    const outcome = await me.drive();
    expect(outcome.state).toBe('published');
    const token = stage.requests.find(({ method }) => method === 'PUT')?.query.get('upload_token') ?? '';
    expect(token).toMatch(/\w{20}/u);
    const kept = outcome.journal.rows().map(({ result }) => result ?? '');
    expect(JSON.stringify([outcome, kept, stage.traces])).not.toContain(token);
    expect(JSON.stringify(stage.traces)).toContain('upload_token=***');
  });
});
