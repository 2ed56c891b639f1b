import type { Grant } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { PeerClock } from '../core/peer-clock.ts';
import type { Service } from '../core/platform.ts';
import type { Meter, TokenSource, Trace } from '../core/session.ts';
import { retryAfter, standardFailure } from './classify.ts';
import { mask, rememberSecret } from './redact.ts';
import { toRaw, toResponse } from './request.ts';
import { describeExchange } from './trace.ts';
import type { RawResponse, Transport } from './wire.ts';

export interface HttpPieces {
  transport: Transport;
  clock: Clock;
  /** Whose error answers are read; without one only the shared rule applies. */
  service?: Service;
  trace?: Trace;
  /** Told what time it is at the service. */
  peerClock?: PeerClock;
  /** Default deadline of a request: setting `http.timeout`. */
  timeoutMs: number;
}

/** An Http without credentials, for signing in and for what needs none. */
export function plainHttp(pieces: HttpPieces): PlainHttp {
  return {
    clock: pieces.clock,
    async send(request) {
      return settle(pieces, await ask(pieces, request), request);
    },
    carrying(service, grant) {
      return accountHttp({ ...pieces, service, tokens: fixedTokens(grant), meter: freeMeter });
    },
  };
}

export interface PlainHttp extends Http {
  /** An Http that carries a grant which belongs to no account yet: nothing is metered, nothing renewed. */
  carrying(service: Service, grant: Grant): Http;
}

export interface AccountPieces extends HttpPieces {
  service: Service;
  tokens: TokenSource;
  meter: Meter;
}

/**
 * An account's Http: asks the meter before the request leaves, adds credentials, reports what the answer tells
 * about limits. It repeats a request twice at most, and only where the other side said that it did nothing:
 * once with a new proof, once with a renewed token. Every other retry is the job's.
 */
export function accountHttp(pieces: AccountPieces): Http {
  const { service, tokens, meter, clock } = pieces;

  async function askWith(grant: Grant, request: HttpRequest): Promise<HttpResponse> {
    rememberGrant(grant);
    const authorized = await authorize(service, request, grant, clock);
    const response = await learn(await ask(pieces, authorized), request);
    if (readable(() => service.wantsProof?.(response, authorized)) !== true) return response;
    return learn(await ask(pieces, await authorize(service, request, grant, clock)), request);
  }

  async function learn(response: HttpResponse, request: HttpRequest): Promise<HttpResponse> {
    const readings = readable(() => service.readings?.(response, request, clock)) ?? [];
    if (readings.length > 0) await meter.learn(readings);
    return response;
  }

  /** Spends, and says when the request is over: it may arrive as late as that. */
  async function metered<T>(
    request: HttpRequest,
    work: () => Promise<T>,
    sending: 'first' | 'again' = 'first',
  ): Promise<T> {
    await (sending === 'first' ? meter.spend(request) : meter.again?.(request));
    try {
      return await work();
    } finally {
      await meter.ended?.(request);
    }
  }

  return {
    clock,
    async send(request) {
      if (request.authorize === false) {
        return metered(request, async () =>
          settle(pieces, await learn(await ask(pieces, request), request), request),
        );
      }
      // The token first: a renewal takes its time, and what is spent must leave at once.
      const grant = await tokens.current();
      const response = await metered(request, () => askWith(grant, request));
      if (!refusesToken(pieces, response, request)) return settle(pieces, response, request);
      const renewed = await tokens.renew(grant);
      if (sameGrant(renewed, grant)) return settle(pieces, response, request);
      return settle(pieces, await metered(request, () => askWith(renewed, request), 'again'), request);
    },
  };
}

// ---------------------------------------------------------------- one exchange

async function ask(pieces: HttpPieces, request: HttpRequest): Promise<HttpResponse> {
  const { clock, service, trace } = pieces;
  const raw = toRaw(request, pieces.timeoutMs);
  const startedAt = clock.now();
  const tell = (response: RawResponse | null) =>
    trace?.(
      describeExchange({ request: raw, response, startedAt, endedAt: clock.now(), call: request.call }),
    );
  let response: RawResponse;
  try {
    response = await pieces.transport.send(raw);
  } catch (error) {
    tell(null);
    throw withoutSecrets(asFailure(error));
  }
  tell(response);
  if (service) pieces.peerClock?.note(service.id, response.headers['date'], startedAt, clock.now());
  return toResponse(response, raw.url, service?.name);
}

/** The answer, or the Failure that it is. */
function settle(pieces: HttpPieces, response: HttpResponse, request: HttpRequest): HttpResponse {
  const failure = failureOf(pieces, response, request);
  if (failure !== undefined) throw withoutSecrets(failure);
  return response;
}

/** A status that the request accepts by name is never an error, even where errors come with HTTP 200. */
function failureOf(
  { service, clock }: HttpPieces,
  response: HttpResponse,
  request: HttpRequest,
): Failure | undefined {
  if (request.accept?.includes(response.status) === true) return undefined;
  const good = response.status >= 200 && response.status < 300;
  if (good && service?.failsWith200 !== true) return undefined;
  const own = readable(() => service?.classify(response, request, clock));
  return own ? notSooner(own, response, clock) : good ? undefined : standardFailure(response, clock, service);
}

/**
 * What will be tried again is never tried sooner than the answer asks, whatever the platform's own rules say:
 * Retry-After may come from a proxy or a network in front of a platform that knows no such header.
 */
function notSooner(failure: Failure, response: HttpResponse, clock: Clock): Failure {
  if (failure.kind !== 'later' && failure.kind !== 'retry' && failure.kind !== 'redo') return failure;
  const asked = retryAfter(response, clock);
  if (asked === undefined || asked <= (failure.notBefore ?? 0)) return failure;
  return Object.assign(failure, { notBefore: asked });
}

/** What a platform reads from an answer; an error page that is no JSON must not hide the status. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure && error.code === 'E_BAD_ANSWER') return undefined;
    throw error;
  }
}

/** True where the token was refused, and not the account, the app or its rights. */
function refusesToken(pieces: AccountPieces, response: HttpResponse, request: HttpRequest): boolean {
  const failure = failureOf(pieces, response, request);
  return failure?.code === 'E_LOGIN_NEEDED' && failure.kind === 'login';
}

// ---------------------------------------------------------------- credentials

async function authorize(
  service: Service,
  request: HttpRequest,
  grant: Grant,
  clock: Clock,
): Promise<HttpRequest> {
  if (service.authorize !== undefined) return service.authorize(request, grant, clock);
  return { ...request, headers: { ...request.headers, authorization: `Bearer ${grant.accessToken}` } };
}

/** From now on no trace and no error text shows this grant's secrets. */
export function rememberGrant(grant: Grant): void {
  rememberSecret(grant.accessToken);
  rememberSecret(grant.refreshToken);
  for (const secret of Object.values(grant.extra ?? {})) rememberSecret(secret);
}

function fixedTokens(grant: Grant): TokenSource {
  return { current: async () => grant, renew: async () => grant };
}

const freeMeter: Meter = { spend: async () => {}, learn: async () => {} };

/** A platform's words may repeat what was sent: they are masked once more before anybody sees them. */
function withoutSecrets(failure: Failure): Failure {
  return Object.assign(failure, { message: mask(failure.message), hint: mask(failure.hint) });
}

/** Some platforms give the same token again with fresh secrets beside it (a Page's token). */
function sameGrant(one: Grant, other: Grant): boolean {
  return (
    one.accessToken === other.accessToken &&
    JSON.stringify(one.extra ?? {}) === JSON.stringify(other.extra ?? {})
  );
}
