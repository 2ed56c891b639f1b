import type { Grant } from '../core/account.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpResponse } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { END_CAUSE, GOOGLE_PUBLISH } from '../core/sign-in-end.ts';

const AUTHORIZE = 'https://accounts.google.com/o/oauth2/v2/auth';
const TOKEN = 'https://oauth2.googleapis.com/token';
const REVOKE = 'https://oauth2.googleapis.com/revoke';

const prefix = 'https://www.googleapis.com/auth/';

/** The least that publishes and reads back: youtube.upload alone can read nothing. */
export const scopes: readonly string[] = [`${prefix}youtube.upload`, `${prefix}youtube.readonly`];

/** Wider rights that hold a needed one. */
const wider = [`${prefix}youtube`, `${prefix}youtube.force-ssl`];

/**
 * While an app's consent screen has the status Testing, Google ends sign-ins after seven days:
 * https://developers.google.com/identity/protocols/oauth2#expiration
 */
const TESTING_MS = 7 * DAY;

/** A desktop client: any loopback port without registration, PKCE, and its (not confidential) secret. */
export const signIn: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'http://127.0.0.1:*/callback', registered: false },
  pkce: 'S256',
  scopes,
  secret: 'required',
  authorizeUrl,
  exchange,
  refresh,
  revoke,
};

function authorizeUrl({ app, redirectUri, state, challenge, scopes: wanted }: AuthorizeRequest): string {
  const url = new URL(AUTHORIZE);
  url.search = new URLSearchParams({
    client_id: app.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: wanted.join(' '),
    state,
    code_challenge: challenge ?? '',
    code_challenge_method: 'S256',
    access_type: 'offline',
    // Without it a second consent brings no refresh token.
    prompt: 'consent',
  }).toString();
  return url.href;
}

async function exchange({ http, app, clock, code, redirectUri, verifier }: ExchangeRequest): Promise<Grant> {
  const response = await askToken(http, {
    grant_type: 'authorization_code',
    code,
    client_id: app.clientId,
    client_secret: app.clientSecret,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  });
  if (response.status !== 200) throw exchangeFailure(response);
  const now = clock.now();
  const grant = grantOf(response, now, { signedInAt: String(now) });
  if (grant.refreshToken === undefined)
    throw new Failure('E_LOGIN_CODE', {
      message: 'Google gave no lasting sign-in (no refresh token).',
      hint: 'Remove the app at https://myaccount.google.com/permissions, then run login again.',
    });
  const missing = scopes.filter((scope) => ![scope, ...wider].some((one) => grant.scopes.includes(one)));
  if (missing.length > 0)
    throw new Failure('E_SCOPES', {
      message: `Google’s page left these rights unticked: ${missing.map((scope) => scope.slice(prefix.length)).join(', ')}.`,
      command: 'repost login youtube',
    });
  return grant;
}

async function refresh({ http, app, clock, grant }: RefreshRequest): Promise<Grant> {
  const response = await askToken(http, {
    grant_type: 'refresh_token',
    refresh_token: grant.refreshToken,
    client_id: app.clientId,
    client_secret: app.clientSecret,
  });
  if (response.status !== 200) throw refreshFailure(response, grant, clock.now());
  const fresh = grantOf(response, clock.now(), grant.extra ?? {});
  // Google's refresh tokens stay the same; an answer rarely repeats them.
  return {
    ...grant,
    ...fresh,
    scopes: fresh.scopes.length > 0 ? fresh.scopes : grant.scopes,
  };
}

/** Takes back everything the person granted to the Google project. A token that is dead already is fine. */
async function revoke({ http, grant }: RefreshRequest): Promise<void> {
  const response = await http.send({
    method: 'POST',
    url: REVOKE,
    form: { token: grant.refreshToken ?? grant.accessToken },
    accept: [400],
    authorize: false,
  });
  if (response.status === 400 && errorOf(response).error !== 'invalid_token') throw exchangeFailure(response);
}

function askToken(http: Http, form: Readonly<Record<string, string | undefined>>): Promise<HttpResponse> {
  return http.send({ method: 'POST', url: TOKEN, form, accept: [400, 401, 403], authorize: false });
}

function grantOf(response: HttpResponse, now: number, extra: Readonly<Record<string, string>>): Grant {
  const said = response.json<Record<string, unknown>>();
  if (typeof said?.['access_token'] !== 'string')
    throw new Failure('E_BAD_ANSWER', { message: 'Google’s answer holds no access token.' });
  const refreshToken = said['refresh_token'];
  const lifeOf = (name: string) => (typeof said[name] === 'number' ? said[name] * SECOND : undefined);
  const expiresIn = lifeOf('expires_in');
  const refreshExpiresIn = lifeOf('refresh_token_expires_in');
  return {
    accessToken: said['access_token'],
    ...(typeof refreshToken === 'string' ? { refreshToken } : {}),
    ...(expiresIn === undefined ? {} : { expiresAt: now + expiresIn }),
    ...(refreshExpiresIn === undefined ? {} : { refreshExpiresAt: now + refreshExpiresIn }),
    scopes: typeof said['scope'] === 'string' ? said['scope'].split(' ').filter(Boolean) : [],
    obtainedAt: now,
    extra,
  };
}

// ---------------------------------------------------------------- warnings

/** True where the sign-in has the life that Google gives to apps in status Testing. */
function isTesting(grant: Grant): boolean {
  const { refreshExpiresAt } = grant;
  return (
    refreshExpiresAt !== undefined && Math.abs(refreshExpiresAt - signedInAt(grant) - TESTING_MS) <= HOUR
  );
}

/** Facts for the account's row: why the sign-in will end, where Google told. */
export function endOf(grant: Grant): Readonly<Record<string, string>> {
  return isTesting(grant) ? { [END_CAUSE]: 'google-testing' } : {};
}

export function warningsOf(grant: Grant): string[] {
  if (isTesting(grant))
    return [
      `This Google project is in status Testing: Google ends the sign-in after seven days. Publish the app once at ${GOOGLE_PUBLISH} and sign in again.`,
    ];
  if (grant.refreshExpiresAt === undefined) return [];
  const day = new Date(grant.refreshExpiresAt).toISOString().slice(0, 10);
  return [`Access was granted until ${day} only; sign in again before that day.`];
}

function signedInAt(grant: Grant): number {
  return Number(grant.extra?.['signedInAt'] ?? grant.obtainedAt);
}

// ---------------------------------------------------------------- refusals

/** Errors of https://developers.google.com/identity/protocols/oauth2/native-app and RFC 6749, section 5.2. */
function exchangeFailure(response: HttpResponse): Failure {
  const { error, message } = errorOf(response);
  const details = { message, status: response.status, certain: true };
  switch (error) {
    case 'invalid_grant':
      return new Failure('E_LOGIN_CODE', details);
    case 'invalid_client':
    case 'deleted_client':
    case 'invalid_request':
      return new Failure('E_CLIENT_INVALID', {
        ...details,
        hint: 'Copy client id and client secret of a client of the type “Desktop app” from the Google Cloud console.',
      });
    case 'redirect_uri_mismatch':
      return new Failure('E_REDIRECT', {
        ...details,
        hint: 'Use a client of the type “Desktop app”: it needs no registered address.',
      });
    case 'access_denied':
    case 'admin_policy_enforced':
      return new Failure('E_DENIED', details);
    default:
      return new Failure('E_LOGIN_CODE', details);
  }
}

/** Only what a person can mend by signing in ends a sign-in; a wrong client secret is not the account's fault. */
function refreshFailure(response: HttpResponse, grant: Grant, now: number): Failure {
  const { error, message } = errorOf(response);
  const details = { message, status: response.status, certain: true };
  if (['invalid_grant', 'admin_policy_enforced', 'access_denied'].includes(error)) {
    const age = now - signedInAt(grant);
    const looksTesting = isTesting(grant) || Math.abs(age - TESTING_MS) < DAY;
    return new Failure('E_LOGIN_NEEDED', {
      ...details,
      command: 'repost login youtube',
      ...(error === 'invalid_grant' && looksTesting
        ? {
            hint: `The sign-in ended after seven days, as Google does to apps in status Testing: publish the app at ${GOOGLE_PUBLISH}, then sign in.`,
          }
        : {}),
    });
  }
  const client = ['invalid_client', 'deleted_client', 'invalid_request', 'unauthorized_client'].includes(
    error,
  );
  return new Failure(client ? 'E_CLIENT_INVALID' : 'E_BAD_ANSWER', {
    ...details,
    kind: 'later',
    reason: 'login',
    notBefore: now + 15 * MINUTE,
    command: 'repost app check youtube',
  });
}

function errorOf(response: HttpResponse): { error: string; message: string } {
  let said: Record<string, unknown> = {};
  try {
    said = response.json<Record<string, unknown>>() ?? {};
  } catch {
    // A page instead of JSON: the status says it all.
  }
  const error = String(said['error'] ?? `HTTP ${response.status}`);
  const words = [said['error_description'], said['error_subtype']].filter((one) => typeof one === 'string');
  return { error, message: `Google refused the sign-in: ${[error, ...words].join(', ').slice(0, 300)}.` };
}
