import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStartOfDay, nextStartOfMonth, startOfDay, startOfMonth } from '../../src/core/calendar.ts';
import { DAY, HOUR } from '../../src/core/clock.ts';

const iso = (at: number) => new Date(at).toISOString();
const LA = 'America/Los_Angeles';

describe('days of a zone', () => {
  it('start at the zone’s midnight, in winter and in summer', () => {
    expect(iso(startOfDay(LA, Date.UTC(2026, 10, 22, 12)))).toBe('2026-11-22T08:00:00.000Z');
    expect(iso(nextStartOfDay(LA, Date.UTC(2026, 10, 22, 12)))).toBe('2026-11-23T08:00:00.000Z');
    expect(iso(nextStartOfDay(LA, Date.UTC(2026, 6, 1, 6, 59)))).toBe('2026-07-01T07:00:00.000Z');
    expect(iso(nextStartOfDay(LA, Date.UTC(2026, 6, 1, 7)))).toBe('2026-07-02T07:00:00.000Z');
  });

  it('last 23 and 25 hours when clocks change', () => {
    const spring = Date.UTC(2026, 2, 8, 12);
    expect(nextStartOfDay(LA, spring) - startOfDay(LA, spring)).toBe(23 * HOUR);
    const autumn = Date.UTC(2026, 10, 1, 12);
    expect(nextStartOfDay(LA, autumn) - startOfDay(LA, autumn)).toBe(25 * HOUR);
  });

  it('start at one o’clock where midnight is skipped', () => {
    // Egypt moves its clocks from 00:00 to 01:00 on the last Friday of April.
    const start = startOfDay('Africa/Cairo', Date.UTC(2026, 3, 24, 12));
    expect(iso(start)).toBe('2026-04-23T22:00:00.000Z');
    expect(nextStartOfDay('Africa/Cairo', start) - start).toBe(23 * HOUR);
  });

  it('carry over months and years', () => {
    expect(iso(nextStartOfDay('UTC', Date.UTC(2026, 11, 31, 23)))).toBe('2027-01-01T00:00:00.000Z');
    expect(iso(startOfMonth('UTC', Date.UTC(2028, 1, 29)))).toBe('2028-02-01T00:00:00.000Z');
    expect(iso(nextStartOfMonth('UTC', Date.UTC(2026, 11, 5)))).toBe('2027-01-01T00:00:00.000Z');
    expect(iso(nextStartOfMonth('Pacific/Kiritimati', Date.UTC(2026, 10, 30, 9)))).toBe(
      '2026-11-30T10:00:00.000Z',
    );
  });

  it('refuses a name that is no zone', () => {
    expect(() => startOfDay('Mars/Olympus', 0)).toThrow(RangeError);
  });

  it('hold every instant exactly once', () => {
    const zones = [
      LA,
      'Europe/Berlin',
      'Africa/Cairo',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Kathmandu',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }),
        (zone, at) => {
          const start = startOfDay(zone, at);
          const next = nextStartOfDay(zone, at);
          expect(start).toBeLessThanOrEqual(at);
          expect(next).toBeGreaterThan(at);
          expect(next - start).toBeLessThanOrEqual(DAY + 2 * HOUR);
          expect(startOfDay(zone, start)).toBe(start);
          expect(startOfDay(zone, start - 1)).toBeLessThan(start);
          expect(startOfDay(zone, next)).toBe(next);
        },
      ),
      { numRuns: 500 },
    );
  });
});
