import { Failure } from '../core/failure.ts';
import { parseDuration } from '../core/settings.ts';

export { momentOf as parseMoment } from '../core/moment.ts';

/** A length given on the command line → ms. Throws E_USAGE. */
export function parseLength(text: string, flag: string): number {
  const ms = parseDuration(text);
  if (!Number.isNaN(ms)) return ms;
  throw new Failure('E_USAGE', {
    message: `${flag} can’t be “${text}”.`,
    hint: 'Give a length such as 90s, 15m, 2h or 1d.',
  });
}
