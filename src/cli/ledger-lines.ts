import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { Failure } from '../core/failure.ts';

/** The form of the file; see docs/ledger.md. */
export const LEDGER_VERSION = 1;

/** Bounds on what a file from elsewhere may ask of us. */
const LONGEST_LINE = 64 * 1024;
const MOST_LINES = 5_000_000;

/** One line of a ledger, its form checked; who is meant is not. */
export interface LedgerLine {
  number: number;
  source: string;
  video: string;
  account: string;
  state: string;
  post: { id: string; url: string | null };
  /** Epoch ms. */
  at: number;
  videoUrl: string | null;
  videoAt: number | null;
  caption: string;
}

/** The lines of a ledger’s file. Throws E_LEDGER naming the line that is wrong, E_NOT_FOUND. */
export async function* readLedger(path: string, now: number): AsyncGenerator<LedgerLine> {
  let number = 0;
  let begun = false;
  for await (const text of linesOf(path)) {
    number += 1;
    if (number > MOST_LINES) throw wrong(path, number, `a ledger has at most ${MOST_LINES} lines`);
    if (text.trim() === '') continue;
    const value = parse(text, path, number);
    if (!begun) {
      begun = true;
      if (value['repostLedger'] === LEDGER_VERSION) continue;
      throw wrong(path, number, `the first line must be {"repostLedger": ${LEDGER_VERSION}}`);
    }
    yield lineOf(value, (what) => wrong(path, number, what), number, now);
  }
  if (!begun) throw wrong(path, 1, 'it is empty');
}

/** Never holds more than one line: a file without line ends must not fill the memory. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let count = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      const parts = (rest + decoder.write(chunk as Buffer)).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        count += 1;
        if (part.length > LONGEST_LINE) throw wrong(path, count, 'the line is too long');
        yield part;
      }
      if (rest.length > LONGEST_LINE) throw wrong(path, count + 1, 'the line is too long');
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(code === 'ENOENT' ? 'E_NOT_FOUND' : 'E_LEDGER', {
      message: `The file ${path} can’t be read (${code ?? 'unknown reason'}).`,
    });
  }
  yield rest + decoder.end();
}

function parse(text: string, path: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw wrong(path, number, 'it is no JSON object');
}

function lineOf(
  value: Record<string, unknown>,
  refuse: (what: string) => Failure,
  number: number,
  now: number,
): LedgerLine {
  const text = (name: string, longest: number, from = value): string => {
    const found = from[name];
    // A number would have lost its last digits on the way.
    if (typeof found !== 'string') throw refuse(`“${name}” must be text`);
    if (found.length > longest || /[\u0000-\u001f\u007f]/u.test(name === 'caption' ? '' : found))
      throw refuse(`“${name}” is too long or has control characters in it`);
    return found;
  };
  const optional = (name: string, longest: number, from = value) =>
    from[name] === undefined || from[name] === null ? null : text(name, longest, from);
  const time = (name: string): number => {
    const at = Date.parse(text(name, 40));
    if (Number.isNaN(at) || at < 0 || at > now + 86_400_000) throw refuse(`“${name}” is no time that was`);
    return at;
  };
  const post = (value['post'] ?? {}) as Record<string, unknown>;
  const url = webAddress(optional('url', 2_000, post), refuse);
  const id = optional('id', 500, post) ?? url;
  const state = optional('state', 20) ?? 'published';
  if (state === 'published' && !id) throw refuse('a published post needs “post” with an “id” or a “url”');
  return {
    number,
    source: text('source', 500),
    video: text('video', 500),
    account: text('account', 500),
    state,
    post: { id: id ?? '', url },
    at: time('at'),
    videoUrl: webAddress(optional('videoUrl', 2_000), refuse),
    videoAt: value['videoAt'] === undefined ? null : time('videoAt'),
    caption: optional('caption', 20_000) ?? '',
  };
}

function webAddress(text: string | null, refuse: (what: string) => Failure): string | null {
  if (text === null || /^https?:\/\/[^\s]+$/u.test(text)) return text;
  throw refuse('an address must begin with https:// or http://');
}

function wrong(path: string, line: number, what: string): Failure {
  return new Failure('E_LEDGER', { message: `${path}, line ${line}: ${what}.` });
}
