import type { Grant } from '../core/account.ts';
import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { standardGrant, standardTokenRequest, tokenFailure } from '../net/token.ts';

const AUTHORIZE = 'https://www.tiktok.com/v2/auth/authorize/';
const TOKEN = 'https://open.tiktokapis.com/v2/oauth/token/';
const REVOKE = 'https://open.tiktokapis.com/v2/oauth/revoke/';

const service = { id: 'tiktok', name: 'TikTok' } as const;

/**
 * Login Kit for desktop: a loopback address with any port, PKCE whose challenge is lower-case hex, and a client
 * secret all the same. https://developers.tiktok.com/doc/login-kit-desktop/
 *
 * Lifetimes are told by each answer and never assumed: since November 2026 two hours and 180 days, before 24 hours
 * and 365 days. A refresh token works once: https://developers.tiktok.com/docs/en/oauth-refresh-a-user-access-token
 */
export const signIn: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'http://127.0.0.1:*/callback/', registered: true },
  pkce: 'S256-hex',
  scopes: ['user.info.basic', 'user.info.profile', 'video.list'],
  // Without the profile only the user name is missing: the display name stands in for it.
  needed: ['user.info.basic', 'video.list'],
  secret: 'required',
  authorizeUrl,
  exchange,
  refresh,
  refreshAheadMs: 10 * MINUTE,
  revoke,
};

/**
 * The same with the rights to post, asked for only when the person says that the account shall be posted to: an app
 * that has not got them from TikTok can’t show the page. https://developers.tiktok.com/doc/tiktok-api-scopes
 */
export const postingSignIn: OAuthSignIn = {
  ...signIn,
  scopes: [...signIn.scopes, 'video.publish', 'video.upload'],
  needed: ['user.info.basic', 'video.list', 'video.publish'],
};

function authorizeUrl({ app, redirectUri, state, challenge, scopes }: AuthorizeRequest): string {
  const url = new URL(AUTHORIZE);
  url.search = new URLSearchParams({
    client_key: app.clientId,
    response_type: 'code',
    scope: scopes.join(','),
    redirect_uri: redirectUri,
    state,
    code_challenge: challenge ?? '',
    code_challenge_method: 'S256',
  }).toString();
  return url.href;
}

/** The callback calls the granted rights `scopes`, the token endpoint `scope`; the latter has the last word. */
async function exchange(request: ExchangeRequest): Promise<Grant> {
  const { http, clock, app, code, redirectUri, verifier, callback } = request;
  const answer = await askToken(
    { http, clock, app, purpose: 'exchange' },
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    },
  );
  const scopes = (callback.get('scopes') ?? '').split(',').filter((scope) => scope !== '');
  return standardGrant(answer, { clock, scopes });
}

async function refresh({ http, app, clock, grant }: RefreshRequest): Promise<Grant> {
  const answer = await askToken(
    { http, clock, app, purpose: 'refresh' },
    {
      grant_type: 'refresh_token',
      refresh_token: grant.refreshToken,
    },
  );
  return standardGrant(answer, { clock, previous: grant });
}

/**
 * Takes the app's access away. TikTok knows only living access tokens here: an expired one is renewed first.
 * A sign-in that is dead already is fine.
 */
async function revoke(request: RefreshRequest): Promise<void> {
  const { clock, grant } = request;
  const alive = grant.expiresAt === undefined || grant.expiresAt > clock.now();
  if (alive && (await revokeToken(request, grant.accessToken))) return;
  try {
    const renewed = await refresh(request);
    if (await revokeToken(request, renewed.accessToken)) return;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'login') return;
    throw error;
  }
  throw new Failure('E_REFUSED', {
    certain: true,
    message: 'TikTok does not take back the access of this app.',
    hint: 'Remove it in TikTok’s app: Settings and privacy, Security & permissions, Apps and services permissions.',
  });
}

/** False where TikTok does not know the token. Success is an empty body or an empty object. */
async function revokeToken({ http, app, clock }: RefreshRequest, token: string): Promise<boolean> {
  const response = await http.send({
    method: 'POST',
    url: REVOKE,
    form: { client_key: app.clientId, client_secret: app.clientSecret, token },
    accept: [200, 400, 401, 403],
    authorize: false,
  });
  const { error, error_description: description } =
    response.text.trim() === ''
      ? { error: response.status >= 400 ? `status ${response.status}` : '' }
      : response.json<{ error?: string; error_description?: string }>();
  if (error === undefined || error === '') return true;
  if (/client/u.test(error))
    throw tokenFailure({ error, description: description ?? '' }, response.status, {
      service,
      clock,
      purpose: 'exchange',
    });
  return false;
}

type TokenCall = Pick<Parameters<typeof standardTokenRequest>[0], 'http' | 'clock' | 'app' | 'purpose'>;

function askToken(
  call: TokenCall,
  fields: Readonly<Record<string, string | undefined>>,
): Promise<Record<string, unknown>> {
  return standardTokenRequest({ ...call, service, url: TOKEN, fields, idField: 'client_key' });
}
