import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, later, redo } from '../../src/core/failure.ts';
import { backoff, defaultRetry, type JobProgress, judge } from '../../src/core/job.ts';

const now = Date.UTC(2026, 10, 22, 12);
const fresh: JobProgress = { attempt: 0, maxAttempts: 5, giveUpAt: null };
const judged = (failure: Failure, committed = false, job = fresh, random = () => 0.5) =>
  judge(job, failure, committed, now, random, defaultRetry);

describe('judge', () => {
  it('backs off and uses an attempt on a transient error', () => {
    expect(judged(new Failure('E_PLATFORM_DOWN'))).toMatchObject({
      state: 'waiting',
      reason: 'backoff',
      attempt: 1,
      runAt: now + 1000,
    });
  });

  it('doubles the pause with each attempt, with full jitter', () => {
    const pauses = [1, 2, 3, 4, 5].map((attempt) => backoff(attempt, () => 1, defaultRetry));
    expect(pauses).toEqual([2000, 4000, 8000, 16_000, 32_000]);
  });

  it('waits at least as long as the platform asked', () => {
    expect(judged(new Failure('E_PLATFORM_DOWN', { notBefore: now + 90_000 })).runAt).toBe(now + 90_000);
  });

  it('makes a dead letter of a job whose attempts are used up', () => {
    const last = { ...fresh, attempt: 4 };
    expect(judged(new Failure('E_PLATFORM_DOWN'), false, last)).toMatchObject({
      state: 'dead',
      attempt: 5,
      reason: null,
    });
  });

  it('tells a dead letter’s person what to do, where the error alone would say that it is tried again', () => {
    const last = { ...fresh, attempt: 4, giveUpAt: now };
    const down = judged(new Failure('E_PLATFORM_DOWN', { message: 'X answered 500.' }), false, last).error;
    expect(down).toMatchObject({
      code: 'E_PLATFORM_DOWN',
      class: 'transient',
      message: 'X answered 500.',
      hint: 'All attempts are used up. See the last error, then retry.',
      command: 'repost jobs retry ID',
    });
    const tired = judged(later(now, 'Still processing.'), false, last);
    expect([tired.state, tired.error?.hint, tired.error?.command]).toEqual([
      'dead',
      'It waited longer than allowed. See what it waited for, then retry.',
      'repost jobs retry ID',
    ]);
  });

  it('never makes a dead letter of a job that was sent', () => {
    const last = { ...fresh, attempt: 4 };
    expect(judged(new Failure('E_PLATFORM_DOWN'), true, last).state).toBe('unknown');
    expect(judged(new Failure('E_REFUSED'), true).state).toBe('unknown');
  });

  it('makes a dead letter of a refusal at once', () => {
    expect(judged(new Failure('E_MEDIA_REFUSED'))).toMatchObject({ state: 'dead', attempt: 0 });
  });

  it('waits free of charge for what only takes time', () => {
    const verdict = judged(later(now + 15_000, 'processing'));
    expect(verdict).toMatchObject({
      state: 'waiting',
      reason: 'processing',
      attempt: 0,
      runAt: now + 15_000,
    });
    expect(verdict.giveUpAt).toBe(now + defaultRetry.giveUpMs);
  });

  it('waits a little where nobody said how long', () => {
    expect(judged(new Failure('E_QUOTA')).runAt).toBe(now + 1000);
  });

  it('never gives up what its own timing or our own count of a limit holds', () => {
    const old = { ...fresh, giveUpAt: now - 1 };
    const mine = new Failure('E_QUOTA', { reason: 'quota', notBefore: now + 5, certain: true });
    const theirs = new Failure('E_QUOTA', { reason: 'quota', notBefore: now + 5, status: 403 });
    expect(judged(later(now + 5, 'Sundays only', 'window'), false, old)).toMatchObject({
      state: 'waiting',
      reason: 'window',
    });
    expect(judged(mine, false, old)).toMatchObject({ state: 'waiting', runAt: now + 5, giveUpAt: now - 1 });
    expect(judged(theirs, false, old).state).toBe('dead');
    expect(judged(mine).giveUpAt).toBeNull();
  });

  it('never waits into the past', () => {
    expect(judged(later(now - 5000, 'processing')).runAt).toBe(now);
  });

  it('keeps the first bound on free waiting and gives up at it', () => {
    const job = { ...fresh, giveUpAt: now + 1 };
    expect(judged(later(now + 10, 'processing'), false, job)).toMatchObject({
      state: 'waiting',
      giveUpAt: now + 1,
    });
    expect(judged(later(now + 10, 'processing'), false, { ...fresh, giveUpAt: now })).toMatchObject({
      state: 'dead',
    });
    expect(judged(later(now + 10, 'processing'), true, { ...fresh, giveUpAt: now })).toMatchObject({
      state: 'unknown',
    });
  });

  it('stops the account where its person is needed', () => {
    expect(judged(new Failure('E_LOGIN_NEEDED'))).toMatchObject({
      state: 'waiting',
      reason: 'login',
      attempt: 0,
      accountNeedsLogin: true,
    });
  });

  it('forgets from the named step on', () => {
    expect(judged(redo('create container', 'expired'))).toMatchObject({
      state: 'waiting',
      reason: 'backoff',
      attempt: 1,
      redoFrom: 'create container',
    });
    expect(judged(new Failure('E_HANDLE_EXPIRED', { kind: 'redo' })).redoFrom).toBeUndefined();
  });

  it('asks a person in doubt, and never tries again by itself', () => {
    expect(judged(new Failure('E_UNKNOWN_OUTCOME'))).toMatchObject({ state: 'unknown', reason: null });
  });

  it('carries the way out with the error', () => {
    expect(judged(new Failure('E_LOGIN_NEEDED')).error).toMatchObject({
      code: 'E_LOGIN_NEEDED',
      class: 'auth',
      command: 'repost login PLATFORM',
    });
    expect(judged(new Failure('E_NETWORK')).error).not.toHaveProperty('command');
  });

  it('holds for every failure: sent jobs never die, attempts never shrink, pauses stay under the cap', () => {
    const failures = fc
      .constantFrom('E_NETWORK', 'E_REFUSED', 'E_QUOTA', 'E_LOGIN_NEEDED', 'E_UNKNOWN_OUTCOME', 'E_CONFIG')
      .map((code) => new Failure(code as 'E_NETWORK'));
    fc.assert(
      fc.property(
        failures,
        fc.boolean(),
        fc.nat(40),
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failure, committed, attempt, maxAttempts, random) => {
          const verdict = judge(
            { attempt, maxAttempts, giveUpAt: null },
            failure,
            committed,
            now,
            () => random,
            defaultRetry,
          );
          if (committed) expect(verdict.state).not.toBe('dead');
          expect(verdict.attempt).toBeGreaterThanOrEqual(attempt);
          expect(verdict.runAt - now).toBeLessThanOrEqual(defaultRetry.capMs);
          expect(verdict.runAt).toBeGreaterThanOrEqual(now);
        },
      ),
    );
  });
});
