import { parse as parseLossless } from 'lossless-json';
import { Failure } from '../core/failure.ts';

/**
 * Parses a platform's JSON. Integers beyond 2^53 come as strings of their exact digits, also when written with
 * an exponent or `.0`, so that a remote id never passes through a float; all other numbers are numbers.
 * Throws Failure E_BAD_ANSWER; the text itself is never quoted, for it may hold secrets.
 */
export function parseJson(text: string, from = 'The platform'): unknown {
  try {
    // Native parsing is far quicker and right as long as no number is too long for it.
    if (!holdsLongNumber(text)) return JSON.parse(text);
    return parseLossless(text, null, { parseNumber, onDuplicateKey: ({ newValue }) => newValue });
  } catch {
    const what = text.trim() === '' ? 'nothing' : 'something that is not JSON';
    throw new Failure('E_BAD_ANSWER', { message: `${from} answered ${what} where JSON was expected.` });
  }
}

/** One JSON number literal: a number where it is exact enough, else its digits. */
export function parseNumber(literal: string): number | string {
  const whole = wholeDigits(literal);
  if (whole === undefined) return Number(literal);
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** A number that may lose digits when it becomes a float; may say yes too often. */
const longNumber = /\d[\d.]{15}|\d[eE]/;
/** The same where a number can begin, at the text’s start or behind a mark: seldom within a string. */
const longNumberAtMark = /(?:^|[:,[])\s*-?\d(?:[\d.]{15}|[\d.]*[eE])/;

function holdsLongNumber(text: string): boolean {
  if (!longNumberAtMark.test(text)) return false;
  // It may stand inside a string all the same: look only at what stands between the strings.
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    if (longNumber.test(open < 0 ? text.slice(at) : text.slice(at, open))) return true;
    if (open < 0) return false;
    at = endOfString(text, open) + 1;
  }
  return false;
}

function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close >= 0; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text[close - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return close;
  }
  return text.length;
}

/** Exponents past this are not written out: `1e999999999` would fill the memory. */
const longestExponent = 400;

/** The exact digits of a literal whose value is a whole number; undefined where it has a fraction. */
function wholeDigits(literal: string): string | undefined {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? [];
  const digits = whole + fraction;
  if (/^0+$/.test(digits)) return `${sign}0`;
  const exponent = Number(power);
  if (exponent > longestExponent) return literal;
  const point = whole.length + exponent;
  if (/[1-9]/.test(digits.slice(Math.max(0, point)))) return undefined;
  return (
    sign +
    digits
      .slice(0, point)
      .padEnd(point, '0')
      .replace(/^0+(?=\d)/, '')
  );
}
