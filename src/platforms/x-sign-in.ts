import type { App, Grant, Identity } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { DAY, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { moneyFailure, problemOf } from './x-errors.ts';
import { calls } from './x-rules.ts';

const AUTHORIZE = 'https://x.com/i/oauth2/authorize';
const TOKEN = 'https://api.x.com/2/oauth2/token';
const REVOKE = 'https://api.x.com/2/oauth2/revoke';
const ME = 'https://api.x.com/2/users/me';

/** "About six months": https://docs.x.com/fundamentals/authentication/oauth-2-0/oauth-1-0a-token-exchange */
const REFRESH_TOKEN_LIFE_MS = 180 * DAY;

/**
 * OAuth 2.0 with PKCE: https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
 * The redirect address is compared with the registered one in every character, the port included. The code
 * lives 30 seconds. Each refresh gives a new refresh token and ends the old one.
 */
export const signIn: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'http://127.0.0.1:8765/callback', registered: true },
  pkce: 'S256',
  scopes: ['tweet.read', 'tweet.write', 'users.read', 'media.write', 'offline.access'],
  secret: 'optional',
  authorizeUrl,
  exchange,
  refresh,
  revoke,
};

function authorizeUrl({ app, redirectUri, state, challenge, scopes }: AuthorizeRequest): string {
  const parameters = {
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: redirectUri,
    scope: scopes.join(' '),
    state,
    code_challenge: challenge ?? '',
    code_challenge_method: 'S256',
  };
  // Blanks as %20: X does not read `+` as one everywhere.
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${AUTHORIZE}?${query.join('&')}`;
}

async function exchange({ http, app, clock, code, redirectUri, verifier }: ExchangeRequest): Promise<Grant> {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
  const response = await http.send(tokenRequest(TOKEN, app, form));
  if (response.status !== 200) throw tokenFailure(response, clock, 'E_LOGIN_CODE');
  const grant = grantOf(response, clock);
  if (grant.refreshToken !== undefined) return grant;
  throw new Failure('E_SCOPES', {
    message: 'X gave no refresh token: the right offline.access was not granted.',
    command: 'repost login x',
  });
}

async function refresh({ http, app, clock, grant }: RefreshRequest): Promise<Grant> {
  if (grant.refreshToken === undefined)
    throw new Failure('E_LOGIN_NEEDED', { message: 'X gave no refresh token.', command: 'repost login x' });
  const form = { grant_type: 'refresh_token', refresh_token: grant.refreshToken };
  const response = await http.send(tokenRequest(TOKEN, app, form));
  if (response.status !== 200) throw tokenFailure(response, clock, 'E_LOGIN_NEEDED');
  const renewed = grantOf(response, clock);
  // An answer without a new one would leave the old one good.
  return renewed.refreshToken === undefined ? { ...renewed, refreshToken: grant.refreshToken } : renewed;
}

async function revoke({ http, app, grant }: RefreshRequest): Promise<void> {
  const tokens = { refresh_token: grant.refreshToken, access_token: grant.accessToken };
  for (const [hint, token] of Object.entries(tokens)) {
    if (token !== undefined) await http.send(tokenRequest(REVOKE, app, { token, token_type_hint: hint }));
  }
}

/** Public clients name themselves in the form; confidential ones prove themselves with Basic, and name themselves too. */
function tokenRequest(url: string, app: App, form: Readonly<Record<string, string>>): HttpRequest {
  const basic = Buffer.from(`${app.clientId}:${app.clientSecret ?? ''}`).toString('base64');
  return {
    method: 'POST',
    url,
    form: { ...form, client_id: app.clientId },
    ...(app.clientSecret ? { headers: { authorization: `Basic ${basic}` } } : {}),
    accept: [400, 401, 402, 403],
    authorize: false,
  };
}

function grantOf(response: HttpResponse, clock: Clock): Grant {
  const body = response.json<{
    access_token?: unknown;
    refresh_token?: unknown;
    expires_in?: unknown;
    scope?: unknown;
  }>();
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: seconds, scope } = body;
  if (typeof accessToken !== 'string' || accessToken === '')
    throw new Failure('E_BAD_ANSWER', { message: 'X answered the sign-in without a token.' });
  const now = clock.now();
  return {
    accessToken,
    ...(typeof refreshToken === 'string'
      ? { refreshToken, refreshExpiresAt: now + REFRESH_TOKEN_LIFE_MS }
      : {}),
    ...(typeof seconds === 'number' ? { expiresAt: now + seconds * SECOND } : {}),
    scopes: typeof scope === 'string' ? scope.split(' ') : [],
    obtainedAt: now,
  };
}

/**
 * A 400 is told apart from a wrong set-up by its sentence only; which of two codes a used-up token gets has
 * changed before. So whatever is not about the set-up means: this code or token is no longer good.
 */
function tokenFailure(
  response: HttpResponse,
  clock: Clock,
  spent: 'E_LOGIN_CODE' | 'E_LOGIN_NEEDED',
): Failure {
  const { status } = response;
  const problem = problemOf(response);
  const money = moneyFailure(status, problem, clock);
  if (money) return money;
  const said = problem?.errorDescription || problem?.said || '';
  const details = {
    status,
    certain: true,
    message: `X answered ${status}${said === '' ? '.' : `: ${said}`}`,
  };
  if (problem?.error === 'unauthorized_client')
    return new Failure('E_CLIENT_INVALID', {
      ...details,
      hint: 'An app of the type Web App or Bot needs its client secret, a Native App must be added without one.',
      command: 'repost app add x --client-id ID',
    });
  if (problem?.error === 'invalid_client' || /Missing required parameter/iu.test(said))
    return new Failure('E_CLIENT_INVALID', { ...details, command: 'repost app add x --client-id ID' });
  if ((status === 400 && problem) || status === 401)
    return new Failure(spent, { ...details, command: 'repost login x' });
  return new Failure('E_PLATFORM_DOWN', { ...details, kind: 'retry', certain: false });
}

/** The account of this sign-in. Asked once, because it costs money: its answers are kept with the account. */
export async function identities({ http }: { http: Http }): Promise<Identity[]> {
  const response = await http.send({
    url: ME,
    query: { 'user.fields': 'subscription_type,verified,verified_type' },
    call: calls.me,
  });
  const { data } = response.json<{ data?: Readonly<Record<string, unknown>> }>();
  const text = (name: string) => (typeof data?.[name] === 'string' ? data[name] : '');
  const [id, username] = [text('id'), text('username')];
  if (id === '' || username === '')
    throw new Failure('E_BAD_ANSWER', { message: 'X did not say whose sign-in this is.' });
  return [
    {
      remoteId: id,
      handle: `@${username}`,
      name: text('name') || username,
      url: `https://x.com/${encodeURIComponent(username)}`,
      settings: {
        subscriptionType: text('subscription_type') || 'None',
        verifiedType: text('verified_type') || 'none',
      },
    },
  ];
}
