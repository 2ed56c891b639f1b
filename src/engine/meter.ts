import type { Account } from '../core/account.ts';
import { type Clock, MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { HttpRequest } from '../core/http.ts';
import type { Limit, Window } from '../core/limit.ts';
import type { Service } from '../core/platform.ts';
import type { Meter } from '../core/session.ts';
import type { LimitStore, Spend } from '../store/types.ts';
import type { Presence } from './presence.ts';

type Spender = Pick<Account, 'id' | 'platform' | 'user'>;

/** Whose bucket a limit's spends are counted in. */
export function scopeKey(limit: Pick<Limit, 'scope'>, account: Spender): string {
  switch (limit.scope) {
    case 'app':
      return `app:${account.platform}`;
    case 'account':
      return `account:${account.id}`;
    case 'user':
      return `user:${account.user}:${account.platform}`;
  }
}

/** A spend with the time that its request may be under way. */
type Flight = Spend & { limit: { flightMs: number } };

/** Counted when it leaves: after that a request may wait for a new token and for its own answer, a minute each. */
const FLIGHT_MS = 2 * MINUTE;
/** Of a short window no more than this part is given away to requests that are under way. */
const FLIGHT_SHARE = 1 / 20;

/** How long a request may be under way, as far as this window is concerned (ms). */
export function flightOf(window: Window): number {
  const short = window.kind === 'trailing' || window.kind === 'fixed';
  return short ? Math.min(FLIGHT_MS, Math.floor(window.ms * FLIGHT_SHARE)) : FLIGHT_MS;
}

/** What one call of a service costs, bucket by bucket. */
export function spendsOf(service: Service, account: Spender, call: string | undefined): Flight[] {
  const costs = { ...service.costs['*'], ...(call === undefined ? {} : service.costs[call]) };
  return service.limits.flatMap((limit) => {
    const amount = costs[limit.bucket] ?? 0;
    if (amount <= 0) return [];
    return [
      { scopeKey: scopeKey(limit, account), limit: { ...limit, flightMs: flightOf(limit.window) }, amount },
    ];
  });
}

export interface MeterOptions {
  service: Service;
  account: Spender;
  limits: LimitStore;
  clock: Clock;
  /** The job on whose behalf is spent. */
  jobId?: number;
}

/** Spends before a request leaves: a crashed request still counts, to the platform's favour. */
export function openMeter({ service, account, limits, clock, jobId }: MeterOptions): Meter {
  const underWay = new WeakMap<HttpRequest, { spend: Flight; at: number }[]>();
  const job = jobId ?? null;

  /** Gives the instant as which it counts. */
  async function take(spends: readonly Flight[], now: number): Promise<number> {
    const answer = await limits.take(spends, job, now);
    if (!answer.ok) throw windowFull(answer.title, answer.freeAt);
    return answer.at;
  }

  /** What was spent for this request so long ago that its window may pass before the request arrives. */
  function old(request: HttpRequest, now: number): { spend: Flight; at: number }[] {
    return (underWay.get(request) ?? []).filter(({ spend, at }) => now - at > spend.limit.flightMs);
  }

  return {
    async spend(request) {
      const spends = spendsOf(service, account, request.call);
      if (spends.length === 0) return;
      const at = await take(spends, clock.now());
      underWay.set(
        request,
        spends.map((spend) => ({ spend, at })),
      );
    },
    async again(request) {
      const now = clock.now();
      const anew = old(request, now);
      if (anew.length === 0) return;
      const at = await take(
        anew.map(({ spend }) => spend),
        now,
      );
      for (const one of anew) one.at = at;
    },
    async ended(request) {
      const now = clock.now();
      for (const one of old(request, now)) {
        await limits.postpone([one.spend], job, one.at, now);
        one.at = now;
      }
    },
    async learn(readings) {
      for (const reading of readings) {
        const limit = service.limits.find((one) => one.bucket === reading.bucket);
        if (limit) await limits.learn(scopeKey(limit, account), reading, clock.now());
      }
    },
  };
}

/** A meter whose requests leave only while the job is this host's: one that stood still must not go on with another's work. */
export function attended(meter: Meter, presence: Presence | undefined, jobId: number): Meter {
  if (!presence) return meter;
  return {
    ...meter,
    async spend(request) {
      await meter.spend(request);
      await presence.attend(jobId);
    },
    async again(request) {
      await meter.again?.(request);
      await presence.attend(jobId);
    },
  };
}

/** Throws where the named call could not be made now: asked before bytes are spent. */
export async function checkRoom(options: MeterOptions, call: string): Promise<void> {
  const spends = spendsOf(options.service, options.account, call);
  if (spends.length === 0) return;
  const answer = await options.limits.peek(spends, options.clock.now());
  if (!answer.ok) throw windowFull(answer.title, answer.freeAt);
}

function windowFull(title: string, freeAt: number): Failure {
  return new Failure('E_QUOTA', {
    kind: 'later',
    reason: 'quota',
    notBefore: freeAt,
    message: `The limit is reached: ${title}.`,
    certain: true,
  });
}
