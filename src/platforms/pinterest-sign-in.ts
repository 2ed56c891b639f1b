import type { Grant, Identity } from '../core/account.ts';
import { DAY } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import type { TokenRequest } from '../net/token.ts';
import { standardGrant, standardTokenRequest } from '../net/token.ts';
import { siteOrigin, v5 } from './pinterest-api.ts';
import { listBoards } from './pinterest-boards.ts';
import { calls } from './pinterest-rules.ts';

const service = { id: 'pinterest', name: 'Pinterest' } as const;

/**
 * OAuth 2.0 with the app's id and secret as Basic authentication:
 * https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/
 * An access token lives thirty days, the refresh token sixty; each refresh gives a new pair, for ever.
 */
export const signIn: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'https://localhost:8443/callback', registered: true },
  pkce: 'none',
  scopes: ['boards:read', 'pins:read', 'pins:write', 'user_accounts:read'],
  secret: 'required',
  authorizeUrl,
  exchange,
  refresh,
  // From the tenth day on: an account that posts nothing must not come near the sixty days either.
  refreshAheadMs: 20 * DAY,
};

function authorizeUrl({ app, redirectUri, state, scopes }: AuthorizeRequest): string {
  const url = new URL(`${siteOrigin}/oauth/`);
  url.searchParams.set('client_id', app.clientId);
  url.searchParams.set('redirect_uri', redirectUri);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('scope', scopes.join(','));
  url.searchParams.set('state', state);
  return url.href;
}

async function exchange({ http, app, clock, code, redirectUri }: ExchangeRequest): Promise<Grant> {
  const answer = await standardTokenRequest({
    http,
    app,
    clock,
    ...endpoint('exchange'),
    // Without it older apps would get a token that lasts a year and can't be renewed.
    fields: { grant_type: 'authorization_code', code, redirect_uri: redirectUri, continuous_refresh: 'true' },
  });
  return standardGrant(answer, { clock, scopes: signIn.scopes });
}

async function refresh({ http, app, clock, grant }: RefreshRequest): Promise<Grant> {
  if (grant.refreshToken === undefined)
    throw new Failure('E_LOGIN_NEEDED', {
      certain: true,
      message: 'Pinterest gave no token to renew this sign-in with.',
      command: 'repost login pinterest',
    });
  const answer = await standardTokenRequest({
    http,
    app,
    clock,
    ...endpoint('refresh'),
    fields: { grant_type: 'refresh_token', refresh_token: grant.refreshToken },
  });
  return standardGrant(answer, { clock, previous: grant });
}

function endpoint(
  purpose: TokenRequest['purpose'],
): Pick<TokenRequest, 'service' | 'url' | 'purpose' | 'clientAuth' | 'readError'> {
  return {
    service,
    url: v5('oauth/token'),
    purpose,
    clientAuth: 'basic',
    readError: (answer, status) => (status < 400 ? undefined : refusal(answer, status, purpose)),
  };
}

/** One answer for wrong keys, another redirect address and a spent code or token: all that is known is said. */
function refusal(
  answer: Readonly<Record<string, unknown>>,
  status: number,
  purpose: TokenRequest['purpose'],
): Failure | undefined {
  const { code, message } = answer;
  if (typeof code !== 'number' || code === 8) return undefined;
  const said = typeof message === 'string' ? message : `code ${code}`;
  if (purpose === 'refresh')
    return new Failure('E_LOGIN_NEEDED', {
      kind: 'login',
      certain: true,
      status,
      message: `Pinterest did not renew the sign-in: ${said}`,
      hint: 'Sign in again. If that fails too, compare the app’s id and secret.',
      command: 'repost login pinterest',
    });
  return new Failure('E_LOGIN_CODE', {
    certain: true,
    status,
    message: `Pinterest refused the sign-in: ${said}`,
    hint: 'It does not say why: compare the app’s id, its secret and the redirect address with the console, then sign in again.',
    command: 'repost login pinterest',
  });
}

/** The account of this sign-in, with a word on what it lacks. */
export async function identities({ http }: { http: Http }): Promise<Identity[]> {
  const response = await http.send({ url: v5('user_account'), call: calls.me });
  const { id, username, account_type: type } = response.json<Readonly<Record<string, unknown>>>();
  if (typeof username !== 'string' || username === '')
    throw new Failure('E_BAD_ANSWER', { message: 'Pinterest did not say whose sign-in this is.' });
  const boards = await listBoards(http);
  const warnings = [
    ...(type === 'BUSINESS'
      ? []
      : ['This is no business account: Pinterest’s API is for those (changing is free, in the settings).']),
    ...(boards.length === 1 ? [] : [boardsWarning(boards.map(({ name }) => name))]),
  ];
  return [
    {
      // Not every version of the API tells the id; the name then stands in for it.
      remoteId: typeof id === 'string' && id !== '' ? id : username,
      handle: `@${username}`,
      name: username,
      url: `${siteOrigin}/${encodeURIComponent(username)}/`,
      ...(warnings.length === 0 ? {} : { warnings }),
    },
  ];
}

function boardsWarning(names: readonly string[]): string {
  if (names.length === 0) return 'There is no board yet: make one on Pinterest, every Pin goes to a board.';
  const some = names.slice(0, 10).join(', ');
  return `Choose the board in each rule: --option pinterest.board=NAME (${some}${names.length > 10 ? ' …' : ''}).`;
}
