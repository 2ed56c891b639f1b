import type { App, Grant, Identity } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { standardGrant, standardTokenRequest } from '../net/token.ts';
import { apiOrigin, rest, siteOrigin } from './linkedin-api.ts';
import { calls } from './linkedin-rules.ts';

const AUTHORIZE = `${siteOrigin}/oauth/v2/authorization`;
const TOKEN = `${siteOrigin}/oauth/v2/accessToken`;
const INTROSPECT = `${siteOrigin}/oauth/v2/introspectToken`;

const service = { id: 'linkedin', name: 'LinkedIn' } as const;

/** LinkedIn has refused tokens for some seconds after it gave them. */
const FRESH_TRIES = 6;
const FRESH_PAUSE_MS = 3 * SECOND;

/** Who may post for a page: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-access-control-by-role */
const postingRoles = ['ADMINISTRATOR', 'CONTENT_ADMINISTRATOR', 'DIRECT_SPONSORED_CONTENT_POSTER'];
const PAGES_A_LIST = 100;

/**
 * OAuth 2.0 with the app's secret: https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
 * Consent is all or nothing. A token lives sixty days; only approved partners get one to renew it with, everybody
 * else signs in again.
 */
function signInFor(scopes: readonly string[]): OAuthSignIn {
  return {
    kind: 'oauth',
    redirect: { uri: 'https://localhost:8443/callback', registered: true },
    // Native PKCE is switched on by LinkedIn, app by app; the ordinary flow wants the secret.
    pkce: 'none',
    scopes,
    secret: 'required',
    authorizeUrl,
    exchange,
    refresh,
    fromToken,
  };
}

/** As a member, with what every app gets by itself. */
export const memberSignIn = signInFor(['openid', 'profile', 'w_member_social']);

/** For pages, with an app that LinkedIn has let into its Community Management API. */
export const pageSignIn = signInFor([
  'w_organization_social',
  'r_organization_social',
  'rw_organization_admin',
]);

function authorizeUrl({ app, redirectUri, state, scopes }: AuthorizeRequest): string {
  const parameters = {
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: redirectUri,
    state,
    scope: scopes.join(' '),
  };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${AUTHORIZE}?${query.join('&')}`;
}

async function exchange({ http, app, clock, code, redirectUri }: ExchangeRequest): Promise<Grant> {
  const answer = await standardTokenRequest({
    http,
    clock,
    service,
    app,
    url: TOKEN,
    purpose: 'exchange',
    fields: { grant_type: 'authorization_code', code, redirect_uri: redirectUri },
  });
  return standardGrant(answer, { clock });
}

/** https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens */
async function refresh({ http, app, clock, grant }: RefreshRequest): Promise<Grant> {
  if (grant.refreshToken === undefined)
    throw new Failure('E_LOGIN_NEEDED', {
      certain: true,
      message: 'A LinkedIn sign-in lasts sixty days, and only its person can renew it.',
      hint: 'Sign in again: where the browser still knows you, that is one click.',
      command: 'repost login linkedin',
    });
  const answer = await standardTokenRequest({
    http,
    clock,
    service,
    app,
    url: TOKEN,
    purpose: 'refresh',
    fields: { grant_type: 'refresh_token', refresh_token: grant.refreshToken },
    isDead: ({ description }) =>
      /refresh.?token\b.*\b(invalid|expired|revoked|not found)/iu.test(description),
  });
  return standardGrant(answer, { clock, previous: grant });
}

interface TokenFacts {
  active?: boolean;
  client_id?: string;
  /** Comma-separated. */
  scope?: string;
  /** Unix seconds. */
  expires_at?: number;
}

/** A token from the developer portal: https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection */
async function fromToken(request: {
  http: Http;
  app: App | undefined;
  clock: Clock;
  token: string;
}): Promise<Grant> {
  const { http, app, clock, token } = request;
  if (!app)
    throw new Failure('E_NO_APP', {
      message: 'To see what a pasted token may do and when it ends, your app’s id and secret are needed.',
      command: 'repost app add linkedin --client-id ID --client-secret-stdin',
    });
  const facts = (await standardTokenRequest({
    http,
    clock,
    service,
    app,
    url: INTROSPECT,
    purpose: 'exchange',
    fields: { token },
  })) as TokenFacts;
  if (facts.active !== true)
    throw new Failure('E_LOGIN_CODE', {
      message: 'LinkedIn says that the pasted token is not valid (any more).',
    });
  if (facts.client_id !== undefined && facts.client_id !== app.clientId)
    throw new Failure('E_LOGIN_CODE', {
      message: `The pasted token belongs to another app (${facts.client_id}) than yours (${app.clientId}).`,
    });
  const lasts = facts.expires_at === undefined ? undefined : facts.expires_at - clock.now() / SECOND;
  return standardGrant(
    { access_token: token, scope: facts.scope, ...(lasts === undefined ? {} : { expires_in: lasts }) },
    { clock },
  );
}

// ---------------------------------------------------------------- who it is

/** The member, where the rights tell who it is; the pages, where they let them be posted to. */
export async function identities({ http, grant }: { http: Http; grant: Grant }): Promise<Identity[]> {
  const found: Identity[] = [];
  if (grant.scopes.includes('openid')) found.push(await member(http, grant));
  if (grant.scopes.includes('w_organization_social')) found.push(...(await pages(http)));
  return found;
}

async function member(http: Http, grant: Grant): Promise<Identity> {
  const response = await whileFresh(http, () =>
    http.send({ url: `${apiOrigin}/v2/userinfo`, call: calls.me }),
  );
  const { sub, name } = response.json<{ sub?: unknown; name?: unknown }>();
  if (typeof sub !== 'string' || sub === '')
    throw new Failure('E_BAD_ANSWER', { message: 'LinkedIn did not say whose sign-in this is.' });
  const shown = typeof name === 'string' && name.trim() !== '' ? name.trim() : sub;
  return {
    remoteId: `urn:li:person:${sub}`,
    handle: handleOf(shown) || sub,
    name: shown,
    ...(grant.scopes.includes('w_member_social')
      ? {}
      : { ineligible: 'The right w_member_social is missing: add “Share on LinkedIn” to the app.' }),
    ...(grant.refreshToken === undefined
      ? { warnings: ['LinkedIn ends this sign-in after sixty days; only you can renew it then.'] }
      : {}),
  };
}

/** LinkedIn tells an app no public name of a member: the account is written by the shown name. */
function handleOf(name: string): string {
  return name
    .toLocaleLowerCase('en')
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/gu, '');
}

interface Role {
  role?: string;
  state?: string;
  /** Its name differs between versions. */
  organization?: string;
  organizationTarget?: string;
  organizationalTarget?: string;
}

async function pages(http: Http): Promise<Identity[]> {
  const response = await whileFresh(http, () =>
    http.send(
      rest('organizationAcls', {
        query: { q: 'roleAssignee', count: PAGES_A_LIST },
        headers: { 'x-restli-method': 'FINDER' },
        call: calls.organizations,
      }),
    ),
  );
  const { elements = [] } = response.json<{ elements?: Role[] }>();
  const roles = new Map<string, Role[]>();
  for (const role of elements) {
    const urn = role.organization ?? role.organizationTarget ?? role.organizationalTarget ?? '';
    if (/^urn:li:organization:\d+$/u.test(urn)) roles.set(urn, [...(roles.get(urn) ?? []), role]);
  }
  const found: Identity[] = [];
  for (const [urn, held] of roles) found.push(await page(http, urn, held));
  return found;
}

async function page(http: Http, urn: string, held: readonly Role[]): Promise<Identity> {
  const id = urn.split(':').at(-1) ?? '';
  const response = await http.send(
    rest(`organizations/${id}`, { accept: [403, 404], call: calls.organizations }),
  );
  const { localizedName, vanityName } =
    response.status === 200
      ? response.json<{ localizedName?: string; vanityName?: string }>()
      : { localizedName: undefined, vanityName: undefined };
  const posts = held.some(
    ({ role = '', state }) => postingRoles.includes(role) && (state ?? 'APPROVED') === 'APPROVED',
  );
  return {
    remoteId: urn,
    handle: vanityName ?? id,
    name: localizedName ?? vanityName ?? id,
    url: `${siteOrigin}/company/${encodeURIComponent(vanityName ?? id)}/`,
    // A renewal asks for the page's rights again.
    settings: { signIn: 'page' },
    ...(posts
      ? {}
      : { ineligible: 'You may not post for this page: ask one of its admins to make you one.' }),
  };
}

async function whileFresh<T>(http: Http, ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (asFailure(error).status !== 401 || tries >= FRESH_TRIES) throw error;
      await http.clock.sleep(FRESH_PAUSE_MS);
    }
  }
}
