import { asFailure } from '../../core/failure.ts';
import type { Check } from '../app-check.ts';

export const pass = (title: string): Check => ({ result: 'PASS', title, hint: null });
export const warn = (title: string, hint: string): Check => ({ result: 'WARN', title, hint });

/** What failed, with the failure's own way out. */
export function fail(title: string, error: unknown): Check {
  const failure = asFailure(error);
  const hint = [failure.message, failure.hint, failure.command ? `$ ${failure.command}` : '']
    .filter(Boolean)
    .join(' ');
  return { result: 'FAIL', title: `${title} (${failure.code})`, hint };
}
