import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson, parseNumber } from '../../src/net/json.ts';

test('ids beyond 2^53 keep every digit, wherever they stand', () => {
  const text =
    '{"id":7575000000000000123,"list":[-9007199254740993,{"x":17841400000000009}],"n":9007199254740991}';
  expect(parseJson(text)).toEqual({
    id: '7575000000000000123',
    list: ['-9007199254740993', { x: '17841400000000009' }],
    n: 9007199254740991,
  });
  expect(parseJson('17841400000000009999')).toBe('17841400000000009999');
});

test('exponents and decimals: whole numbers are exact, fractions are numbers', () => {
  const rows: [string, number | string][] = [
    ['7.575000000000000123e18', '7575000000000000123'],
    ['7575000000000000123.0', '7575000000000000123'],
    ['75750000000000001230E-1', '7575000000000000123'],
    ['1e3', 1000],
    ['1.50e2', 150],
    ['-0', -0],
    ['0e99999999999', 0],
    ['12.345678901234567890', 12.345678901234567],
    ['1e-7', 1e-7],
    ['1e-99999999999', 0],
    // Too long to write out: the literal itself.
    ['1e999999999', '1e999999999'],
    ['1e21', '1000000000000000000000'],
  ];
  for (const [literal, value] of rows) {
    expect(parseNumber(literal), literal).toBe(value);
    expect(parseJson(`[${literal}]`), literal).toEqual([value]);
  }
});

test('whatever JSON says comes back, big numbers or none', () => {
  fc.assert(
    fc.property(fc.json(), fc.bigInt(), (json, big) => {
      const plain = JSON.parse(json) as unknown;
      const exact = exactly(plain);
      expect(parseJson(json)).toEqual(exact);
      const id =
        big > BigInt(Number.MAX_SAFE_INTEGER) || big < BigInt(Number.MIN_SAFE_INTEGER)
          ? String(big)
          : Number(big);
      expect(parseJson(`{"before":${json},"id":${big},"after":${json}}`)).toEqual({
        before: exact,
        id,
        after: exact,
      });
    }),
  );
});

/** What `parseJson` promises of a value that JSON.parse gave: integers past 2^53 as text. */
function exactly(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    return BigInt(value).toString() === String(value) ? String(value) : expect.any(String);
  if (Array.isArray(value)) return value.map(exactly);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value))
    Object.defineProperty(copy, key, {
      value: exactly(inner),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  return copy;
}

test('digits inside strings are no numbers, escaped quotes end no string', () => {
  const value = { id: '7575000000000000123', odd: '\\"7575000000000000123\\', 'k"1e9': 1 };
  expect(parseJson(JSON.stringify(value))).toEqual(value);
});

test('what is not JSON is E_BAD_ANSWER, and nothing of it is quoted', () => {
  for (const text of [
    '',
    '<html>',
    '{"access_token":"tok-1234567890',
    '[01234567890123456789]',
    '{"a":1e}',
    '[9007199254740993,]',
  ])
    expect(() => parseJson(text), text).toThrow(
      expect.objectContaining({
        code: 'E_BAD_ANSWER',
        kind: 'retry',
        certain: false,
        message: expect.not.stringContaining('tok-'),
      }),
    );
});

test('keys that mean something to JavaScript stay plain keys, the last of two wins', () => {
  const parsed = parseJson('{"__proto__":{"admin":true},"id":9007199254740993,"a":1,"a":2}') as Record<
    string,
    unknown
  >;
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  expect(parsed['admin']).toBeUndefined();
  expect(parsed['a']).toBe(2);
});
