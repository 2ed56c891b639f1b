import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/clock.ts';
import { Failure } from '../../src/core/failure.ts';
import { errorOf } from '../../src/core/job.ts';
import type { JobView, StepRow } from '../../src/store/types.ts';
import { lengthText, relativeText, shortText, spanText } from '../../src/web/pages/times.ts';
import { stopsOf } from '../../src/web/pages/way.ts';
import { outLink } from '../../src/web/pages/words.ts';
import { exampleAttempt, T0 } from '../store/examples.ts';

const video = { publishedAt: T0 - MINUTE };
const job = { createdAt: T0, updatedAt: T0 + HOUR, runAt: T0 + 2 * HOUR, reason: null, post: null, video };
const jobAt = (change: object) => ({ ...job, ...change }) as unknown as JobView;
const step = (name: string, at: number, change: Partial<StepRow> = {}): StepRow => ({
  jobId: 1,
  seq: 1,
  name,
  kind: 'step',
  state: 'done',
  result: null,
  sentAt: null,
  sends: 0,
  doneAt: at,
  ...change,
});

describe('the way of a job', () => {
  it('goes from the source by its steps to the post, in the order of time', () => {
    const post = { publishedAt: T0 + 9 * SECOND };
    const steps = [step('upload', T0 + 4 * SECOND), step('get the file', T0 + SECOND)];
    expect(stopsOf(jobAt({ state: 'published', post }), steps, []).map(({ what, at }) => [what, at])).toEqual(
      [
        ['at the source', T0 - MINUTE],
        ['seen', T0],
        ['get the file', T0 + SECOND],
        ['upload', T0 + 4 * SECOND],
        ['published', T0 + 9 * SECOND],
      ],
    );
  });

  it('shows what was sent without an answer as a doubt, never as done', () => {
    const sent = step('publish', 0, { kind: 'commit', state: 'intent', sentAt: T0 + SECOND, doneAt: null });
    const stops = stopsOf(jobAt({ state: 'unknown' }), [sent], []);
    expect(stops.slice(2).map(({ what, tone }) => [what, tone])).toEqual([
      ['publish', 'doubt'],
      ['unknown', 'doubt'],
    ]);
  });

  it('has no due time for what waits for a person, and few of many failures', () => {
    expect(stopsOf(jobAt({ state: 'waiting', reason: 'approval' }), [], []).at(-1)?.at).toBeNull();
    expect(stopsOf(jobAt({ state: 'waiting', reason: 'window' }), [], []).at(-1)?.at).toBe(T0 + 2 * HOUR);
    const error = errorOf(new Failure('E_PLATFORM_DOWN'));
    const attempts = Array.from({ length: 9 }, (_, id) => ({
      ...exampleAttempt('backoff'),
      id,
      jobId: 1,
      error,
    }));
    const troubles = stopsOf(jobAt({ state: 'dead' }), [], attempts).filter(({ tone }) => tone === 'trouble');
    expect(troubles).toHaveLength(4);
  });
});

describe('words of a page', () => {
  it('say how long, and when on the home’s clocks', () => {
    expect([800, 61_000, 3 * HOUR, 50 * HOUR].map(spanText)).toEqual(['0.8 s', '1 min', '3 h', '2 days']);
    expect([7000, 61_000, 3 * HOUR - MINUTE, 3 * DAY].map(lengthText)).toEqual([
      '7 s',
      '1 min 1 s',
      '2 h 59 min',
      '3 days',
    ]);
    expect([T0 - HOUR, T0 + 2 * MINUTE, T0].map((at) => relativeText(at, T0))).toEqual([
      '1 h ago',
      'in 2 min',
      'now',
    ]);
    const now = { now: T0, timeZone: 'Asia/Kolkata' };
    expect(shortText(T0, now)).toBe('17:30');
    expect(shortText(T0 + 12 * HOUR, now)).toBe('Mon 23 Nov, 05:30');
    expect(shortText(T0 - 400 * DAY, now)).toBe('Sat 18 Oct 2025, 17:30');
  });

  it('never link to what is no web address', () => {
    for (const url of ['javascript:alert(1)', ' javascript:x', 'data:text/html,x', 'file:///etc', '', null])
      expect(outLink(url, 'Open').html).not.toContain('<a');
    expect(outLink('https://a.example/?a=1&b="', 'Open').html).toContain(
      'href="https://a.example/?a=1&amp;b=&quot;"',
    );
  });
});
