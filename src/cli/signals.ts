import { mask } from '../net/redact.ts';
import { exitCodes } from './exit.ts';

/**
 * SIGINT and SIGTERM: the first lets what runs end, the second stops at once, which is safe by design, because
 * whatever is in flight is in the journal. Gives what takes the listeners away.
 */
export function onStop(first: (signal: NodeJS.Signals) => void): () => void {
  let asked = false;
  const listener = (signal: NodeJS.Signals) => {
    if (asked) process.exit(exitCodes.interrupted);
    asked = true;
    first(signal);
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}

/** The exit code of a program that found itself broken: EX_SOFTWARE of sysexits.h. */
const BROKEN = 70;

/**
 * An error that nobody caught: it is said, and the process ends at once, because nobody knows in what state it
 * is. The journal makes that safe. Whoever listened last says it. Gives what takes the listeners away.
 */
export function onCrash(say: (message: string) => void): () => void {
  const listener = (error: unknown) => {
    // Node's own words would show the error as it stands, and nobody knows what it is made of.
    say(mask(`stopped by an error inside repost: ${error instanceof Error ? error.message : String(error)}`));
    process.exit(BROKEN);
  };
  process.prependListener('uncaughtException', listener);
  process.prependListener('unhandledRejection', listener);
  return () => {
    process.off('uncaughtException', listener);
    process.off('unhandledRejection', listener);
  };
}
