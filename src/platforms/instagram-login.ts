import type { App, Grant, Identity } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { DAY, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { classifyInstagram } from './instagram-errors.ts';
import { authorizeMeta, graph } from './meta.ts';
import { tokenRefusal } from './meta-tokens.ts';

/** The name under which accounts, apps and the command line know this way of signing in. */
export const byInstagramLogin = 'instagram-login';

const origin = 'https://graph.instagram.com';
const facebookOrigin = new URL(graph).origin;

export const instagramLoginOrigins = [
  'https://www.instagram.com',
  'https://api.instagram.com',
  origin,
] as const;

const scopes = ['instagram_business_basic', 'instagram_business_content_publish'];
const refusals = [400, 401, 403] as const;
const LIFE_MS = 60 * DAY;
// Weekly: a token that is not renewed for 60 days is dead for good.
const REFRESH_AHEAD_MS = 53 * DAY;

/**
 * Sign-in by Instagram itself, without a Page, with the id and secret of the app's Instagram part. On this way
 * Instagram takes no bytes: it fetches the video from the user's media host.
 * https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
 */
export const instagramLogin: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'https://localhost:8443/callback', registered: true },
  pkce: 'none',
  scopes,
  secret: 'required',
  authorizeUrl,
  exchange,
  refresh,
  refreshAheadMs: REFRESH_AHEAD_MS,
  fromToken,
};

/** True where the account is signed in by Instagram itself. */
export function isHosted({ settings }: { settings: Readonly<Record<string, unknown>> }): boolean {
  return settings['signIn'] === byInstagramLogin;
}

/** Tokens of the two families are told apart by their first letters: `IGA…`, `IGQ…` and `EAA…`. */
const isInstagramToken = ({ accessToken }: Grant): boolean => accessToken.startsWith('IG');

/** Both families have the same edges; a token of Instagram Login works on a host of its own. */
export function authorizeInstagram(request: HttpRequest, grant: Grant): HttpRequest {
  if (!isInstagramToken(grant)) return authorizeMeta(request, grant);
  const url = new URL(request.url);
  if (url.origin !== facebookOrigin)
    throw new Failure('E_BAD_ANSWER', {
      message: `Instagram named an address on ${url.origin}, which gets no token; nothing was sent.`,
      certain: true,
    });
  return {
    ...request,
    url: origin + url.pathname + url.search,
    headers: { ...request.headers, authorization: `Bearer ${grant.accessToken}` },
  };
}

interface Profile {
  user_id?: string | number;
  username?: string;
  name?: string;
}

/** The account that signed in; undefined where the grant is one of Facebook Login. */
export async function ownAccount(http: Http, grant: Grant): Promise<Identity[] | undefined> {
  if (!isInstagramToken(grant)) return undefined;
  const response = await http.send({
    url: `${graph}/me`,
    // `id` is another number, good for this app alone.
    query: { fields: 'user_id,username,name' },
    call: 'read',
  });
  const { user_id, username, name } = unwrapped<Profile>(response);
  if (user_id === undefined) throw new Failure('E_BAD_ANSWER', { message: 'Instagram told no account.' });
  const handle = username ?? String(user_id);
  return [
    {
      remoteId: String(user_id),
      handle: `@${handle}`,
      name: name || handle,
      url: `https://www.instagram.com/${handle}/`,
      settings: { signIn: byInstagramLogin },
    },
  ];
}

// ---------------------------------------------------------------- tokens

function authorizeUrl({ app, redirectUri, state, scopes: asked }: AuthorizeRequest): string {
  const url = new URL('https://www.instagram.com/oauth/authorize');
  const query = {
    client_id: app.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: asked.join(','),
    state,
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

interface Token {
  access_token: string;
  expires_in?: number;
}

interface ShortToken extends Token {
  permissions?: string | readonly string[];
}

async function exchange({ http, app, clock, code, redirectUri }: ExchangeRequest): Promise<Grant> {
  const short = await ask<ShortToken>(http, {
    url: 'https://api.instagram.com/oauth/access_token',
    form: {
      client_id: app.clientId,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: redirectUri,
      // The address ends on `#_`, which is no part of the code.
      code: code.replace(/#_.*$/u, ''),
    },
  });
  return grantOf(await longToken(http, app, short.access_token), clock, listed(short.permissions));
}

/** A list, or one text with commas. */
function listed(permissions: string | readonly string[] | undefined): readonly string[] {
  if (permissions === undefined) return scopes;
  return typeof permissions === 'string' ? permissions.split(/[\s,]+/u).filter(Boolean) : permissions;
}

/** A token that the dashboard made next to the account: it lives 60 days from a day that nobody tells. */
async function fromToken(request: {
  http: Http;
  app: App | undefined;
  clock: Clock;
  token: string;
}): Promise<Grant> {
  const { http, app, clock, token } = request;
  if (!token.startsWith('IG'))
    throw new Failure('E_LOGIN_CODE', {
      message: 'That is no token of Instagram Login: those begin with IG.',
      hint: 'Make it under “API setup with Instagram login”, next to the account.',
    });
  const exchanged = app?.clientSecret === undefined ? undefined : await tryLongToken(http, app, token);
  if (exchanged) return grantOf(exchanged, clock, scopes);
  const grant = grantOf({ access_token: token }, clock, scopes);
  // Renewed within a day, which makes its age known.
  return { ...grant, expiresAt: clock.now() + REFRESH_AHEAD_MS + DAY };
}

/** Undefined where it is long-lived already, which is refused as a bad value. */
async function tryLongToken(http: Http, app: App, token: string): Promise<Token | undefined> {
  try {
    return await longToken(http, app, token);
  } catch (error) {
    if (error instanceof Failure && error.code === 'E_REFUSED') return undefined;
    throw error;
  }
}

function longToken(http: Http, app: App, token: string): Promise<Token> {
  return ask<Token>(http, {
    url: `${origin}/access_token`,
    query: { grant_type: 'ig_exchange_token', client_secret: app.clientSecret, access_token: token },
  });
}

/** Refused for a token of less than a day: it goes on as it is. */
async function refresh({ http, clock, grant }: RefreshRequest): Promise<Grant> {
  try {
    const query = { grant_type: 'ig_refresh_token', access_token: grant.accessToken };
    return grantOf(
      await ask<Token>(http, { url: `${origin}/refresh_access_token`, query }),
      clock,
      grant.scopes,
    );
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'E_REFUSED') throw error;
    throw new Failure('E_REFUSED', { kind: 'retry', message: error.message });
  }
}

function grantOf(token: Token, clock: Clock, granted: readonly string[]): Grant {
  const now = clock.now();
  return {
    accessToken: token.access_token,
    scopes: granted,
    obtainedAt: now,
    expiresAt: now + (token.expires_in === undefined ? LIFE_MS : token.expires_in * SECOND),
  };
}

async function ask<T>(http: Http, request: HttpRequest): Promise<T> {
  const response = await http.send({ ...request, accept: refusals });
  if (response.status < 300) return unwrapped<T>(response);
  throw (
    tokenRefusal(response) ??
    classifyInstagram(response, request, http.clock) ??
    new Failure('E_BAD_ANSWER', {
      status: response.status,
      message: `Instagram answered ${response.status}.`,
    })
  );
}

/** Answers are documented inside `data[]` and have come flat for years. */
function unwrapped<T>(response: HttpResponse): T {
  const body = response.json<T & { data?: T[] }>();
  return body.data?.[0] ?? body;
}
