import { RE2JS, RE2JSException } from 're2js';
import { Failure } from './failure.ts';

/** Longest pattern that a person may write. */
const LONGEST_PATTERN = 300;
/**
 * Instructions that a pattern may be compiled to: repeats inside repeats multiply. Time is at most this many
 * steps for each character of the text.
 */
const LARGEST_PROGRAM = 2_000;
/** More of a text is not looked at; captions of TikTok end at 4,000. */
const LONGEST_TEXT = 5_000;

const compiled = new Map<string, RE2JS>();
const KEPT = 200;

/**
 * Does a pattern of a person's occur in a text? RE2's syntax (https://github.com/google/re2/wiki/Syntax), upper
 * and lower case alike: it has no look-around and no back-references, and time grows with the text's length
 * only, whatever the pattern. Throws E_RULE for what is no pattern.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compile(pattern).matcher(text.slice(0, LONGEST_TEXT)).find();
}

/** Throws E_RULE where this is no pattern, or one that costs too much. */
export function checkPattern(pattern: string): void {
  compile(pattern);
}

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  if (pattern === '') throw refused(pattern, 'it is empty');
  if (pattern.length > LONGEST_PATTERN)
    throw refused(pattern, `it is longer than ${LONGEST_PATTERN} characters`);
  const made = parse(pattern);
  if (made.programSize() > LARGEST_PROGRAM)
    throw refused(pattern, 'its repeats multiply to too large a program');
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

function parse(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw refused(pattern, error.message.replace(/^error parsing regexp: /u, ''));
  }
}

function refused(pattern: string, why: string): Failure {
  const shown = pattern.length > 60 ? `${pattern.slice(0, 60)}…` : pattern;
  return new Failure('E_RULE', {
    message: `“${shown}” is no pattern: ${why}.`,
    hint: 'Patterns are RE2 regular expressions, without look-around and back-references; \\b(ad|promo)\\b is one.',
  });
}
