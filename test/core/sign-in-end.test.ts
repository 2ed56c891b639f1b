import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/core/clock.ts';
import { END_CAUSE, signInEnd } from '../../src/core/sign-in-end.ts';

const now = Date.UTC(2026, 10, 22, 12);
const account = (breaksAt?: number, settings = {}) => ({
  status: 'ok' as const,
  settings,
  ...(breaksAt === undefined ? {} : { breaksAt }),
});

describe('when a sign-in ends', () => {
  it.each([
    [15 * DAY, 15, null],
    [14 * DAY + 1, 15, null],
    [14 * DAY, 14, 14],
    [8 * DAY, 8, 14],
    [7 * DAY, 7, 7],
    [3 * DAY + 1, 4, 7],
    [3 * DAY, 3, 3],
    [DAY + 1, 2, 3],
    [DAY, 1, 1],
    [MINUTE, 1, 1],
  ])('%i ms before: %i days left, the warning of %s', (left, daysLeft, warning) => {
    expect(signInEnd(account(now + left), now)).toMatchObject({
      state: 'ends',
      endsAt: now + left,
      daysLeft,
      warning,
    });
  });

  it('has ended at its instant, or once its person is needed', () => {
    expect(signInEnd(account(now), now)).toMatchObject({ state: 'ended', daysLeft: 0, warning: null });
    const revoked = { ...account(now + 90 * DAY), status: 'login-needed' as const };
    expect(signInEnd(revoked, now)).toMatchObject({ state: 'ended', warning: null });
  });

  it('is not known where it renews itself', () => {
    expect(signInEnd(account(), now)).toEqual({
      state: 'lasts',
      endsAt: null,
      daysLeft: null,
      warning: null,
      cause: null,
      advice: '',
    });
  });

  it('names the seven days of a Google project in Testing, and the page that ends them', () => {
    const end = signInEnd(account(now + 2 * DAY, { [END_CAUSE]: 'google-testing' }), now);
    expect(end.cause).toBe('google-testing');
    expect(end.advice).toMatch(/status Testing.*seven days.*console\.cloud\.google\.com/u);
  });
});
