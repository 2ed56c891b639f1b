import { SECOND } from '../core/clock.ts';
import { consentPage, readDecision, refusalPage } from './consent.ts';
import { escapeHtml, htmlPage } from './html.ts';
import { type Parameters, parametersOf, type Refusal, refuse } from './mastodon-answers.ts';
import { type App, covers, leadsTo, OOB, registerApp, scopesIn } from './mastodon-apps.ts';
import { type MastodonQuirks, since } from './mastodon-quirks.ts';
import { backTo, basicOf, challengeOf, createCodes, createTokens, type Tokens } from './oauth.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';

interface Grant {
  clientId: string;
  /** Undefined: the app itself (`client_credentials`). */
  account?: SimAccount;
  scopes: readonly string[];
  createdAt: number;
}

interface Code {
  clientId: string;
  account: SimAccount;
  scopes: readonly string[];
  redirectUri: string;
  challenge: string;
}

export interface Caller {
  token: string;
  account: SimAccount | undefined;
  scopes: readonly string[];
  appName: string;
}

export interface MastodonLogin {
  register(request: SimRequest): SimResponse;
  authorize(request: SimRequest): SimResponse;
  /** The page that shows a code to somebody without a way back. */
  showCode(request: SimRequest): SimResponse;
  token(request: SimRequest): SimResponse;
  revoke(request: SimRequest): SimResponse;
  caller(token: string | undefined): Caller | undefined;
  /** Forgets all apps and what was given to them, as servers before 4.3 did with unused ones. */
  forgetApps(): object;
  endTokens(): object;
}

interface State {
  world: World;
  host: string;
  quirks: MastodonQuirks;
  apps: Map<string, App>;
  codes: ReturnType<typeof createCodes<Code>>;
  tokens: Tokens<Grant>;
  /** App, account and scopes → the token that is given again. */
  reused: Map<string, string>;
}

/** https://docs.joinmastodon.org/methods/apps/ and …/oauth/ ; the library behind it is Doorkeeper. */
export function createLogin(world: World, host: string, quirks: MastodonQuirks): MastodonLogin {
  const state: State = {
    world,
    host,
    quirks,
    apps: new Map(),
    codes: createCodes<Code>(world.clock, () => quirks.codeSeconds * SECOND),
    tokens: createTokens<Grant>(world.clock),
    reused: new Map(),
  };
  return {
    register: (request) => registerApp(state, request),
    authorize: (request) => authorize(state, request),
    showCode: ({ query }) => codePage(query.get('code') ?? ''),
    token: (request) => token(state, request),
    revoke: (request) => revoke(state, request),
    caller(text) {
      const found = state.tokens.find(text);
      if (found.state !== 'ok' || text === undefined) return undefined;
      const { account, scopes, clientId } = found.data;
      return { token: text, account, scopes, appName: state.apps.get(clientId)?.name ?? '' };
    },
    forgetApps() {
      const forgotten = state.apps.size;
      state.apps.clear();
      state.reused.clear();
      return { apps: forgotten, tokens: state.tokens.dropWhere(() => true) };
    },
    endTokens() {
      state.reused.clear();
      return { tokens: state.tokens.dropWhere(() => true) };
    },
  };
}

// ---------------------------------------------------------------- in the browser

function authorize(state: State, request: SimRequest): SimResponse {
  const { world, quirks, host } = state;
  const asked = (name: string) => request.query.get(name) ?? '';
  const app = state.apps.get(asked('client_id'));
  const lost = (why: string) => refusalPage(host, 'An error has occurred', [why]);
  if (!app) return lost('Client authentication failed due to unknown client.');
  const uri = asked('redirect_uri');
  if (!app.redirectUris.some((known) => leadsTo(quirks, known, uri)))
    return lost('The redirect uri included is not valid.');
  const back = (answer: Record<string, string>) => sentBack(uri, asked('state'), answer);
  const scopes = scopesIn(asked('scope') || 'read');
  if (asked('response_type') !== 'code') return back({ error: 'unsupported_response_type' });
  if (!scopes.every((scope) => covers(app.scopes, scope)))
    return back({
      error: 'invalid_scope',
      error_description: 'The requested scope is invalid, unknown, or malformed.',
    });
  const knowsPkce = since(quirks, 4, 3);
  const challenge = knowsPkce ? asked('code_challenge') : '';
  if (challenge !== '' && asked('code_challenge_method') !== 'S256')
    return back({
      error: 'invalid_code_challenge_method',
      error_description: 'The code challenge method must be S256.',
    });
  if (request.method !== 'POST')
    return consentPage({
      platformName: `Mastodon at ${host}`,
      appName: app.name,
      accounts: world.accounts('mastodon'),
      // All or nothing: the page has no boxes to untick.
      scopes: scopes.map((id) => ({ id, fixed: true })),
    });
  const decision = readDecision(request);
  const account = world.accounts('mastodon').find(({ id }) => id === decision.accountId);
  if (!decision.approved || !account)
    return back({
      error: 'access_denied',
      error_description: 'The resource owner or authorization server denied the request.',
    });
  const code = state.codes.issue(world.token('', 43), {
    clientId: app.clientId,
    account,
    scopes,
    redirectUri: uri,
    challenge,
  });
  if (uri !== OOB) return back({ code });
  return {
    status: 302,
    headers: { location: `https://${host}/oauth/authorize/native?code=${encodeURIComponent(code)}` },
  };
}

function sentBack(uri: string, state: string, answer: Record<string, string>): SimResponse {
  if (uri === OOB) return refusalPage('Mastodon', answer['error_description'] ?? 'An error has occurred');
  return {
    status: 302,
    headers: { location: backTo(uri, { ...answer, ...(state === '' ? {} : { state }) }) },
  };
}

function codePage(code: string): SimResponse {
  const { html, policy } = htmlPage({
    title: 'Authorization code',
    css: 'body{font-family:sans-serif}',
    body: `<p>Copy this authorization code and paste it to the application.</p><input class="oauth-code" readonly value="${escapeHtml(code)}">`,
  });
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: html,
  };
}

// ---------------------------------------------------------------- tokens

function token(state: State, request: SimRequest): SimResponse {
  const wish = parametersOf(request);
  const app = client(state, request, wish);
  switch (wish.text('grant_type')) {
    case 'authorization_code':
      return fromCode(state, app, wish);
    case 'client_credentials':
      return granted(state, app, scopesOrAll(app, wish));
    case 'password':
      // Taken away in 4.4.
      if (!since(state.quirks, 4, 4)) return fromPassword(state, app, wish);
      throw oauthError(400, 'unsupported_grant_type');
    default:
      throw oauthError(400, wish.text('grant_type') === '' ? 'invalid_request' : 'unsupported_grant_type');
  }
}

function client({ apps }: State, request: SimRequest, wish: Parameters): App {
  const basic = basicOf(request);
  const app = apps.get(basic?.user ?? wish.text('client_id'));
  if (app && app.clientSecret === (basic?.password ?? wish.text('client_secret'))) return app;
  throw oauthError(401, 'invalid_client');
}

function fromCode(state: State, app: App, wish: Parameters): SimResponse {
  const taken = state.codes.take(wish.text('code'));
  if (taken.state !== 'ok') throw oauthError(400, 'invalid_grant');
  const { clientId, redirectUri, challenge, account, scopes } = taken.data;
  if (clientId !== app.clientId || redirectUri !== wish.text('redirect_uri'))
    throw oauthError(400, 'invalid_grant');
  const verifier = wish.text('code_verifier');
  const fits = verifier === '' ? challenge === '' : challenge === challengeOf(verifier, 'S256');
  if (since(state.quirks, 4, 3) && !fits) throw oauthError(400, 'invalid_grant');
  return granted(state, app, scopes, account);
}

/** The simulated people have their handle as password. */
function fromPassword(state: State, app: App, wish: Parameters): SimResponse {
  const account = state.world.accounts('mastodon').find(({ handle }) => handle === wish.text('password'));
  if (!account) throw oauthError(400, 'invalid_grant');
  return granted(state, app, scopesOrAll(app, wish), account);
}

function scopesOrAll(app: App, wish: Parameters): readonly string[] {
  const scopes = scopesIn(wish.text('scope') || app.scopes.join(' '));
  if (scopes.every((scope) => covers(app.scopes, scope))) return scopes;
  throw oauthError(400, 'invalid_scope');
}

/** Never ends by itself, has no refresh token; the same again for the same app, person and rights. */
function granted(state: State, app: App, scopes: readonly string[], account?: SimAccount): SimResponse {
  const { world, tokens, reused } = state;
  const name = [app.clientId, account?.id ?? '', ...[...scopes].sort()].join(' ');
  const known = tokens.find(reused.get(name));
  const data: Grant =
    known.state === 'ok'
      ? known.data
      : {
          clientId: app.clientId,
          scopes,
          createdAt: Math.floor(world.clock.now() / SECOND),
          ...(account ? { account } : {}),
        };
  const text = known.state === 'ok' ? (reused.get(name) ?? '') : tokens.issue(world.token('', 43), data);
  reused.set(name, text);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { access_token: text, token_type: 'Bearer', scope: scopes.join(' '), created_at: data.createdAt },
  };
}

function revoke(state: State, request: SimRequest): SimResponse {
  const wish = parametersOf(request);
  const found = state.tokens.find(wish.text('token'));
  const app = state.apps.get(wish.text('client_id'));
  if (!app || app.clientSecret !== wish.text('client_secret')) throw oauthError(401, 'invalid_client');
  if (found.state === 'ok' && found.data.clientId !== app.clientId)
    throw oauthError(403, 'unauthorized_client');
  state.tokens.drop(wish.text('token'));
  return { status: 200, body: {} };
}

const descriptions: Readonly<Record<string, string>> = {
  invalid_client:
    'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
  invalid_grant:
    'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
  invalid_scope: 'The requested scope is invalid, unknown, or malformed.',
  invalid_request: 'Missing required parameter: grant_type.',
  unsupported_grant_type: 'The authorization grant type is not supported by the authorization server.',
  unauthorized_client: 'You are not authorized to revoke this token',
};

function oauthError(status: number, error: string): Refusal {
  return refuse(status, error, descriptions[error] ?? error);
}
