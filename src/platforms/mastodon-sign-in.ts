import type { App, Grant, Identity } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { rememberSecret } from '../net/redact.ts';
import { standardGrant, standardTokenRequest } from '../net/token.ts';
import { hostOf, readServer } from './mastodon-server.ts';

const service = { id: 'mastodon', name: 'Mastodon' } as const;

/** Just what publishing and looking take: https://docs.joinmastodon.org/api/oauth-scopes/ */
const narrow = ['read:accounts', 'read:statuses', 'write:media', 'write:statuses'];

/** For servers that know no parts of rights. */
const broad = ['read', 'write'];

/**
 * OAuth with an app that registers itself on the account's server. Tokens don't expire. PKCE is sent always:
 * servers before 4.3 take no notice of it. https://docs.joinmastodon.org/methods/oauth/
 */
export const signIn: OAuthSignIn = {
  kind: 'oauth',
  redirect: { uri: 'http://127.0.0.1:*/callback', registered: false },
  pkce: 'S256',
  scopes: narrow,
  ownApp: false,
  hostOf,
  prepare,
  authorizeUrl,
  exchange,
  revoke,
};

// ---------------------------------------------------------------- the app

type PrepareRequest = Parameters<NonNullable<OAuthSignIn['prepare']>>[0];

async function prepare({ http, clock, at, loginHint, redirectUri, app }: PrepareRequest): Promise<{
  app: App;
  prepared: Record<string, string>;
}> {
  const named = at ?? (loginHint?.replace(/^@/u, '').includes('@') ? loginHint : undefined);
  if (named === undefined)
    throw new Failure('E_MISSING_ANSWER', {
      message: 'Mastodon has many servers: yours must be named.',
      hint: 'Add --server HOST, the one where you sign in in the browser.',
      command: 'repost login mastodon --server mastodon.social',
    });
  const host = hostOf(named);
  const { genuine } = await readServer(http, host, clock);
  const registered = genuine ? anyPort(redirectUri) : redirectUri;
  const kept = app?.host === host && app.settings['redirectUri'] === registered ? app : undefined;
  if (kept && (await isKnown(http, kept))) return { app: kept, prepared: {} };
  const made =
    (await register(http, host, registered, narrow)) ?? (await register(http, host, registered, broad));
  if (made) return { app: made, prepared: {} };
  throw new Failure('E_APP_SETUP', {
    message: `${host} lets no app register itself.`,
    hint: 'Ask those who run the server, or use an account on another one.',
    command: 'repost login mastodon --server HOST',
  });
}

/**
 * Mastodon compares loopback addresses without their port (RFC 8252, section 7.3; doorkeeper since 5.1:
 * https://github.com/doorkeeper-gem/doorkeeper/pull/1182), so that one registration serves every sign-in.
 */
function anyPort(redirectUri: string): string {
  return redirectUri.replace(/^(http:\/\/127\.0\.0\.1):\d+(?=\/)/u, '$1');
}

/** https://docs.joinmastodon.org/methods/apps/#create; undefined where the server refuses. */
async function register(
  http: Http,
  host: string,
  redirectUri: string,
  scopes: readonly string[],
): Promise<App | undefined> {
  const response = await http.send({
    url: `https://${host}/api/v1/apps`,
    // One address as text: lists of them are understood from 4.3 on.
    form: { client_name: 'repost', redirect_uris: redirectUri, scopes: scopes.join(' ') },
    headers: { 'accept-language': 'en' },
    accept: [400, 401, 403, 404, 422],
    authorize: false,
  });
  if (response.status >= 300) return undefined;
  const { client_id: clientId, client_secret: clientSecret } = response.json<Record<string, unknown>>();
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string')
    throw new Failure('E_BAD_ANSWER', { message: `${host} registered the app without giving its keys.` });
  rememberSecret(clientSecret);
  const settings = { redirectUri, scopes };
  return { platform: 'mastodon', host, clientId, clientSecret, settings };
}

/** Before 4.3 servers forgot apps that nobody used: then the browser would end on an error page. */
async function isKnown(http: Http, app: App): Promise<boolean> {
  if (app.clientSecret === undefined) return false;
  const response = await http.send({
    url: `https://${app.host}/oauth/token`,
    form: {
      grant_type: 'client_credentials',
      client_id: app.clientId,
      client_secret: app.clientSecret,
      scope: scopesOf(app).join(' '),
    },
    accept: [400, 401, 403],
    authorize: false,
  });
  if (response.status === 200) return true;
  const { error } = response.json<{ error?: unknown }>();
  return error !== 'invalid_client' && error !== 'unauthorized_client';
}

function scopesOf({ settings }: App): readonly string[] {
  const { scopes } = settings;
  return Array.isArray(scopes) ? scopes.map(String) : narrow;
}

// ---------------------------------------------------------------- the grant

function authorizeUrl({ app, redirectUri, state, challenge }: AuthorizeRequest): string {
  const url = new URL(`https://${app.host}/oauth/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: app.clientId,
    redirect_uri: redirectUri,
    scope: scopesOf(app).join(' '),
    state,
    code_challenge: challenge ?? '',
    code_challenge_method: 'S256',
  }).toString();
  return url.href;
}

async function exchange({ http, app, clock, code, redirectUri, verifier }: ExchangeRequest): Promise<Grant> {
  try {
    const answer = await standardTokenRequest({
      http,
      clock,
      service,
      app,
      url: `https://${app.host}/oauth/token`,
      purpose: 'exchange',
      fields: {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        scope: scopesOf(app).join(' '),
      },
    });
    const grant = standardGrant(answer, { clock, scopes: scopesOf(app) });
    return { ...grant, scopes: withParts(grant.scopes) };
  } catch (error) {
    throw clientLost(asFailure(error), app.host);
  }
}

/** A whole right holds its parts: `write` is `write:media` too. */
function withParts(scopes: readonly string[]): string[] {
  const implied = narrow.filter((part) => scopes.includes(part.split(':')[0] ?? ''));
  return [...new Set([...scopes, ...implied])];
}

/** Nobody has keys to correct here: the next sign-in registers a new app. */
function clientLost(failure: Failure, host: string): Failure {
  if (failure.code !== 'E_CLIENT_INVALID') return failure;
  return new Failure('E_CLIENT_INVALID', {
    message: `${host} no longer knows the app that repost registered there.`,
    hint: 'Sign in again: a new one is registered by itself.',
    command: `repost login mastodon --server ${host}`,
    certain: true,
    cause: failure,
  });
}

/** https://docs.joinmastodon.org/methods/oauth/#revoke. An app that is gone took its tokens with it. */
async function revoke({ http, app, grant, account }: RefreshRequest): Promise<void> {
  const host = app.host || String(account.settings['host']);
  const response = await http.send({
    url: `https://${host}/oauth/revoke`,
    form: { client_id: app.clientId, client_secret: app.clientSecret, token: grant.accessToken },
    accept: [400, 401, 403, 404],
    authorize: false,
  });
  if (response.status < 400 || response.status === 401) return;
  throw new Failure('E_REFUSED', {
    certain: true,
    status: response.status,
    message: `${host} does not take back the access of this app.`,
    hint: `Remove repost at https://${host}/oauth/authorized_applications.`,
  });
}

// ---------------------------------------------------------------- who it is

/** https://docs.joinmastodon.org/methods/accounts/#verify_credentials */
export async function identities(request: {
  http: Http;
  app: App | undefined;
  clock: Clock;
}): Promise<Identity[]> {
  const { http, app, clock } = request;
  const host = app?.host ?? '';
  const response = await http.send({ url: `https://${host}/api/v1/accounts/verify_credentials` });
  const me = response.json<Readonly<Record<string, unknown>>>();
  const text = (name: string) => (typeof me[name] === 'string' ? me[name] : '');
  const [id, username] = [String(me['id'] ?? ''), text('username')];
  if (id === '' || !/^[\w.-]+$/u.test(username))
    throw new Failure('E_BAD_ANSWER', { message: `${host} did not say whose sign-in this is.` });
  const server = await readServer(http, host, clock);
  const url = text('url');
  return [
    {
      remoteId: `${id}@${host}`,
      handle: `@${username}@${server.domain}`,
      name: text('display_name') || username,
      ...(url === '' ? {} : { url }),
      settings: { host, server },
    },
  ];
}
