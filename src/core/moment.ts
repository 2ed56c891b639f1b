import { Failure } from './failure.ts';
import { parseDuration } from './settings.ts';

/** A moment as people give it: an ISO date or time, or a length back from now (`2h`, `3d`) → epoch ms. Throws E_USAGE. */
export function momentOf(text: string, now: number): number {
  const back = parseDuration(text);
  if (!Number.isNaN(back)) return now - back;
  const at = /^\d{4}-\d{2}-\d{2}/u.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new Failure('E_USAGE', {
    message: `“${text}” is no time.`,
    hint: 'Give a date such as 2026-11-22, a time such as 2026-11-22T10:00:00Z, or a length such as 2h or 3d.',
  });
}
