import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/core/account.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/clock.ts';
import { isDue, merged } from '../../src/vault/freshness.ts';

const grant = (lifeMs: number): Grant => ({
  accessToken: 'old',
  refreshToken: 'refresh',
  scopes: ['publish'],
  obtainedAt: 0,
  expiresAt: lifeMs,
  refreshExpiresAt: 100 * DAY,
  extra: { pageToken: 'page' },
});

describe('when a token is renewed', () => {
  it.each([
    ['2 hours', 2 * HOUR, undefined, 2 * HOUR - 10 * MINUTE],
    ['an hour', HOUR, undefined, HOUR - 6 * MINUTE],
    ['5 minutes', 5 * MINUTE, undefined, 4.5 * MINUTE],
    ['60 days, asked a week before', 60 * DAY, 7 * DAY, 53 * DAY],
    ['60 days, asked at once', 60 * DAY, 90 * DAY, 6 * DAY],
  ])('a life of %s', (_, life, wish, dueAt) => {
    expect(isDue(grant(life), wish, dueAt - 1)).toBe(false);
    expect(isDue(grant(life), wish, dueAt)).toBe(true);
  });

  it('never, where it has no end', () => {
    const { expiresAt: _, ...endless } = grant(0);
    expect(isDue(endless, 7 * DAY, 1_000 * DAY)).toBe(false);
  });
});

describe('what a renewal leaves out', () => {
  it('stays as it was', () => {
    const fresh: Grant = { accessToken: 'new', scopes: [], obtainedAt: 5, expiresAt: 10 };
    expect(merged(grant(1), fresh)).toEqual({
      ...grant(1),
      accessToken: 'new',
      obtainedAt: 5,
      expiresAt: 10,
    });
  });

  it('but the end of the old refresh token says nothing about a new one', () => {
    const fresh: Grant = { accessToken: 'new', refreshToken: 'other', scopes: ['a'], obtainedAt: 5 };
    expect(merged(grant(1), fresh)).toEqual({
      accessToken: 'new',
      refreshToken: 'other',
      scopes: ['a'],
      obtainedAt: 5,
      extra: { pageToken: 'page' },
    });
  });
});
