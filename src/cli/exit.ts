import { codes } from '../core/codes.ts';
import type { Failure } from '../core/failure.ts';
import { harmless, type Io, lineWidth, painter, wantsColor } from './io.ts';
import { cellWidth } from './table.ts';
import { fold } from './wrap.ts';

/** Exit codes by meaning: see the contract in the manual. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  login: 4,
  later: 5,
  unknown: 6,
  interrupted: 130,
} as const;

export function exitCodeOf(failure: Failure): number {
  switch (failure.code) {
    case 'E_INTERRUPTED':
      return exitCodes.interrupted;
    case 'E_UNKNOWN_ACCOUNT':
      return exitCodes.login;
    // The sign-ins behind it are well: a script must not be sent to log in again.
    case 'E_VAULT_LOCKED':
      return exitCodes.later;
  }
  if (codes[failure.code].usage) return exitCodes.usage;
  switch (failure.class) {
    case 'auth':
      return exitCodes.login;
    case 'transient':
    case 'limit':
      return exitCodes.later;
    case 'unknown-outcome':
      return exitCodes.unknown;
    default:
      return exitCodes.failed;
  }
}

export const sides = {
  you: 'on your side',
  platform: 'on the platform’s side',
  network: 'on the way',
  machine: 'on this machine',
  repost: 'inside repost',
} as const;

/** Says an error: one JSON object with --json, else sentences; always on stderr. A note goes with it. */
export function sayFailure(io: Io, failure: Failure, json: boolean, note?: string): void {
  const entry = codes[failure.code];
  if (json) {
    const error = {
      code: failure.code,
      class: failure.class,
      side: entry.side,
      message: failure.message,
      hint: failure.hint,
      command: failure.command ?? null,
      docs: `repost errors explain ${failure.code}`,
    };
    io.stderr.write(`${JSON.stringify({ schemaVersion: 1, error, ...(note ? { note } : {}) })}\n`);
    return;
  }
  const paint = painter(wantsColor(io, io.stderr));
  const width = lineWidth(io.stderr);
  const say = (text: string) => io.stderr.write(`${text}\n`);
  if (note) say(fold(`note: ${note}`, width));
  const what = fold(`error: ${harmless(failure.message)}`, width).replace('error:', paint('red', 'error:'));
  const which = `(${failure.code}, ${failure.class}, ${sides[entry.side]})`;
  // Where it does not fit behind the message it stands below, whole: it is what people search for.
  const room =
    width -
    cellWidth(
      fold(`error: ${harmless(failure.message)}`, width)
        .split('\n')
        .at(-1) ?? '',
    );
  say(`${what}${room > cellWidth(which) ? ' ' : '\n  '}${paint('dim', which)}`);
  if (failure.hint) say(fold(`  ${failure.hint.split('\n').map(harmless).join('\n  ')}`, width));
  if (failure.command) say(`  ${paint('cyan', `$ ${failure.command}`)}`);
}
