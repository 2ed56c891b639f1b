import { MINUTE } from '../core/clock.ts';
import { jsonOf, jwt, need, ok, refuse } from './bluesky-answers.ts';
import type { Network, Resident } from './bluesky-network.ts';
import { entryway, hostDid } from './bluesky-network.ts';
import type { BlueskyQuirks } from './bluesky-quirks.ts';
import { bearerOf } from './oauth.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

/** Every account's password, and an app password that everybody has made already. */
export const mainPassword = 'sandbox-main-password';
export const firstAppPassword = 'repo-sted-sand-boxx';

interface Refresh {
  id: string;
  did: string;
  password: string;
  endsAt: number;
  /** The id that every use of this one gives. */
  next: string;
  usedAt?: number;
  revoked: boolean;
}

export interface AccessJwt {
  did: string;
  scope: string;
  audience: string;
  endsAt: number;
}

export interface PasswordSessions {
  create(request: SimRequest): SimResponse;
  refresh(request: SimRequest): SimResponse;
  end(request: SimRequest): SimResponse;
  access(token: string): AccessJwt | undefined;
  isRefresh(token: string): boolean;
  /** A new app password, as the person makes it in the settings. */
  makePassword(did: string): string;
  /** Takes an app password back: its sessions can't be renewed; access tokens live on to their end. */
  revokePassword(password: string): number;
  endAccessTokens(): number;
}

export function createPasswordSessions(
  world: World,
  quirks: BlueskyQuirks,
  network: Network,
): PasswordSessions {
  const accesses = new Map<string, AccessJwt>();
  const refreshes = new Map<string, Refresh>();
  const byId = new Map<string, Refresh>();
  const made = new Map<string, string>();
  const gone = new Set<string>();
  const attempts = new Map<string, number[]>();

  function scopeOf(resident: Resident, password: string): string | undefined {
    if (password === mainPassword) return 'com.atproto.access';
    const owner = password === firstAppPassword ? resident.did : made.get(password);
    return owner === resident.did && !gone.has(password) ? 'com.atproto.appPass' : undefined;
  }

  function issue(resident: Resident, scope: string, refresh: Refresh): SimResponse {
    const { did, handle, pds, status } = resident;
    const now = world.clock.now();
    const seconds = (at: number) => Math.floor(at / 1000);
    const audience = hostDid(pds);
    const endsAt = now + quirks.accessJwtMs;
    const accessJwt = jwt(
      { typ: 'at+jwt', alg: 'ES256K' },
      { scope, sub: did, iat: seconds(now), exp: seconds(endsAt), aud: audience },
      world.token('', 43),
    );
    const refreshJwt = jwt(
      { typ: 'refresh+jwt', alg: 'ES256K' },
      {
        scope: 'com.atproto.refresh',
        sub: did,
        aud: hostDid(network.issuerOf(pds)),
        jti: refresh.id,
        iat: seconds(now),
        exp: seconds(refresh.endsAt),
      },
      world.token('', 43),
    );
    accesses.set(accessJwt, { did, scope, audience, endsAt });
    refreshes.set(refreshJwt, refresh);
    const active = status === 'active';
    return ok({
      accessJwt,
      refreshJwt,
      did,
      handle,
      email: `${handle.split('.')[0]}@example.com`,
      emailConfirmed: quirks.emailConfirmed,
      active,
      ...(active ? {} : { status }),
    });
  }

  function keep(id: string, did: string, password: string): Refresh {
    const known = byId.get(id);
    if (known) return known;
    const fresh: Refresh = {
      id,
      did,
      password,
      endsAt: world.clock.now() + quirks.refreshJwtMs,
      next: world.token('', 32),
      revoked: false,
    };
    byId.set(id, fresh);
    return fresh;
  }

  function holder(request: SimRequest): Refresh {
    const token = bearerOf(request);
    if (token === undefined) return refuse(401, 'AuthMissing', 'Authentication Required');
    const found = refreshes.get(token);
    if (!found)
      return refuse(
        400,
        'InvalidToken',
        accesses.has(token) ? 'Invalid token type' : 'Token could not be verified',
      );
    const now = world.clock.now();
    if (now >= found.endsAt) return refuse(400, 'ExpiredToken', 'Token has expired');
    const late = found.usedAt !== undefined && now - found.usedAt > quirks.graceMs;
    if (found.revoked || late || gone.has(found.password))
      return refuse(400, 'ExpiredToken', 'Token has been revoked');
    return found;
  }

  function limit(identifier: string): void {
    const now = world.clock.now();
    const recent = (attempts.get(identifier) ?? []).filter((at) => at > now - 5 * MINUTE);
    attempts.set(identifier, recent);
    if (recent.length >= quirks.sessionsPer5Min)
      refuse(429, 'RateLimitExceeded', 'Rate Limit Exceeded', {
        'ratelimit-limit': String(quirks.sessionsPer5Min),
        'ratelimit-remaining': '0',
        'ratelimit-reset': String(Math.ceil(((recent[0] ?? now) + 5 * MINUTE) / 1000)),
        'ratelimit-policy': `${quirks.sessionsPer5Min};w=300`,
      });
    recent.push(now);
  }

  /** Bluesky's hosts pass these calls on to the entryway; a host of its own serves its own accounts. */
  function servedBy(resident: Resident, origin: string): boolean {
    const issuer = network.issuerOf(resident.pds);
    return origin === issuer || (issuer === entryway && origin.endsWith('.host.bsky.network'));
  }

  return {
    create(request) {
      const { identifier, password } = jsonOf(request);
      const name = need(identifier, 'identifier');
      limit(name);
      const resident = network
        .residents()
        .find(({ did, handle }) => did === name || handle === name.toLowerCase());
      const given = need(password, 'password');
      const scope = resident && servedBy(resident, request.origin) ? scopeOf(resident, given) : undefined;
      if (!resident || scope === undefined)
        return refuse(401, 'AuthenticationRequired', 'Invalid identifier or password');
      if (scope === 'com.atproto.access' && quirks.emailFactor)
        return refuse(401, 'AuthFactorTokenRequired', 'A sign in code has been sent to your email address');
      if (resident.status === 'takendown')
        return refuse(401, 'AccountTakedown', 'Account has been taken down');
      return issue(resident, scope, keep(world.token('', 32), resident.did, given));
    },
    refresh(request) {
      const old = holder(request);
      const resident = network.find(old.did);
      if (!resident || !servedBy(resident, request.origin))
        return refuse(400, 'ExpiredToken', 'Token has been revoked');
      if (resident.status === 'takendown')
        return refuse(401, 'AccountTakedown', 'Account has been taken down');
      old.usedAt ??= world.clock.now();
      // A second use gives the same successor: an answer that was lost costs nothing.
      const scope = old.password === mainPassword ? 'com.atproto.access' : 'com.atproto.appPass';
      return issue(resident, scope, keep(old.next, old.did, old.password));
    },
    end(request) {
      const old = holder(request);
      old.revoked = true;
      const next = byId.get(old.next);
      if (next) next.revoked = true;
      return { status: 200, body: '' };
    },
    access: (token) => accesses.get(token),
    isRefresh: (token) => refreshes.has(token),
    makePassword(did) {
      const part = () =>
        Array.from({ length: 4 }, () => letters[Math.floor(world.random() * letters.length)]).join('');
      const password = [part(), part(), part(), part()].join('-');
      made.set(password, did);
      return password;
    },
    revokePassword(password) {
      gone.add(password);
      return [...byId.values()].filter((one) => one.password === password).length;
    },
    endAccessTokens() {
      const now = world.clock.now();
      for (const one of accesses.values()) one.endsAt = Math.min(one.endsAt, now);
      return accesses.size;
    },
  };
}

const letters = 'abcdefghijklmnopqrstuvwxyz234567';
