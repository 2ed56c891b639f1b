import { Failure } from './failure.ts';
import { parseBytes } from './settings.ts';

/** What a user may be limited to: the name that people write, and the key that is stored. */
export const userLimits = {
  'posts-per-day': { key: 'postsPerDay', title: 'posts within any 24 hours' },
  accounts: { key: 'accounts', title: 'accounts signed in' },
  storage: { key: 'storageBytes', title: 'space for videos on their way' },
  'requests-per-minute': { key: 'requestsPerMinute', title: 'requests to the local API' },
} as const;

export type UserLimit = keyof typeof userLimits;

export function isUserLimit(text: string): text is UserLimit {
  return Object.hasOwn(userLimits, text);
}

/** `500MB` or a whole number → what is stored. Throws E_USAGE. */
export function readUserLimit(name: UserLimit, text: string): number {
  const number = name === 'storage' ? parseBytes(text) : /^\d{1,15}$/u.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(number) && (number > 0 || name !== 'requests-per-minute')) return Math.round(number);
  throw new Failure('E_USAGE', {
    message: `The limit ${name} can’t be “${text}”.`,
    hint: name === 'storage' ? 'It is a size, such as 500MB.' : 'It is a whole number, or none.',
  });
}

export function sayUserLimit(name: string, value: number): string {
  return name === 'storage' ? `${Math.round(value / 1e6)}MB` : String(value);
}
