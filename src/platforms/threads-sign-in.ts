import type { App, Grant } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { DAY, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { graphErrorOf } from './meta-errors.ts';
import { tokenRefusal } from './meta-tokens.ts';
import { classifyThreads } from './threads-errors.ts';

export const threadsOrigin = 'https://graph.threads.net';
/** The version lives apart from the Graph API's. */
export const threadsApi = `${threadsOrigin}/v1.0`;

const scopes = ['threads_basic', 'threads_content_publish'];
/** Statuses with which the sign-in's errors come: read here by their body. */
const refusals = [400, 401, 403] as const;

/**
 * Sign-in with the app pair of the app's Threads use case. The code becomes a token of an hour, that one a token
 * of 60 days, which a machine can renew for ever.
 * https://developers.facebook.com/docs/threads/get-started/get-access-tokens-and-permissions/
 * https://developers.facebook.com/docs/threads/get-started/long-lived-tokens/
 */
export const threadsSignIn: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'https://localhost:8443/callback', registered: true },
  pkce: 'none',
  scopes,
  secret: 'required',
  authorizeUrl,
  exchange,
  refresh,
  // Weekly: a token that is not renewed for 60 days is dead for good.
  refreshAheadMs: 53 * DAY,
  fromToken,
};

function authorizeUrl({ app, redirectUri, state, scopes: asked }: AuthorizeRequest): string {
  const url = new URL('https://threads.net/oauth/authorize');
  const query = {
    client_id: app.clientId,
    redirect_uri: redirectUri,
    scope: asked.join(','),
    response_type: 'code',
    state,
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

interface Token {
  access_token: string;
  expires_in?: number;
}

async function exchange({ http, app, clock, code, redirectUri }: ExchangeRequest): Promise<Grant> {
  const short = await ask<Token>(http, {
    url: `${threadsOrigin}/oauth/access_token`,
    form: {
      client_id: app.clientId,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: redirectUri,
      // The address ends on `#_`, which is no part of the code.
      code: code.replace(/#_.*$/u, ''),
    },
  });
  return grantOf(http, clock, await longToken(http, app, short.access_token));
}

/** A token that the dashboard made for a Threads tester: long-lived already, or of an hour. */
async function fromToken(request: {
  http: Http;
  app: App | undefined;
  clock: Clock;
  token: string;
}): Promise<Grant> {
  const { http, app, clock, token } = request;
  const facts = await inspect(http, token);
  if (facts.is_valid === false)
    throw new Failure('E_LOGIN_CODE', { message: 'Threads says that the pasted token is not valid.' });
  const left = (facts.expires_at ?? 0) * SECOND - clock.now();
  // Told or not, one with days to go is long-lived; an hour's token has to be exchanged with the app's secret.
  if (facts.expires_at === undefined || left > DAY)
    return grantOf(http, clock, {
      access_token: token,
      ...(left > 0 ? { expires_in: Math.floor(left / SECOND) } : {}),
    });
  if (!app)
    throw new Failure('E_NO_APP', {
      message: 'The pasted token lives for an hour; your app’s id and secret are needed to make it last.',
      command: 'repost app add threads --client-id ID --client-secret-stdin',
    });
  return grantOf(http, clock, await longToken(http, app, token));
}

function longToken(http: Http, app: App, token: string): Promise<Token> {
  return ask<Token>(http, {
    url: `${threadsOrigin}/access_token`,
    query: { grant_type: 'th_exchange_token', client_secret: app.clientSecret, access_token: token },
  });
}

/** A token of less than a day can't be renewed and needn't be. */
async function refresh({ http, clock, grant }: RefreshRequest): Promise<Grant> {
  try {
    const token = await ask<Token>(http, {
      url: `${threadsOrigin}/refresh_access_token`,
      query: { grant_type: 'th_refresh_token', access_token: grant.accessToken },
    });
    return await grantOf(http, clock, token, grant.scopes);
  } catch (error) {
    // A revoked token has been refused with 100, which is said of much else: the profile tells.
    if (error instanceof Failure && error.code === 'E_REFUSED') await mustLive(http, grant);
    throw error instanceof Failure && error.code === 'E_REFUSED'
      ? new Failure('E_REFUSED', { kind: 'retry', message: error.message })
      : error;
  }
}

/** Throws E_LOGIN_NEEDED where the token opens nothing any more. */
async function mustLive(http: Http, grant: Grant): Promise<void> {
  const response = await http.send({
    url: `${threadsApi}/me`,
    query: { fields: 'id' },
    headers: { authorization: `Bearer ${grant.accessToken}` },
    accept: refusals,
  });
  const code = response.status < 300 ? undefined : graphErrorOf(response)?.code;
  if (code === 100 || code === 190 || code === 102)
    throw new Failure('E_LOGIN_NEEDED', {
      kind: 'login',
      certain: true,
      message: 'Threads does not take the sign-in any more.',
      command: 'repost login threads',
    });
}

interface TokenFacts {
  is_valid?: boolean;
  /** Unix seconds. */
  expires_at?: number;
  scopes?: string[];
}

async function inspect(http: Http, token: string): Promise<TokenFacts> {
  const answer = await ask<{ data?: TokenFacts }>(http, {
    url: `${threadsApi}/debug_token`,
    query: { input_token: token, access_token: token },
  });
  return answer.data ?? {};
}

async function grantOf(
  http: Http,
  clock: Clock,
  token: Token,
  usual: readonly string[] = scopes,
): Promise<Grant> {
  const now = clock.now();
  // Rights can be unticked. The code is spent by now: trouble in asking must not undo the sign-in.
  const facts = await inspect(http, token.access_token).catch((): TokenFacts => ({}));
  const expiresAt =
    token.expires_in === undefined
      ? facts.expires_at && facts.expires_at * SECOND
      : now + token.expires_in * SECOND;
  return {
    accessToken: token.access_token,
    scopes: facts.scopes ?? usual,
    obtainedAt: now,
    expiresAt: expiresAt || now + 60 * DAY,
  };
}

async function ask<T>(http: Http, request: HttpRequest): Promise<T> {
  const response = await http.send({ ...request, accept: refusals });
  if (response.status < 300) return response.json<T>();
  throw refusalOf(response, http.clock);
}

function refusalOf(response: HttpResponse, clock: Clock): Failure {
  return (
    tokenRefusal(response) ??
    classifyThreads(response, { url: response.url }, clock) ??
    new Failure('E_BAD_ANSWER', { status: response.status, message: `Threads answered ${response.status}.` })
  );
}
