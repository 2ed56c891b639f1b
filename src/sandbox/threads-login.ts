import { consentPage, readDecision, refusalPage } from './consent.ts';
import { graphError, paramsOf, tokenOf } from './meta-graph.ts';
import { createCodes, createTokens, type Tokens } from './oauth.ts';
import type { ThreadsQuirks } from './threads-quirks.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';

const HOUR = 3_600_000;
const longLifeMs = 60 * 24 * HOUR;

const rights = [
  'threads_basic',
  'threads_content_publish',
  'threads_delete',
  'threads_manage_replies',
  'threads_read_replies',
  'threads_manage_insights',
  'threads_location_tagging',
];

export interface ThreadsHolder {
  account: SimAccount;
  clientId: string;
  scopes: readonly string[];
  long: boolean;
  issuedAt: number;
  /** Refused from now on. */
  revoked?: boolean;
}

interface Consent {
  account: SimAccount;
  clientId: string;
  redirectUri: string;
  scopes: readonly string[];
}

export interface ThreadsLogin {
  readonly tokens: Tokens<ThreadsHolder>;
  dialog(request: SimRequest): SimResponse;
  /** Undefined: not one of the sign-in's calls. The path comes without its version. */
  call(request: SimRequest, path: string): SimResponse | undefined;
  /** Who asks; throws the error that the token earns. */
  authenticate(request: SimRequest): ThreadsHolder;
}

/**
 * The dialog, and the tokens with an app pair of their own. Redirect addresses are https and registered to the
 * letter. https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions/
 */
export function createThreadsLogin(world: World, quirks: ThreadsQuirks): ThreadsLogin {
  const codes = createCodes<Consent>(world.clock, HOUR);
  const tokens = createTokens<ThreadsHolder>(world.clock);

  function dialog(request: SimRequest): SimResponse {
    if (request.path !== '/oauth/authorize') return { status: 404, body: '<html></html>' };
    const { query } = request;
    const app = world.app('threads', query.get('client_id') ?? '');
    if (!app) return refusalPage('Threads', 'Invalid platform app');
    const redirectUri = query.get('redirect_uri') ?? '';
    if (!mayRedirect(redirectUri, app.redirectUris, quirks))
      return refusalPage('Threads', 'Blocked redirect_uri');
    const wanted = (query.get('scope') ?? '').split(/[\s,]+/u).filter(Boolean);
    const unknown = wanted.filter((scope) => !rights.includes(scope));
    if (unknown.length > 0 || !wanted.includes('threads_basic'))
      return refusalPage('Threads', `Invalid scope: ${unknown.join(', ') || 'threads_basic is missing'}`);
    if (query.get('response_type') !== 'code') return refusalPage('Threads', 'Invalid response_type');
    if (request.method !== 'POST')
      return consentPage({
        platformName: 'Threads',
        appName: app.clientId,
        accounts: world.accounts('threads'),
        scopes: wanted.map((id) => ({ id, fixed: id === 'threads_basic' })),
      });
    const decision = readDecision(request);
    const account = world.accounts('threads').find(({ id }) => id === decision.accountId);
    const back = new URL(redirectUri);
    if (decision.approved && account) {
      const scopes = wanted.filter((scope) => decision.scopes.includes(scope));
      const consent = { account, clientId: app.clientId, redirectUri, scopes };
      back.searchParams.set('code', codes.issue(world.token('AQB', 80), consent));
      back.hash = '_';
    } else {
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_reason', 'user_denied');
      back.searchParams.set('error_description', 'The user denied your request');
    }
    const state = query.get('state');
    if (state !== null) back.searchParams.set('state', state);
    return { status: 302, headers: { location: back.href } };
  }

  function issue(consent: Omit<Consent, 'redirectUri'>, lifeMs: number): string {
    const { account, clientId, scopes } = consent;
    const long = lifeMs > HOUR;
    const holder = { account, clientId, scopes, long, issuedAt: world.clock.now() };
    return tokens.issue(world.token(long ? 'THAAlong' : 'THAAshort', 60), holder, lifeMs);
  }

  function shortToken(request: SimRequest): SimResponse {
    const params = paramsOf(request);
    const refuse = (error_message: string): SimResponse => ({
      status: 400,
      body: { error_type: 'OAuthException', code: 400, error_message },
    });
    const app = world.app('threads', params.get('client_id') ?? '');
    if (!app || app.clientSecret !== params.get('client_secret'))
      return refuse('Error validating client secret.');
    if (params.get('grant_type') !== 'authorization_code') return refuse('Invalid grant_type');
    const taken = codes.take(params.get('code') ?? '');
    if (taken.state !== 'ok' || taken.data.clientId !== app.clientId)
      return refuse('Matching code was not found or was already used');
    if (taken.data.redirectUri !== params.get('redirect_uri'))
      return refuse('Redirect URI does not match registered redirect URI');
    const body = JSON.stringify({ access_token: issue(taken.data, HOUR), user_id: 0 });
    // A bare number beyond 2^53, as the live service sends it.
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: body.replace('"user_id":0', `"user_id":${taken.data.account.id}`),
    };
  }

  function longToken({ query }: SimRequest): SimResponse {
    const holder = check(query.get('access_token') ?? undefined);
    const app = world.app('threads', holder.clientId);
    if (app?.clientSecret !== query.get('client_secret'))
      throw graphError(101, 'Error validating application.');
    if (query.get('grant_type') !== 'th_exchange_token' || holder.long) throw sessionInvalid();
    return answer(holder);
  }

  function refreshed({ query }: SimRequest): SimResponse {
    const holder = check(query.get('access_token') ?? undefined);
    if (query.get('grant_type') !== 'th_refresh_token' || !holder.long) throw sessionInvalid();
    if (world.clock.now() - holder.issuedAt < 24 * HOUR)
      throw graphError(100, 'The access token must be at least 24 hours old.', { type: 'THApiException' });
    return answer(holder);
  }

  function answer(holder: ThreadsHolder): SimResponse {
    const expiry = quirks.expiresInMissing ? {} : { expires_in: longLifeMs / 1000 };
    return {
      status: 200,
      body: { access_token: issue(holder, longLifeMs), token_type: 'bearer', ...expiry },
    };
  }

  function inspect({ query }: SimRequest): SimResponse {
    check(query.get('access_token') ?? undefined);
    const found = tokens.find(query.get('input_token') ?? undefined);
    if (found.state === 'unknown') throw graphError(190, 'Invalid OAuth access token.');
    const { data, expiresAt, state } = found;
    return {
      status: 200,
      body: {
        data: {
          type: 'USER',
          application: data.clientId,
          is_valid: state === 'ok' && data.revoked !== true,
          expires_at: Math.floor(expiresAt / 1000),
          issued_at: Math.floor(data.issuedAt / 1000),
          scopes: data.scopes,
          user_id: data.account.id,
        },
      },
    };
  }

  function check(token: string | undefined): ThreadsHolder {
    if (token === undefined) throw graphError(104, 'An access token is required to request this resource.');
    const found = tokens.find(token);
    const type = 'THApiException';
    if (found.state === 'unknown') throw graphError(190, 'Error validating access token', { status: 401 });
    if (found.data.revoked === true)
      throw quirks.revokedAs100
        ? graphError(100, 'Unsupported request', { type })
        : graphError(190, 'Error validating access token: The session was invalidated.', {
            subcode: 460,
            status: 401,
          });
    if (found.state === 'expired')
      throw graphError(190, 'Error validating access token: Session has expired.', { subcode: 463 });
    return found.data;
  }

  return {
    tokens,
    dialog,
    authenticate: (request) => check(tokenOf(request)),
    call(request, path) {
      switch (`${request.method} ${path}`) {
        case 'POST /oauth/access_token':
          return shortToken(request);
        case 'GET /access_token':
          return longToken(request);
        case 'GET /refresh_access_token':
          return refreshed(request);
        case 'GET /debug_token':
          return inspect(request);
      }
      return undefined;
    },
  };
}

function sessionInvalid() {
  return graphError(100, 'Session key invalid', { type: 'THApiException' });
}

function mayRedirect(uri: string, registered: readonly string[], quirks: ThreadsQuirks): boolean {
  if (!uri.startsWith('https://') || !registered.includes(uri)) return false;
  return !quirks.refuseLocalhost || new URL(uri).hostname !== 'localhost';
}
