import type { App, Grant } from '../core/account.ts';
import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { rememberSecret } from '../net/redact.ts';
import type { TokenError } from '../net/token.ts';
import { standardGrant, standardTokenRequest, tokenFailure } from '../net/token.ts';
import { newKey, provingHttp } from './bluesky-dpop.ts';
import type { AuthServer } from './bluesky-identity.ts';
import { entryway, findAuthServer, findDid, findHome, identifierOf, serverOf } from './bluesky-identity.ts';
import { extraOf, sessionOf } from './bluesky-session.ts';

const service = { id: 'bluesky', name: 'Bluesky' } as const;

/** https://github.com/bluesky-social/atproto/blob/main/packages/oauth/oauth-provider/src/constants.ts */
const PUBLIC_SESSION_MS = 14 * DAY;

/** Just what publishing takes: https://atproto.com/specs/permission */
const narrow = [
  'atproto',
  'repo:app.bsky.feed.post',
  'blob:video/mp4',
  'rpc:com.atproto.repo.uploadBlob?aud=*',
  'rpc:app.bsky.video.getUploadLimits?aud=*',
];

/** For servers that don't know narrow rights yet: everything that an app password may do. */
const broad = ['atproto', 'transition:generic'];

/**
 * OAuth as the AT Protocol wants it: pushed requests, PKCE, proofs of possession, no app to register.
 * https://atproto.com/specs/oauth
 */
export const signIn: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'http://127.0.0.1:*/callback', registered: false },
  pkce: 'S256',
  scopes: narrow,
  // The rest is looked at in `exchange`: broad rights do as well.
  needed: ['atproto'],
  secret: 'none',
  ownApp: false,
  prepare,
  authorizeUrl,
  exchange,
  refresh,
  revoke,
};

/** The id of a client on the person's own machine; the port plays no part: https://atproto.com/specs/oauth#clients */
function clientIdOf(redirectUri: string, scopes: readonly string[]): string {
  const { protocol, hostname, pathname } = new URL(redirectUri);
  const query = new URLSearchParams({
    redirect_uri: `${protocol}//${hostname}${pathname}`,
    scope: scopes.join(' '),
  });
  return `http://localhost?${query}`;
}

async function prepare({
  http,
  at,
  loginHint,
  ...asked
}: Parameters<NonNullable<OAuthSignIn['prepare']>>[0]): Promise<{
  app: App;
  prepared: Record<string, string>;
}> {
  const server = at === undefined ? undefined : serverOf(at);
  const did = loginHint === undefined ? undefined : await findDid(http, identifierOf(loginHint), server);
  const home = did === undefined ? undefined : await findHome(http, did);
  const authServer = await findAuthServer(http, home?.pds ?? server ?? entryway);
  const dpopKey = newKey();
  rememberSecret(dpopKey);
  const push = { http: provingHttp(http, dpopKey), authServer, ...asked };
  const hint = loginHint === undefined ? {} : { login_hint: did ?? loginHint };
  const pushed = (await pushRequest(push, narrow, hint)) ?? (await pushRequest(push, broad, hint));
  if (pushed === undefined)
    throw new Failure('E_APP_SETUP', {
      message: `${new URL(authServer.issuer).host} refuses the rights that repost needs.`,
      hint: 'Use an app password.',
      command: 'repost login bluesky --app-password --account HANDLE',
    });
  return {
    app: { platform: 'bluesky', host: '', clientId: pushed.clientId, settings: {} },
    prepared: { ...authServer, ...pushed, dpopKey, ...(did === undefined ? {} : { did }) },
  };
}

interface Push {
  http: Http;
  authServer: AuthServer;
  redirectUri: string;
  state: string;
  challenge?: string;
}

/** Pushes the request (RFC 9126). Undefined where the server doesn't know these rights. */
async function pushRequest(
  { http, authServer, redirectUri, state, challenge }: Push,
  scopes: readonly string[],
  hint: { login_hint?: string },
): Promise<{ clientId: string; requestUri: string } | undefined> {
  const clientId = clientIdOf(redirectUri, scopes);
  const response = await http.send({
    url: authServer.parEndpoint,
    form: {
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...hint,
    },
    accept: [400, 401],
    authorize: false,
  });
  const answer = response.json<Readonly<Record<string, unknown>>>();
  const requestUri = answer['request_uri'];
  if (typeof requestUri === 'string' && requestUri !== '') return { clientId, requestUri };
  const error: TokenError = {
    error: String(answer['error'] ?? `status ${response.status}`),
    description: String(answer['error_description'] ?? ''),
  };
  if (error.error === 'invalid_scope') return undefined;
  throw tokenFailure(error, response.status, { service, purpose: 'exchange', clock: http.clock });
}

function authorizeUrl({ prepared }: AuthorizeRequest): string {
  const { authorizationEndpoint, clientId, requestUri } = prepared ?? {};
  const url = new URL(authorizationEndpoint ?? `${entryway}/oauth/authorize`);
  url.searchParams.set('client_id', clientId ?? '');
  url.searchParams.set('request_uri', requestUri ?? '');
  return url.href;
}

async function exchange({
  http,
  app,
  clock,
  code,
  redirectUri,
  verifier,
  prepared,
}: ExchangeRequest): Promise<Grant> {
  const {
    issuer = '',
    tokenEndpoint = '',
    revocationEndpoint,
    clientId = '',
    dpopKey = '',
    did,
  } = prepared ?? {};
  const answer = await standardTokenRequest({
    http: provingHttp(http, dpopKey),
    clock,
    service,
    app: { ...app, clientId },
    url: tokenEndpoint,
    purpose: 'exchange',
    fields: { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier },
  });
  const subject = String(answer['sub'] ?? '');
  if (did !== undefined && subject !== did)
    throw new Failure('E_OTHER_ACCOUNT', {
      message: `You signed in as ${subject}, and ${did} was asked for.`,
    });
  // Anybody's server can say that you are anybody: only the account's own directory entry proves it.
  const home = await findHome(http, subject);
  if ((await findAuthServer(http, home.pds)).issuer !== issuer)
    throw new Failure('E_STATE_MISMATCH', {
      message: `${issuer} does not speak for the account ${subject}.`,
    });
  const grant = standardGrant(answer, { clock });
  requireRights(grant);
  const session = {
    did: subject,
    pds: home.pds,
    issuer,
    clientId,
    tokenEndpoint,
    ...(revocationEndpoint === undefined ? {} : { revocationEndpoint }),
  };
  return { ...grant, refreshExpiresAt: clock.now() + PUBLIC_SESSION_MS, extra: extraOf(session, dpopKey) };
}

function requireRights({ scopes }: Grant): void {
  if (!scopes.includes('atproto')) throw missing(['atproto']);
  if (scopes.includes('transition:generic')) return;
  // A server may write a right in another way than it was asked for: its words up to the details must be there.
  const lacking = narrow.filter(
    (scope) => !scopes.some((one) => one.startsWith(scope.split('?')[0] ?? scope)),
  );
  if (lacking.length > 0) throw missing(lacking);
}

function missing(scopes: readonly string[]): Failure {
  return new Failure('E_SCOPES', {
    message: `Bluesky did not grant: ${scopes.join(', ')}.`,
    command: 'repost login bluesky',
  });
}

/** Strictly single use: the same refresh token twice ends the whole session. */
async function refresh({ http, app, clock, grant }: RefreshRequest): Promise<Grant> {
  const { did, tokenEndpoint, clientId = '' } = sessionOf(grant);
  const { refreshToken, refreshExpiresAt } = grant;
  const key = grant.extra?.['dpopKey'];
  if (refreshToken === undefined || key === undefined || tokenEndpoint === undefined)
    throw new Failure('E_LOGIN_NEEDED', {
      message: 'The kept Bluesky sign-in can’t be renewed.',
      command: 'repost login bluesky',
    });
  const answer = await standardTokenRequest({
    http: provingHttp(http, key),
    clock,
    service,
    app: { ...app, clientId },
    url: tokenEndpoint,
    purpose: 'refresh',
    fields: { grant_type: 'refresh_token', refresh_token: refreshToken },
    isDead: ({ error }) => /^(invalid_token|ExpiredToken|InvalidToken)$/u.test(error),
  });
  if (answer['sub'] !== did)
    throw new Failure('E_BAD_ANSWER', { message: 'Bluesky renewed the sign-in of another account.' });
  const renewed = standardGrant(answer, { clock, previous: grant });
  // The session's end does not move when it is renewed.
  return refreshExpiresAt === undefined ? renewed : { ...renewed, refreshExpiresAt };
}

async function revoke({ http, grant }: RefreshRequest): Promise<void> {
  const { revocationEndpoint, clientId = '' } = sessionOf(grant);
  const key = grant.extra?.['dpopKey'];
  if (revocationEndpoint === undefined || key === undefined) return;
  await provingHttp(http, key).send({
    url: revocationEndpoint,
    form: { token: grant.refreshToken ?? grant.accessToken, client_id: clientId },
    authorize: false,
  });
}
