import { Failure } from '../core/failure.ts';
import { isOurs } from './loopback.ts';
import { rememberSecret } from './redact.ts';

/** A slip is forgiven, guessing is not. */
const mostSlips = 3;

/**
 * The first pasted address that answers this sign-in. Of several lines, wrong ones are passed over up to three
 * times; a single one must fit. Lines that end without a word leave it to the listener, where there is one;
 * without one `alone` says why nobody else can answer.
 */
export async function parsePasted(
  pasted: AsyncIterable<string> | Promise<string>,
  state: string,
  alone?: Failure,
): Promise<URLSearchParams> {
  if (pasted instanceof Promise) {
    const line = await pasted;
    const query = queryOf(line);
    if (query !== undefined && isOurs(query, state)) return query;
    throw wrongPaste(query);
  }
  let slips = 0;
  let last: URLSearchParams | undefined;
  for await (const line of pasted) {
    if (line.trim() === '') continue;
    const query = queryOf(line);
    if (query !== undefined && isOurs(query, state)) return query;
    slips += 1;
    last = query;
    if (slips >= mostSlips) throw wrongPaste(query);
  }
  if (slips > 0) throw wrongPaste(last);
  if (alone !== undefined) throw alone;
  return new Promise(() => {});
}

/**
 * The query of a pasted address, or of what people take for it: quotes around it, only the part after the
 * question mark. Meta's `#_` and `#_=_` are no part of it. Undefined where there is nothing like an answer.
 */
export function queryOf(line: string): URLSearchParams | undefined {
  const plain = line
    .trim()
    .replace(/^["'<]+|["'>]+$/g, '')
    .replace(/#.*$/, '');
  const text = plain.includes('?') ? plain.slice(plain.indexOf('?') + 1) : plain;
  const query = new URLSearchParams(text);
  if (!query.has('code') && !query.has('error')) return undefined;
  rememberSecret(query.get('code') ?? undefined);
  return query;
}

function wrongPaste(query: URLSearchParams | undefined): Failure {
  if (query?.has('state') === true) return new Failure('E_STATE_MISMATCH');
  return new Failure('E_LOGIN_CODE', {
    message: 'That is not the address the browser ended on.',
    hint: 'Copy the whole line from the browser’s address bar after you have agreed; it holds code= and state=.',
  });
}
