import { expect, it } from 'vitest';
import { MINUTE } from '../../src/core/clock.ts';
import type { HttpResponse } from '../../src/core/http.ts';
import { regainedAt, usageReadings } from '../../src/platforms/meta-usage.ts';

const now = Date.UTC(2026, 10, 22);

function answer(headers: Record<string, string>): HttpResponse {
  return { status: 200, headers, text: '', url: '', json: <T>() => ({}) as T };
}

const app = (usage: object) => answer({ 'x-app-usage': JSON.stringify(usage) });
const business = (entry: object) =>
  answer({ 'x-business-use-case-usage': JSON.stringify({ '17841': [{ type: 'instagram', ...entry }] }) });

it('tells nothing while there is plenty left', () => {
  expect(usageReadings(answer({}), now)).toEqual([]);
  expect(usageReadings(app({ call_count: 28, total_time: 25, total_cputime: 25 }), now)).toEqual([]);
  expect(usageReadings(business({ call_count: 79.9, estimated_time_to_regain_access: 0 }), now)).toEqual([]);
});

it('leaves fewer calls from 80 percent of any figure on', () => {
  expect(usageReadings(app({ call_count: 10, total_time: 80, total_cputime: 5 }), now)).toEqual([
    { bucket: 'calls', used: 160 },
  ]);
});

it('stops at 100 percent, for as long as Meta says or a quarter of an hour', () => {
  expect(usageReadings(app({ call_count: 120 }), now)).toEqual([
    { bucket: 'calls', used: 200, blockedUntil: now + 15 * MINUTE },
  ]);
  expect(usageReadings(business({ call_count: 100, estimated_time_to_regain_access: 7 }), now)).toEqual([
    { bucket: 'calls', used: 200, blockedUntil: now + 7 * MINUTE },
  ]);
  expect(usageReadings(business({ call_count: 3, estimated_time_to_regain_access: 7 }), now)).toEqual([
    { bucket: 'calls', blockedUntil: now + 7 * MINUTE },
  ]);
});

it.each([
  '',
  '{',
  '[]',
  'null',
  '12',
  '{"1":null}',
  '{"1":[null,3,{"call_count":"99"}]}',
  '{"call_count":null}',
])('takes an unreadable header for none: %s', (text) => {
  for (const name of ['x-app-usage', 'x-business-use-case-usage']) {
    expect(usageReadings(answer({ [name]: text }), now)).toEqual([]);
    expect(regainedAt(answer({ [name]: text }), now)).toBeUndefined();
  }
});
