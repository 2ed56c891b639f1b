import type { App, Grant, Identity } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { OAuthSignIn, Service } from '../core/platform.ts';
import { readCallback } from './callback.ts';
import type { PlainHttp } from './http.ts';
import { rememberGrant } from './http.ts';
import type { Loopback } from './loopback.ts';
import { isLoopback, listen } from './loopback.ts';
import type { OriginMap } from './origins.ts';
import { parsePasted } from './paste.ts';
import { challengeOf, newState, newVerifier } from './pkce.ts';
import { rememberSecret } from './redact.ts';

export interface SignInRequest {
  service: Service;
  signIn: OAuthSignIn;
  /** The user's own developer app; undefined where `prepare` makes one. */
  app: App | undefined;
  http: PlainHttp;
  clock: Clock;
  origins: OriginMap;
  /** Opens the browser; does nothing with --no-browser. */
  browse: (authorizeUrl: string) => Promise<void>;
  /** Told once, before the browser opens. The address is swapped by the origins map already. */
  announce: (addresses: { authorizeUrl: string; redirectUri: string }) => void;
  /** Redirected addresses that the person pastes: accepted as well as the listener's. */
  pasted?: AsyncIterable<string> | Promise<string>;
  /** Overrides the app's and the platform's redirect address. */
  redirectUri?: string;
  /** Default five minutes. */
  timeoutMs?: number;
  loginHint?: string;
  /** Server, handle or instance that the person named. */
  at?: string;
  signal?: AbortSignal;
}

export interface SignedIn {
  grant: Grant;
  app: App;
  /** At least one. */
  identities: Identity[];
}

/**
 * The whole sign-in in the browser: listener first, then the browser; state, PKCE and issuer checked; code for
 * tokens; scopes compared; the accounts it offers. Throws E_DENIED, E_SCOPES, E_STATE_MISMATCH,
 * E_LOGIN_TIMEOUT, E_PORT_TAKEN, and what the platform's own calls throw.
 */
export async function signIn(request: SignInRequest): Promise<SignedIn> {
  const { service, signIn: rules, http, clock } = request;
  const state = newState();
  const verifier = newVerifier();
  const challenge = challengeOf(verifier, rules.pkce);
  for (const secret of [state, verifier, request.app?.clientSecret]) rememberSecret(secret);
  const wanted = request.redirectUri ?? request.app?.redirectUri ?? rules.redirect.uri;
  const opened = await openLoopback(wanted, state, request);
  const loopback = opened instanceof Failure ? undefined : opened;
  try {
    const redirectUri = loopback?.redirectUri ?? wanted;
    const asked = {
      redirectUri,
      state,
      scopes: rules.scopes,
      ...(challenge === undefined ? {} : { challenge }),
    };
    const { app, prepared } = await prepare(request, asked);
    rememberSecret(app.clientSecret);
    const productionUrl = rules.authorizeUrl({
      ...asked,
      app,
      prepared,
      ...(request.loginHint === undefined ? {} : { loginHint: request.loginHint }),
    });
    const authorizeUrl = request.origins.map(productionUrl);
    request.announce({ authorizeUrl, redirectUri });
    await request.browse(authorizeUrl);
    const callback = await firstAnswer(request, opened, state);
    const code = readCallback(callback, { service, issuers: issuersOf(productionUrl, prepared, request) });
    const grant = await rules.exchange({ http, app, clock, code, redirectUri, verifier, callback, prepared });
    rememberGrant(grant);
    requireScopes(grant, rules, service);
    const identities = await service.identities({ http: http.carrying(service, grant), grant, app, clock });
    if (identities.length === 0)
      throw new Failure('E_NO_CHANNEL', {
        message: `This ${service.name} sign-in has no account that can be posted to.`,
      });
    return { grant, app, identities };
  } finally {
    await loopback?.close();
  }
}

/** A Failure where only pasting is left, and why: an address elsewhere, or a taken port. Thrown where nobody pastes. */
async function openLoopback(
  redirectUri: string,
  state: string,
  { clock, pasted, service }: SignInRequest,
): Promise<Loopback | Failure> {
  if (!isLoopback(redirectUri)) {
    const elsewhere = new Failure('E_REDIRECT', {
      message: `${redirectUri} does not lead back to this machine.`,
      hint: 'Run login again with --paste and paste the address that the browser ends on.',
      command: `repost login ${service.id} --paste`,
    });
    if (pasted === undefined) throw elsewhere;
    return elsewhere;
  }
  try {
    return await listen({ redirectUri, state, clock });
  } catch (error) {
    if (error instanceof Failure && error.code === 'E_PORT_TAKEN' && pasted !== undefined) return error;
    throw error;
  }
}

async function prepare(
  { signIn: rules, service, http, clock, app, at, loginHint }: SignInRequest,
  asked: { redirectUri: string; state: string; scopes: readonly string[]; challenge?: string },
): Promise<{ app: App; prepared: Record<string, string> }> {
  if (rules.prepare !== undefined) {
    const given = {
      ...(app === undefined ? {} : { app }),
      ...(at === undefined ? {} : { at }),
      ...(loginHint === undefined ? {} : { loginHint }),
    };
    return rules.prepare({ ...asked, ...given, http, clock });
  }
  if (app !== undefined) return { app, prepared: {} };
  throw new Failure('E_NO_APP', {
    message: `There is no ${service.name} developer app yet.`,
    command: `repost app add ${service.id} --client-id ID`,
  });
}

/** The listener's answer or the pasted one, whichever comes first, within the time there is. */
async function firstAnswer(
  { pasted, clock, signal, timeoutMs = 5 * MINUTE, service }: SignInRequest,
  opened: Loopback | Failure,
  state: string,
): Promise<URLSearchParams> {
  const loopback = opened instanceof Failure ? undefined : opened;
  const over = new AbortController();
  const stop = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  const timeout = clock.sleep(timeoutMs, stop).then(
    () => {
      throw lateFailure(service, loopback, timeoutMs);
    },
    () => {
      throw new Failure('E_INTERRUPTED');
    },
  );
  timeout.catch(() => {});
  const ways: Promise<URLSearchParams>[] = [timeout];
  if (loopback !== undefined) ways.push(loopback.arrival);
  if (pasted !== undefined)
    ways.push(parsePasted(pasted, state, opened instanceof Failure ? opened : undefined));
  try {
    return await Promise.race(ways);
  } finally {
    over.abort();
  }
}

function lateFailure(service: Service, loopback: Loopback | undefined, timeoutMs: number): Failure {
  if (loopback !== undefined && loopback.strays() > 0)
    return new Failure('E_STATE_MISMATCH', { message: 'Only answers to another sign-in came.' });
  return new Failure('E_LOGIN_TIMEOUT', {
    message: `Nobody finished the ${service.name} sign-in within ${Math.round(timeoutMs / 1000)} s.`,
    hint:
      'If the browser showed an error page of the platform, check the redirect address and the keys of the app; ' +
      'if it runs on another machine, run login again with --paste.',
    command: `repost login ${service.id} --paste`,
  });
}

/** Who may have sent the callback (RFC 9207): the server that was asked, or the one that `prepare` found. */
function issuersOf(
  productionUrl: string,
  prepared: Readonly<Record<string, string>>,
  { origins }: SignInRequest,
): string[] {
  const named = prepared['issuer'];
  const asked = named === undefined ? new URL(productionUrl).origin : named;
  return [asked, origins.map(asked)];
}

function requireScopes(grant: Grant, rules: OAuthSignIn, service: Service): void {
  const missing = (rules.needed ?? rules.scopes).filter((scope) => !grant.scopes.includes(scope));
  if (missing.length === 0) return;
  throw new Failure('E_SCOPES', {
    message: `${service.name} did not grant: ${missing.join(', ')}.`,
    command: `repost login ${service.id}`,
  });
}
