import type { Grant } from '../../../src/core/account.ts';
import { type Clock, SECOND } from '../../../src/core/clock.ts';
import type { Mortal } from '../mortal.ts';
import type { Random } from '../random.ts';
import type { Caller } from './ceilings.ts';
import { type Flavour, sourceFlavour } from './flavours.ts';
import { SECRET, type Told } from './server.ts';

/** Tokens as the strictest platforms have them: a refresh token works once, and the last one only. */
export interface Tokens {
  /** A person signs in: every earlier token of the account is dead. */
  signIn(caller: Caller): Grant;
  refresh(platform: string, form: URLSearchParams): Told;
  callerOf(platform: string, authorization: string): Caller | undefined;
  /** A renewal is about to be sent: who received a newer token, and lived to keep it, must not come with the older one. */
  judgeSending(form: URLSearchParams): void;
  /** The answer to a renewal reached a living process. */
  received(answer: string, life: Mortal): void;
  /** The platform ends an account's tokens; with `all`, its sign-in too. */
  revoke(platform: string, accountId: string, all: boolean): void;
}

interface Pair {
  caller: Caller;
  access: string;
  refresh: string;
  endsAt: number;
}

export function createTokens(
  clock: Clock,
  random: Random,
  flavours: readonly Flavour[],
  breach: (what: string) => void,
): Tokens {
  const pairs = new Map<string, Pair>();
  const byAccess = new Map<string, Pair>();
  const byRefresh = new Map<string, Pair>();
  /** A refresh token that was used → the one given for it. */
  const successors = new Map<string, string>();
  const receivers = new Map<string, { life: Mortal; at: number }>();
  let sequence = 0;
  const ttlOf = (platform: string) =>
    [...flavours, sourceFlavour].find(({ id }) => id === platform)?.accessTtlMs ?? 0;

  function give(caller: Caller): Pair {
    const name = `${caller.platform} ${caller.accountId}`;
    drop(pairs.get(name));
    sequence += 1;
    const tail = `${sequence}-${random.between(1e8, 9e8)}-${random.between(1e8, 9e8)}`;
    const pair = {
      caller,
      access: `${SECRET}-access-${tail}`,
      refresh: `${SECRET}-refresh-${tail}`,
      endsAt: clock.now() + ttlOf(caller.platform),
    };
    pairs.set(name, pair);
    byAccess.set(pair.access, pair);
    byRefresh.set(pair.refresh, pair);
    return pair;
  }

  function drop(pair: Pair | undefined): void {
    if (!pair) return;
    byAccess.delete(pair.access);
    byRefresh.delete(pair.refresh);
  }

  return {
    judgeSending(form) {
      const receiver = receivers.get(successors.get(form.get('refresh_token') ?? '') ?? '');
      if (!receiver || (receiver.life.diedAt ?? Number.POSITIVE_INFINITY) <= receiver.at) return;
      breach('a refresh token was lost that had been received');
    },
    received(answer, life) {
      const { refresh_token: token } = JSON.parse(answer) as { refresh_token?: string };
      if (token !== undefined) receivers.set(token, { life, at: clock.now() });
    },
    signIn(caller) {
      const { access, refresh, endsAt } = give(caller);
      return {
        accessToken: access,
        refreshToken: refresh,
        expiresAt: endsAt,
        scopes: ['all'],
        obtainedAt: clock.now(),
      };
    },
    refresh(_platform, form) {
      const pair = byRefresh.get(form.get('refresh_token') ?? '');
      if (!pair) return { status: 400, body: { error: 'invalid_grant' } };
      const fresh = give(pair.caller);
      successors.set(pair.refresh, fresh.refresh);
      const seconds = Math.floor((fresh.endsAt - clock.now()) / SECOND);
      return {
        status: 200,
        body: { access_token: fresh.access, refresh_token: fresh.refresh, expires_in: seconds, scope: 'all' },
      };
    },
    callerOf(platform, authorization) {
      const pair = byAccess.get(authorization.replace(/^Bearer /u, ''));
      return pair && pair.caller.platform === platform && clock.now() < pair.endsAt ? pair.caller : undefined;
    },
    revoke(platform, accountId, all) {
      const pair = pairs.get(`${platform} ${accountId}`);
      if (!pair) return;
      byAccess.delete(pair.access);
      if (all) byRefresh.delete(pair.refresh);
    },
  };
}
