import { codes } from '../core/codes.ts';
import type { Failure } from '../core/failure.ts';
import { harmless, type Io, painter, wantsColor } from './io.ts';

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
  if (failure.code === 'E_INTERRUPTED') return exitCodes.interrupted;
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

const sides = {
  you: 'on your side',
  platform: 'on the platform’s side',
  network: 'on the way',
  machine: 'on this machine',
  repost: 'inside repost',
} as const;

/** Says an error: one JSON object with --json, else sentences; always on stderr. */
export function sayFailure(io: Io, failure: Failure, json: boolean): void {
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
    io.stderr.write(`${JSON.stringify({ error })}\n`);
    return;
  }
  const paint = painter(wantsColor(io, io.stderr));
  io.stderr.write(
    `${paint('red', 'error:')} ${harmless(failure.message)} ${paint('dim', `(${failure.code}, ${failure.class}, ${sides[entry.side]})`)}\n`,
  );
  if (failure.hint) io.stderr.write(`  ${failure.hint.replace(/\n/gu, '\n  ')}\n`);
  if (failure.command) io.stderr.write(`  ${paint('cyan', `$ ${failure.command}`)}\n`);
}
