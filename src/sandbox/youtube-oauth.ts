import { DAY, MINUTE, SECOND } from '../core/clock.ts';
import { bearerOf, challengeOf, createCodes, formOf } from './oauth.ts';
import type { SimAccount, SimApp, SimRequest, SimResponse, World } from './types.ts';
import {
  apiDisabled,
  Refusal,
  scopeInsufficient,
  signupRequired,
  unauthenticated,
} from './youtube-answers.ts';
import type { Code, OauthState, Token } from './youtube-consent.ts';
import { authorize, isTesting, prefix } from './youtube-consent.ts';
import type { YoutubeQuirks } from './youtube-quirks.ts';

const ACCESS_SECONDS = 3599;
const TESTING_MS = 7 * DAY;
const IDLE_MS = 183 * DAY;

/** Who calls, after token and scope were looked at. */
export interface Caller {
  account: SimAccount;
  app: SimApp;
  /** The Google Cloud project's number. */
  project: string;
}

export interface YoutubeOauth {
  authorize(request: SimRequest): SimResponse;
  token(request: SimRequest): SimResponse;
  revoke(request: SimRequest): SimResponse;
  tokenInfo(request: SimRequest): SimResponse;
  /** Refuses a call whose token may not make it. `channel`: also one whose account has no channel. */
  caller(request: SimRequest, need: 'upload' | 'read', channel: boolean): Caller;
  /** Ends access tokens before their time. */
  endAccessTokens(): number;
  /** The person takes the app's access away in the Google account. */
  removeAccess(accountId: string): void;
}

export function createYoutubeOauth(world: World, quirks: YoutubeQuirks): YoutubeOauth {
  const state: OauthState = {
    world,
    quirks,
    codes: createCodes<Code>(world.clock, 10 * MINUTE),
    access: new Map(),
    refresh: new Map(),
    agreed: new Set(),
  };
  return {
    authorize: (request) => authorize(state, request),
    token: (request) => token(state, request),
    revoke: (request) => revoke(state, request),
    tokenInfo: (request) => tokenInfo(state, request),
    caller: (request, need, channel) => caller(state, request, need, channel),
    endAccessTokens() {
      const { size } = state.access;
      state.access.clear();
      return size;
    },
    removeAccess: (accountId) => forget(state, (one) => one.accountId === accountId),
  };
}

function token(state: OauthState, request: SimRequest): SimResponse {
  const form = formOf(request);
  const app = state.world.app('youtube', form.get('client_id') ?? '');
  if (!app) return oauthError(401, 'invalid_client', 'The OAuth client was not found.');
  const secret = form.get('client_secret');
  if (secret === null) return oauthError(400, 'invalid_request', 'client_secret is missing.');
  if (secret !== app.clientSecret) return oauthError(401, 'invalid_client', 'Unauthorized');
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return fromCode(state, form, app);
    case 'refresh_token':
      return fromRefresh(state, form, app);
    case null:
      return oauthError(400, 'invalid_request', 'Missing required parameter: grant_type');
    default:
      return oauthError(400, 'unsupported_grant_type', 'Invalid grant_type');
  }
}

function fromCode(state: OauthState, form: URLSearchParams, app: SimApp): SimResponse {
  const taken = state.codes.take(form.get('code') ?? '');
  if (taken.state !== 'ok' || taken.data.clientId !== app.clientId)
    return oauthError(
      400,
      'invalid_grant',
      taken.state === 'unknown' ? 'Malformed auth code.' : 'Bad Request',
    );
  const { data } = taken;
  if (data.redirectUri !== form.get('redirect_uri'))
    return oauthError(400, 'redirect_uri_mismatch', 'Bad Request');
  if (data.challenge !== null) {
    const verifier = form.get('code_verifier');
    if (!verifier) return oauthError(400, 'invalid_grant', 'Missing code verifier.');
    const fits = data.method === 'plain' ? verifier : challengeOf(verifier, 'S256');
    if (!/^[\w.~-]{43,128}$/u.test(verifier) || fits !== data.challenge)
      return oauthError(400, 'invalid_grant', 'Invalid code verifier.');
  }
  const now = state.world.clock.now();
  const endsAt = Math.min(
    isTesting(state, app) ? now + TESTING_MS : Number.POSITIVE_INFINITY,
    state.quirks.grantSeconds > 0 ? now + state.quirks.grantSeconds * SECOND : Number.POSITIVE_INFINITY,
  );
  const grant: Token = { ...data, issuedAt: now, usedAt: now, endsAt };
  const lasting = data.offline ? { refresh_token: issueRefresh(state, grant) } : {};
  return granted(state, grant, lasting);
}

function issueRefresh(state: OauthState, grant: Token): string {
  const now = state.world.clock.now();
  const same = [...state.refresh].filter(([, other]) => isSame(other, grant) && isAlive(other, now));
  const oldest = same.sort(([, one], [, other]) => one.issuedAt - other.issuedAt)[0];
  if (same.length >= state.quirks.refreshTokens && oldest) state.refresh.delete(oldest[0]);
  const text = state.world.token('1//0', 50);
  state.refresh.set(text, grant);
  return text;
}

function fromRefresh(state: OauthState, form: URLSearchParams, app: SimApp): SimResponse {
  const grant = state.refresh.get(form.get('refresh_token') ?? '');
  const now = state.world.clock.now();
  if (state.quirks.sessionPolicy)
    return {
      status: 400,
      body: {
        error: 'invalid_grant',
        error_description: 'reauth related error (invalid_rapt)',
        error_subtype: 'invalid_rapt',
      },
    };
  if (!grant || grant.clientId !== app.clientId || !isAlive(grant, now))
    return oauthError(400, 'invalid_grant', 'Token has been expired or revoked.');
  grant.usedAt = now;
  return granted(state, grant, {});
}

function granted(state: OauthState, grant: Token, lasting: Record<string, string>): SimResponse {
  const now = state.world.clock.now();
  const text = state.world.token('ya29.a0', 90);
  state.access.set(text, { ...grant, issuedAt: now, usedAt: now, endsAt: now + ACCESS_SECONDS * SECOND });
  const left = Math.floor((grant.endsAt - now) / SECOND);
  const tells = Number.isFinite(left) && (state.quirks.grantSeconds > 0 || state.quirks.tellsRefreshExpiry);
  return {
    status: 200,
    headers: { 'cache-control': 'no-cache, no-store' },
    body: {
      access_token: text,
      expires_in: ACCESS_SECONDS,
      ...lasting,
      ...(tells ? { refresh_token_expires_in: left } : {}),
      // In another order than they were asked for.
      scope: [...grant.scopes].sort().join(' '),
      token_type: 'Bearer',
    },
  };
}

function revoke(state: OauthState, request: SimRequest): SimResponse {
  const text = formOf(request).get('token') ?? request.query.get('token') ?? '';
  const grant = state.refresh.get(text) ?? state.access.get(text);
  if (!grant) return oauthError(400, 'invalid_token', 'Token expired or revoked');
  forget(state, (other) => isSame(other, grant));
  return { status: 200, body: {} };
}

function forget(state: OauthState, test: (token: Token) => boolean): void {
  for (const tokens of [state.access, state.refresh])
    for (const [text, grant] of tokens) if (test(grant)) tokens.delete(text);
}

function tokenInfo(state: OauthState, request: SimRequest): SimResponse {
  const text = request.query.get('access_token') ?? formOf(request).get('access_token') ?? bearerOf(request);
  const grant = state.access.get(text ?? '');
  const left = grant ? Math.floor((grant.endsAt - state.world.clock.now()) / SECOND) : 0;
  if (!grant || left <= 0) return oauthError(400, 'invalid_token', 'Invalid Value');
  const { clientId, scopes } = grant;
  return {
    status: 200,
    body: { azp: clientId, aud: clientId, scope: scopes.join(' '), expires_in: String(left) },
  };
}

function caller(state: OauthState, request: SimRequest, need: 'upload' | 'read', channel: boolean): Caller {
  const grant = state.access.get(bearerOf(request) ?? request.query.get('access_token') ?? '');
  const app = grant && state.world.app('youtube', grant.clientId);
  const account = state.world.accounts('youtube').find(({ id }) => id === grant?.accountId);
  if (!grant || !app || !account || state.world.clock.now() >= grant.endsAt)
    throw new Refusal(unauthenticated());
  const project = String(app.settings['project'] ?? '123456789012');
  if (!state.quirks.apiEnabled) throw new Refusal(apiDisabled(project));
  const enough = [need === 'upload' ? 'youtube.upload' : 'youtube.readonly', 'youtube', 'youtube.force-ssl'];
  if (!enough.some((scope) => grant.scopes.includes(prefix + scope))) throw new Refusal(scopeInsufficient());
  if (channel && account.settings['noChannel'] === true) throw new Refusal(signupRequired());
  return { account, app, project };
}

function isAlive(refresh: Token, now: number): boolean {
  return now < refresh.endsAt && now - refresh.usedAt <= IDLE_MS;
}

function isSame(one: Token, other: Token): boolean {
  return one.accountId === other.accountId && one.clientId === other.clientId;
}

function oauthError(status: number, error: string, description: string): SimResponse {
  return { status, body: { error, error_description: description } };
}
