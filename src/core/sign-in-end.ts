import type { Account } from './account.ts';
import { DAY } from './clock.ts';

/** How many days before a sign-in ends its person is told, once each. */
export const warningDays = [14, 7, 3, 1] as const;
export type WarningDays = (typeof warningDays)[number];

/**
 * The fact in an account's settings that names why its sign-in will end, where its platform told so at sign-in.
 * `google-testing`: Google ends sign-ins of apps in status Testing after seven days
 * (https://developers.google.com/identity/protocols/oauth2#expiration).
 */
export const END_CAUSE = 'signInEnds';
export type EndCause = 'google-testing';

/** Where a Google project is taken out of the status Testing. */
export const GOOGLE_PUBLISH = 'https://console.cloud.google.com/auth/audience';

/** When an account's sign-in ends, as far as it is known. */
export interface SignInEnd {
  /** `lasts`: no end is known, it renews itself. `ends`: at a known instant. `ended`: its person must come. */
  state: 'lasts' | 'ends' | 'ended';
  /** Epoch ms, or null where no end is known. */
  endsAt: number | null;
  /** Days left, begun ones counted whole; 0 once it has ended, null where no end is known. */
  daysLeft: number | null;
  /** The latest warning that is due: the smallest of 14, 7, 3, 1 that the time left has fallen to; null before. */
  warning: WarningDays | null;
  cause: EndCause | null;
  /** Why it ends and what keeps it from ending again, where the cause is known; else ''. */
  advice: string;
}

/** Reads an account's row: what its person has to expect of the sign-in. Pure. */
export function signInEnd(
  account: Pick<Account, 'status' | 'breaksAt' | 'settings'>,
  now: number,
): SignInEnd {
  const cause = account.settings[END_CAUSE] === 'google-testing' ? 'google-testing' : null;
  const advice =
    cause === null
      ? ''
      : `Its Google project is in status Testing: Google ends such sign-ins after seven days. Publish the app once at ${GOOGLE_PUBLISH}, then sign in again; after that it lasts.`;
  const endsAt = account.breaksAt ?? null;
  const known = { endsAt, cause, advice } as const;
  if (account.status === 'login-needed' || (endsAt !== null && endsAt <= now))
    return { ...known, state: 'ended', daysLeft: 0, warning: null };
  if (endsAt === null) return { ...known, state: 'lasts', daysLeft: null, warning: null };
  const left = endsAt - now;
  const warning = warningDays.filter((days) => left <= days * DAY).at(-1) ?? null;
  return { ...known, state: 'ends', daysLeft: Math.ceil(left / DAY), warning };
}
