import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/core/clock.ts';
import { nextAllowed, nextAllowedNow } from '../../src/core/schedule.ts';
import { type Timing, timetableOf } from '../../src/core/timing.ts';
import { instantOf, instantsOf, offsetAt, sayWallTime, wallTime } from '../../src/core/wall-clock.ts';

const iso = (at: number | undefined) =>
  at === undefined ? 'never' : new Date(at).toISOString().replace('.000Z', 'Z');

function next(timing: Timing, after: string, taken: readonly string[] = []): string {
  const timetable = timetableOf(timing, 'UTC');
  if (!timetable) throw new Error('nothing to keep to');
  return iso(
    nextAllowed(
      Date.parse(after),
      timetable,
      taken.map((text) => Date.parse(text)),
    ),
  );
}

describe('slots over a change of the clocks', () => {
  it('Europe/Rome: nine o’clock stays nine o’clock', () => {
    const timing = { timeZone: 'Europe/Rome', slots: ['09:00'] };
    // Summer time begins on 29 March 2026 and ends on 25 October 2026, both at 01:00 UTC.
    expect(next(timing, '2026-03-28T08:00:01Z')).toBe('2026-03-29T07:00:00Z');
    expect(next(timing, '2026-10-24T07:00:01Z')).toBe('2026-10-25T08:00:00Z');
  });

  it('Europe/Rome: a slot in the skipped hour comes when the hour is over, one in the doubled hour comes once', () => {
    const timing = { timeZone: 'Europe/Rome', slots: ['02:30'] };
    expect(next(timing, '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00Z');
    expect(next(timing, '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00Z');
    // The second 02:30 of that night (01:30 UTC) is none.
    expect(next(timing, '2026-10-25T00:30:01Z')).toBe('2026-10-26T01:30:00Z');
  });

  it('America/New_York', () => {
    const timing = { timeZone: 'America/New_York', slots: ['02:30', '18:00'] };
    expect(next(timing, '2026-03-08T00:00:00Z')).toBe('2026-03-08T07:00:00Z');
    expect(next(timing, '2026-03-08T07:00:01Z')).toBe('2026-03-08T22:00:00Z');
    expect(next(timing, '2026-11-01T07:00:00Z')).toBe('2026-11-01T07:30:00Z');
    // 01:30 comes twice that night; the slot once.
    const doubled = { timeZone: 'America/New_York', slots: ['01:30'] };
    expect(next(doubled, '2026-11-01T00:00:00Z')).toBe('2026-11-01T05:30:00Z');
    expect(next(doubled, '2026-11-01T05:30:01Z')).toBe('2026-11-02T06:30:00Z');
  });

  it('Australia/Lord_Howe: half an hour', () => {
    const timing = { timeZone: 'Australia/Lord_Howe', slots: ['02:15'] };
    // Forward on 4 October 2026 at 02:00 (UTC+10:30) to 02:30 (UTC+11): 15:30 UTC of the day before.
    expect(next(timing, '2026-10-03T12:00:00Z')).toBe('2026-10-03T15:30:00Z');
    expect(next(timing, '2026-10-03T15:30:01Z')).toBe('2026-10-04T15:15:00Z');
    // Back on 5 April 2026 at 02:00 (UTC+11) to 01:30 (UTC+10:30): 02:15 comes once, after the change.
    expect(next(timing, '2026-04-04T14:00:00Z')).toBe('2026-04-04T15:45:00Z');
  });

  it('Asia/Kathmandu: a quarter of an hour off, and no change ever', () => {
    const timing = { timeZone: 'Asia/Kathmandu', slots: ['09:00'] };
    expect(next(timing, '2026-03-29T00:00:00Z')).toBe('2026-03-29T03:15:00Z');
    expect(next(timing, '2026-10-25T03:15:01Z')).toBe('2026-10-26T03:15:00Z');
  });
});

describe('windows', () => {
  const office = { timeZone: 'Europe/Rome', windows: ['Mon-Fri 09:00-17:00'] };

  it('let through what lies within, and hold the rest for the next opening', () => {
    expect(next(office, '2026-11-20T12:00:00Z')).toBe('2026-11-20T12:00:00Z');
    // A Friday, 17:00 in Rome: Monday 09:00.
    expect(next(office, '2026-11-20T16:00:00Z')).toBe('2026-11-23T08:00:00Z');
  });

  it('keep to the wall clock over both changes', () => {
    const early = { timeZone: 'Europe/Rome', windows: ['01:00-02:30'] };
    // 02:45 of the first hour is outside; at 01:00 UTC it is 02:00 again, and inside.
    expect(next(early, '2026-10-25T00:45:00Z')).toBe('2026-10-25T01:00:00Z');
    expect(next(early, '2026-10-25T01:30:00Z')).toBe('2026-10-26T00:00:00Z');
    const skipped = { timeZone: 'Europe/Rome', windows: ['02:10-02:50'] };
    expect(next(skipped, '2026-03-28T12:00:00Z')).toBe('2026-03-30T00:10:00Z');
    const half = { timeZone: 'Europe/Rome', windows: ['02:10-03:20'] };
    expect(next(half, '2026-03-28T12:00:00Z')).toBe('2026-03-29T01:00:00Z');
  });

  it('go past midnight, and belong to the day on which they begin', () => {
    const late = { timeZone: 'America/New_York', windows: ['Fri 22:00-02:00'] };
    expect(next(late, '2026-11-21T06:59:00Z')).toBe('2026-11-21T06:59:00Z');
    expect(next(late, '2026-11-21T07:00:00Z')).toBe('2026-11-28T03:00:00Z');
  });

  it('choose among slots', () => {
    const timing = { timeZone: 'Europe/Rome', slots: ['08:00', '12:00'], windows: ['Sat,Sun 10:00-14:00'] };
    expect(next(timing, '2026-11-20T12:00:00Z')).toBe('2026-11-21T11:00:00Z');
  });

  it('hold for every zone and instant what the wall clock says', () => {
    const zones = [
      'Europe/Rome',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Cairo',
      'Pacific/Apia',
    ];
    const near = fc.oneof(
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2030, 0) }),
      fc
        .constantFrom(...[3, 4, 10, 11].map((month) => Date.UTC(2026, month - 1, 1)))
        .chain((start) => fc.integer({ min: start, max: start + 31 * 24 * HOUR })),
    );
    const minute = fc.integer({ min: 0, max: 1439 });
    const clock = (value: number) =>
      `${String(Math.floor(value / 60)).padStart(2, '0')}:${String(value % 60).padStart(2, '0')}`;
    fc.assert(
      fc.property(fc.constantFrom(...zones), near, minute, minute, (timeZone, after, from, to) => {
        fc.pre(from !== to);
        const timetable = timetableOf({ timeZone, windows: [`${clock(from)}-${clock(to)}`] }, 'UTC');
        if (!timetable) throw new Error('nothing to keep to');
        const inside = (at: number) => {
          const shown = wallTime(timeZone, at).minute;
          return from < to ? shown >= from && shown < to : shown >= from || shown < to;
        };
        const found = nextAllowed(after, timetable, []) ?? Number.NaN;
        expect(found).toBeGreaterThanOrEqual(after);
        expect(inside(found)).toBe(true);
        // No minute before it was open.
        const minutes = Math.min(3000, Math.floor((found - after) / MINUTE));
        for (let back = 1; back <= minutes; back += 1) expect(inside(found - back * MINUTE)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is taken already', () => {
  it('keeps the gap on both sides', () => {
    expect(next({ gap: '1h' }, '2026-11-20T12:00:00Z', ['2026-11-20T12:30:00Z'])).toBe(
      '2026-11-20T13:30:00Z',
    );
    expect(
      next({ gap: '1h' }, '2026-11-20T12:00:00Z', ['2026-11-20T11:10:00Z', '2026-11-20T14:00:00Z']),
    ).toBe('2026-11-20T12:10:00Z');
    expect(
      next({ gap: '1h' }, '2026-11-20T12:00:00Z', ['2026-11-20T11:10:00Z', '2026-11-20T13:00:00Z']),
    ).toBe('2026-11-20T14:00:00Z');
  });

  it('fills the slots in their order, then the next day’s', () => {
    const timing = { slots: ['09:00', '18:00'] };
    const taken: string[] = [];
    for (let n = 0; n < 5; n += 1) taken.push(next(timing, '2026-11-20T08:00:00Z', taken));
    expect(taken).toEqual([
      '2026-11-20T09:00:00Z',
      '2026-11-20T18:00:00Z',
      '2026-11-21T09:00:00Z',
      '2026-11-21T18:00:00Z',
      '2026-11-22T09:00:00Z',
    ]);
  });

  it('counts the posts of a local day', () => {
    const timing = { timeZone: 'Asia/Kathmandu', perDay: 2 };
    // Midnight in Kathmandu is 18:15 UTC.
    expect(next(timing, '2026-11-20T12:00:00Z', ['2026-11-19T18:20:00Z', '2026-11-20T01:00:00Z'])).toBe(
      '2026-11-20T18:15:00Z',
    );
    expect(next(timing, '2026-11-20T12:00:00Z', ['2026-11-19T18:10:00Z', '2026-11-20T01:00:00Z'])).toBe(
      '2026-11-20T12:00:00Z',
    );
  });

  it('finds nothing where there is never room', () => {
    const timetable = timetableOf({ slots: ['09:00'], windows: ['Mon 08:00-10:00'] }, 'UTC');
    const never = timetable && { ...timetable, windows: [{ days: [], from: 0, to: 60 }] };
    expect(never && nextAllowed(0, never, [])).toBeUndefined();
  });
});

describe('at the moment of sending', () => {
  const timetable = timetableOf({ slots: ['09:00', '18:00'] }, 'UTC');
  const at = (text: string, published: readonly string[] = []) =>
    timetable &&
    iso(
      nextAllowedNow(
        Date.parse(text),
        timetable,
        published.map((one) => Date.parse(one)),
      ),
    );

  it('a slot may be used for an hour, once', () => {
    expect(at('2026-11-20T09:00:40Z')).toBe('2026-11-20T09:00:40Z');
    expect(at('2026-11-20T09:59:00Z')).toBe('2026-11-20T09:59:00Z');
    expect(at('2026-11-20T10:00:00Z')).toBe('2026-11-20T18:00:00Z');
    expect(at('2026-11-20T09:20:00Z', ['2026-11-20T09:00:10Z'])).toBe('2026-11-20T18:00:00Z');
  });
});

describe('the wall clock', () => {
  it('agrees with the platform’s own, at every quarter', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'Europe/Rome',
          'Australia/Lord_Howe',
          'Asia/Kathmandu',
          'America/St_Johns',
          'Africa/Casablanca',
          'UTC',
        ),
        fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2040, 0) }),
        (timeZone, at) => {
          const shown = new Intl.DateTimeFormat('sv-SE', {
            timeZone,
            dateStyle: 'short',
            timeStyle: 'short',
          }).format(at);
          expect(sayWallTime(timeZone, at)).toBe(shown);
          const { minute, ...date } = wallTime(timeZone, at);
          const instants = instantsOf(timeZone, date, minute);
          expect(instants).toContain(Math.floor(at / MINUTE) * MINUTE);
          expect(instantOf(timeZone, date, minute)).toBe(instants[0]);
        },
      ),
      { numRuns: 1000 },
    );
    expect(offsetAt('Asia/Kathmandu', 0 + Date.UTC(2026, 0))).toBe(5.75 * HOUR);
  });
});

describe('a timing that can’t be kept to', () => {
  it.each([
    [{ slots: ['25:00'] }, /no time of day/],
    [{ windows: ['Mon-Fri'] }, /no window/],
    [{ windows: ['Foo 09:00-10:00'] }, /no window/],
    [{ windows: ['09:00-09:00'] }, /no window/],
    [{ gap: 'soon' }, /gap/],
    [{ slots: ['09:00'], timeZone: 'Mars/Olympus' }, /no time zone/],
    [{ slots: ['09:00'], windows: ['10:00-11:00'] }, /never|ever/],
    [{ perDay: 0 }, /perDay/],
  ])('%j', (timing: Timing, message) => {
    expect(() => timetableOf(timing, 'UTC')).toThrow(message);
  });
});
