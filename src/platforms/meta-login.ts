import type { App, Grant, Identity } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { DAY, SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import type { AuthorizeRequest, ExchangeRequest, OAuthSignIn, RefreshRequest } from '../core/platform.ts';
import { asPerson, graph, graphVersion, listAll } from './meta.ts';
import { classifyGraph, graphErrorOf } from './meta-errors.ts';

/** Statuses with which the sign-in's errors come: read here by their body. */
const refusals = [400, 401, 403] as const;

/** Enough for anyone who manages Pages by hand. */
const PAGES_OF_PAGES = 50;

/**
 * Sign-in by Facebook Login for Business. The code becomes a token of hours, that one a token of about 60 days,
 * and only then the Pages are listed: a Page's token lives as long as the person's it came from.
 * https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow
 * https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived/
 */
export function facebookLogin(scopes: readonly string[], needed: readonly string[]): OAuthSignIn {
  return {
    kind: 'oauth',
    redirect: { uri: 'https://localhost:8443/callback', registered: true },
    // PKCE is described for OpenID sign-ins only, and not beside Page rights; the app's secret is needed anyway.
    pkce: 'none',
    scopes,
    needed,
    secret: 'required',
    authorizeUrl,
    exchange,
    refresh,
    // Weekly: a token that its platform renews by machine should never come near its end of 60 days.
    refreshAheadMs: 53 * DAY,
    fromToken,
    // No revoke: it would take the app's rights for all Pages and Instagram accounts of this person at once.
  };
}

/** An app may have a login configuration (`configId`) in place of a list of rights. */
function authorizeUrl({ app, redirectUri, state, scopes }: AuthorizeRequest): string {
  const url = new URL(`https://www.facebook.com/${graphVersion}/dialog/oauth`);
  const configId = app.settings['configId'];
  const query = {
    client_id: app.clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    state,
    // Without it the dialog never asks again for a right that was once declined.
    auth_type: 'rerequest',
    ...(typeof configId === 'string' && configId !== ''
      ? { config_id: configId }
      : { scope: scopes.join(',') }),
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

async function exchange({ http, app, clock, code, redirectUri }: ExchangeRequest): Promise<Grant> {
  const short = await ask<Token>(http, {
    url: `${graph}/oauth/access_token`,
    query: { client_id: app.clientId, client_secret: app.clientSecret, redirect_uri: redirectUri, code },
  });
  return grantOf(http, app, clock, await longToken(http, app, short.access_token));
}

/** A person's token from the Graph API Explorer, or one without an end from a business portfolio. */
async function fromToken(request: {
  http: Http;
  app: App | undefined;
  clock: Clock;
  token: string;
}): Promise<Grant> {
  const { http, app, clock, token } = request;
  if (!app)
    throw new Failure('E_NO_APP', {
      message:
        'A pasted token lives for an hour or two; your app’s id and secret are needed to make it last.',
    });
  const facts = await inspect(http, app, token);
  if (facts.is_valid === false)
    throw new Failure('E_LOGIN_CODE', {
      message: 'Meta says that the pasted token is not valid (any more).',
    });
  if (facts.app_id !== undefined && String(facts.app_id) !== app.clientId)
    throw new Failure('E_LOGIN_CODE', {
      message: `The pasted token belongs to the app ${facts.app_id}, not to yours (${app.clientId}).`,
      hint: 'Choose your own app in the Graph API Explorer, then make the token.',
    });
  if (facts.type === 'PAGE')
    throw new Failure('E_LOGIN_CODE', {
      message: 'That is a Page’s token; the person’s is needed.',
      hint: 'Choose “User Token” in the Graph API Explorer; the Page’s token is fetched from it.',
    });
  const lasting = facts.expires_at === 0 ? { access_token: token } : await longToken(http, app, token);
  return grantOf(http, app, clock, lasting);
}

interface Token {
  access_token: string;
  expires_in?: number;
}

interface TokenFacts {
  app_id?: string | number;
  type?: string;
  is_valid?: boolean;
  /** Unix seconds; 0: never. */
  expires_at?: number;
  data_access_expires_at?: number;
}

function longToken(http: Http, app: App, token: string): Promise<Token> {
  return ask<Token>(http, {
    url: `${graph}/oauth/access_token`,
    query: {
      grant_type: 'fb_exchange_token',
      client_id: app.clientId,
      client_secret: app.clientSecret,
      fb_exchange_token: token,
    },
  });
}

async function inspect(http: Http, app: App, token: string): Promise<TokenFacts> {
  const answer = await ask<{ data?: TokenFacts }>(http, {
    url: `${graph}/debug_token`,
    query: { input_token: token, access_token: `${app.clientId}|${app.clientSecret ?? ''}` },
  });
  return answer.data ?? {};
}

async function grantOf(http: Http, app: App, clock: Clock, token: Token): Promise<Grant> {
  const now = clock.now();
  // What it tells is good to have, and the code is spent by now: a fault here must not undo the sign-in.
  const facts = await inspect(http, app, token.access_token).catch((): TokenFacts => ({}));
  const expiresAt = token.expires_in ? now + token.expires_in * SECOND : seconds(facts.expires_at);
  // Ninety days after its person was last active in the app the token reads nothing any more.
  const refreshExpiresAt = seconds(facts.data_access_expires_at);
  return {
    accessToken: token.access_token,
    scopes: await grantedScopes(http, token.access_token),
    obtainedAt: now,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(refreshExpiresAt === undefined ? {} : { refreshExpiresAt }),
  };
}

function seconds(value: number | undefined): number | undefined {
  return value ? value * SECOND : undefined;
}

/** Rights can be unticked in the dialog: what was asked for says nothing. */
async function grantedScopes(http: Http, token: string): Promise<string[]> {
  const { data = [] } = await ask<{ data?: { permission: string; status: string }[] }>(http, {
    url: `${graph}/me/permissions`,
    headers: { authorization: `Bearer ${token}` },
  });
  return data.filter(({ status }) => status === 'granted').map(({ permission }) => permission);
}

/**
 * Renews the person's token and reads the Page's anew from it. Where the person's token is dead and the Page's
 * lives on (it has no end of its own), the account goes on with the Page's.
 */
async function refresh({ http, app, clock, grant, account }: RefreshRequest): Promise<Grant> {
  const pageId = account.settings['pageId'];
  const pageToken = grant.extra?.['pageToken'];
  const fresh = await longToken(http, app, grant.accessToken)
    .then((token) => grantOf(http, app, clock, token))
    .catch((error: unknown) => {
      if (error instanceof Failure && error.kind === 'login') return error;
      throw error;
    });
  if (typeof pageId !== 'string') {
    if (fresh instanceof Failure) throw fresh;
    return { ...fresh, ...(grant.extra ? { extra: grant.extra } : {}) };
  }
  if (fresh instanceof Failure) {
    if (pageToken === undefined || !(await works(http, pageId, pageToken))) throw fresh;
    const { expiresAt: _ended, ...lasting } = grant;
    return { ...lasting, obtainedAt: clock.now() };
  }
  const page = await ask<{ access_token?: string }>(http, {
    url: `${graph}/${pageId}`,
    query: { fields: 'access_token' },
    headers: { authorization: `Bearer ${fresh.accessToken}` },
  });
  if (page.access_token === undefined)
    throw new Failure('E_SCOPES', { message: 'Meta no longer gives this person the Page’s token.' });
  return { ...fresh, extra: { ...grant.extra, pageToken: page.access_token } };
}

async function works(http: Http, pageId: string, pageToken: string): Promise<boolean> {
  const request: HttpRequest = {
    url: `${graph}/${pageId}`,
    query: { fields: 'id' },
    headers: { authorization: `Bearer ${pageToken}` },
    accept: refusals,
  };
  return (await http.send(request)).status < 300;
}

async function ask<T>(http: Http, request: HttpRequest): Promise<T> {
  const response = await http.send({ ...request, accept: refusals });
  if (response.status < 300) return response.json<T>();
  throw loginRefusal(response, http.clock);
}

/** The token endpoint uses the common codes with meanings of its own. */
function loginRefusal(response: HttpResponse, clock: Clock): Failure {
  const { message = '', code, subcode } = graphErrorOf(response) ?? {};
  if (code === 101 || /client (id|secret)|validating application/iu.test(message))
    return new Failure('E_CLIENT_INVALID', { status: response.status });
  if (code === 191 || subcode === 36008 || /redirect_uri/iu.test(message))
    return new Failure('E_REDIRECT', { status: response.status });
  if (code === 100 && /code/iu.test(message)) return new Failure('E_LOGIN_CODE', { status: response.status });
  return (
    classifyGraph('Facebook', [], response, clock) ??
    new Failure('E_BAD_ANSWER', { status: response.status, message: `Facebook answered ${response.status}.` })
  );
}

/** A Facebook Page as `/me/accounts` lists it. */
export interface ListedPage {
  id: string;
  name?: string;
  username?: string;
  access_token?: string;
  tasks?: string[];
  instagram_business_account?: { id: string; username?: string; name?: string };
}

/** All Pages that the person ticked. */
export async function listPages(http: Http, fields: string): Promise<ListedPage[]> {
  const request: HttpRequest = {
    url: `${graph}/me/accounts`,
    query: { fields, limit: 100 },
    headers: asPerson,
    call: 'read',
  };
  return (await listAll<ListedPage>(http, request, PAGES_OF_PAGES)).items;
}

/** Why nothing can be posted by way of this Page; undefined where it can. */
export function pageObstacle({ name = 'this Page', tasks, access_token }: ListedPage): string | undefined {
  if (tasks && !tasks.includes('CREATE_CONTENT') && !tasks.includes('MANAGE'))
    return `Your role on ${name} doesn’t let you create content; ask for the task “Content”.`;
  return access_token === undefined ? `Facebook gives you no token for ${name}.` : undefined;
}

/** What an identity keeps of the Page it is reached by. */
export function reachedBy(page: ListedPage): Pick<Identity, 'settings' | 'grantExtra'> {
  const { id, name = '', access_token } = page;
  return {
    settings: { pageId: id, pageName: name },
    ...(access_token === undefined ? {} : { grantExtra: { pageToken: access_token } }),
  };
}
