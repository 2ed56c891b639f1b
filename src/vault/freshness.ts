import type { Grant } from '../core/account.ts';
import { MINUTE } from '../core/clock.ts';

const AHEAD_MS = 10 * MINUTE;

/**
 * Is it time to renew? Without a wish of the platform file 10 minutes before the end, and never more than a
 * tenth of the token's life. With one (Instagram renews weeks ahead) as it says, but never in the first tenth
 * of the life: that would renew at every call.
 */
export function isDue(grant: Grant, refreshAheadMs: number | undefined, now: number): boolean {
  const { expiresAt, obtainedAt } = grant;
  if (expiresAt === undefined) return false;
  const life = Math.max(0, expiresAt - obtainedAt);
  const ahead =
    refreshAheadMs === undefined ? Math.min(AHEAD_MS, life * 0.1) : Math.min(refreshAheadMs, life * 0.9);
  return now >= expiresAt - ahead;
}

/** Another grant than `old`? A renewal may give the same token with a later end. */
export function isNewer(grant: Grant, old: Grant): boolean {
  return grant.accessToken !== old.accessToken || grant.obtainedAt > old.obtainedAt;
}

/** What an answer leaves out stays: many platforms don't repeat the refresh token or the scopes. */
export function merged(old: Grant, fresh: Grant): Grant {
  const sameRefreshToken = fresh.refreshToken === undefined || fresh.refreshToken === old.refreshToken;
  const refreshToken = fresh.refreshToken ?? old.refreshToken;
  const refreshExpiresAt = fresh.refreshExpiresAt ?? (sameRefreshToken ? old.refreshExpiresAt : undefined);
  const extra = { ...old.extra, ...fresh.extra };
  return {
    accessToken: fresh.accessToken,
    scopes: fresh.scopes.length > 0 ? fresh.scopes : old.scopes,
    obtainedAt: fresh.obtainedAt,
    ...(fresh.expiresAt !== undefined && { expiresAt: fresh.expiresAt }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(refreshExpiresAt !== undefined && { refreshExpiresAt }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}
