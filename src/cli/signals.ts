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
