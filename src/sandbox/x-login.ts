import { SECOND } from '../core/clock.ts';
import { consentPage, readDecision, refusalPage } from './consent.ts';
import type { Tokens } from './oauth.ts';
import { backTo, basicOf, challengeOf, createCodes, createTokens, formOf, redirectMatches } from './oauth.ts';
import type { SimAccount, SimApp, SimRequest, SimResponse, World } from './types.ts';
import { Refusal } from './x-answers.ts';
import { jsonOf } from './x-media.ts';
import type { XQuirks } from './x-quirks.ts';

/** One sign-in: everything that was ever issued for it belongs to its family. */
interface Grant {
  family: number;
  clientId: string;
  account: SimAccount;
  scopes: readonly string[];
}

interface Code extends Grant {
  redirectUri: string;
  challenge: string;
  method: 'S256' | 'plain';
}

export interface XLogin {
  authorize(request: SimRequest): SimResponse;
  token(request: SimRequest): SimResponse;
  revoke(request: SimRequest): SimResponse;
  /** Who a bearer token speaks for. */
  bearer(token: string | undefined): { account: SimAccount; scopes: readonly string[] } | undefined;
  /** Ends access tokens, or also what could renew them. */
  endTokens(input: unknown): object;
}

const SCOPES = ['tweet.read', 'tweet.write', 'users.read', 'media.write', 'offline.access'];

interface State {
  world: World;
  quirks: XQuirks;
  codes: ReturnType<typeof createCodes<Code>>;
  access: Tokens<Grant>;
  refresh: Tokens<Grant>;
  /** Refresh tokens that were used: token → family. */
  spent: Map<string, number>;
  families: number;
}

/** OAuth 2.0 with PKCE: https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code */
export function createLogin(world: World, quirks: XQuirks): XLogin {
  const state: State = {
    world,
    quirks,
    codes: createCodes<Code>(world.clock, () => quirks.codeSeconds * SECOND),
    access: createTokens<Grant>(world.clock),
    refresh: createTokens<Grant>(world.clock),
    spent: new Map(),
    families: 0,
  };
  return {
    authorize: (request) => authorize(state, request),
    token: (request) => token(state, request),
    revoke: (request) => revoke(state, request),
    bearer(text) {
      const found = state.access.find(text);
      return found.state === 'ok' ? found.data : undefined;
    },
    endTokens(input) {
      const whole = (input as { refresh?: unknown } | undefined)?.refresh === true;
      const ended = state.access.dropWhere(() => true);
      return { access: ended, refresh: whole ? state.refresh.dropWhere(() => true) : 0 };
    },
  };
}

// ---------------------------------------------------------------- in the browser

function authorize(state: State, request: SimRequest): SimResponse {
  const { world } = state;
  const asked = (name: string) => request.query.get(name) ?? '';
  const app = world.app('x', asked('client_id'));
  const lost = (why: string) =>
    refusalPage('X', 'Something went wrong', ['You weren’t able to give access to the App.', why]);
  if (!app) return lost('(unknown client_id)');
  // The spelling counts: scheme, host, port, path, and the slash at the end.
  if (!redirectMatches(app.redirectUris, asked('redirect_uri'))) return lost('(redirect_uri)');
  // X takes `s256` too: a widely used client sends it so.
  const method = asked('code_challenge_method').replace('s256', 'S256') || 'plain';
  const scopes = asked('scope').split(' ').filter(Boolean);
  if (asked('response_type') !== 'code') return lost('(response_type)');
  if (asked('code_challenge') === '' || !['S256', 'plain'].includes(method)) return lost('(code_challenge)');
  if (asked('state') === '' || asked('state').length > 500) return lost('(state)');
  if (scopes.length === 0 || scopes.some((scope) => !SCOPES.includes(scope))) return lost('(scope)');
  if (request.method !== 'POST')
    return consentPage({
      platformName: 'X',
      appName: app.clientId,
      accounts: world.accounts('x'),
      // All or nothing: X's page has no boxes to untick.
      scopes: scopes.map((id) => ({ id, fixed: true })),
    });
  const decision = readDecision(request);
  const account = world.accounts('x').find(({ id }) => id === decision.accountId);
  const answer =
    decision.approved && account
      ? { code: issueCode(state, app, account, scopes, request, method as Code['method']) }
      : { error: 'access_denied' };
  return {
    status: 302,
    headers: { location: backTo(asked('redirect_uri'), { state: asked('state'), ...answer }) },
  };
}

function issueCode(
  state: State,
  app: SimApp,
  account: SimAccount,
  scopes: readonly string[],
  request: SimRequest,
  method: Code['method'],
): string {
  state.families += 1;
  return state.codes.issue(state.world.token('Xc', 60), {
    family: state.families,
    clientId: app.clientId,
    account,
    scopes,
    redirectUri: request.query.get('redirect_uri') ?? '',
    challenge: request.query.get('code_challenge') ?? '',
    method,
  });
}

// ---------------------------------------------------------------- tokens

function token(state: State, request: SimRequest): SimResponse {
  const form = fieldsOf(request);
  const app = client(state, request, form);
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return fromCode(state, app, form);
    case 'refresh_token':
      return fromRefresh(state, app, form);
    default:
      throw oauthError(400, 'invalid_request', 'Missing required parameter [grant_type].');
  }
}

/** A form, as documented; JSON is taken too, as a widely used client sends it. */
function fieldsOf(request: SimRequest): URLSearchParams {
  const type = request.headers['content-type'] ?? '';
  if (/^application\/x-www-form-urlencoded\b/u.test(type)) return formOf(request);
  const fields = Object.entries(jsonOf(request) ?? {});
  return new URLSearchParams(Object.fromEntries(fields.map(([name, value]) => [name, String(value)])));
}

/** Public clients name themselves in the form; confidential ones prove themselves in the header. */
function client(state: State, request: SimRequest, form: URLSearchParams): SimApp {
  const basic = basicOf(request);
  const named = form.get('client_id') ?? undefined;
  const app = state.world.app('x', basic?.user ?? named ?? '');
  if (!app && (basic || named !== undefined))
    throw oauthError(401, 'invalid_client', 'Value passed for the client id was invalid.');
  const confidential = app?.settings['confidential'] === true;
  const proven = basic !== undefined && basic.password === app?.clientSecret;
  if ((confidential || basic !== undefined) && !proven)
    throw oauthError(401, 'unauthorized_client', 'Missing valid authorization header');
  if (named === undefined && (basic === undefined || state.quirks.wantsClientId))
    throw oauthError(400, 'invalid_request', 'Missing required parameter [client_id].');
  if (!app) throw oauthError(400, 'invalid_request', 'Missing required parameter [client_id].');
  return app;
}

function fromCode(state: State, app: SimApp, form: URLSearchParams): SimResponse {
  const bad = () => spentError(state, 'authorization code');
  const taken = state.codes.take(form.get('code') ?? '');
  if (taken.state !== 'ok') throw bad();
  const { data } = taken;
  const verifier = form.get('code_verifier') ?? '';
  const fits = data.method === 'plain' ? verifier : challengeOf(verifier, 'S256');
  if (data.clientId !== app.clientId || data.redirectUri !== form.get('redirect_uri')) throw bad();
  if (!/^[\w.~-]{43,128}$/u.test(verifier) || fits !== data.challenge) throw bad();
  const { family, clientId, account, scopes } = data;
  return granted(state, { family, clientId, account, scopes });
}

function fromRefresh(state: State, app: SimApp, form: URLSearchParams): SimResponse {
  const text = form.get('refresh_token');
  if (text === null) throw oauthError(400, 'invalid_request', 'Missing required parameter [refresh_token].');
  const found = state.refresh.find(text);
  const reused = state.spent.get(text);
  if (reused !== undefined && state.quirks.reuseEndsFamily) endFamily(state, reused);
  if (found.state !== 'ok' || found.data.clientId !== app.clientId) throw spentError(state, 'token');
  const grant = found.data;
  state.refresh.drop(text);
  state.spent.set(text, grant.family);
  if (state.quirks.refreshEndsAccess) state.access.dropWhere(({ family }) => family === grant.family);
  return granted(state, grant);
}

function granted(state: State, grant: Grant): SimResponse {
  const { world, quirks } = state;
  const access = state.access.issue(world.token('Xa', 70), grant, quirks.accessSeconds * SECOND);
  const lasting = grant.scopes.includes('offline.access')
    ? { refresh_token: state.refresh.issue(world.token('Xr', 70), grant) }
    : {};
  return {
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: {
      token_type: 'bearer',
      expires_in: quirks.accessSeconds,
      access_token: access,
      // In an order of its own.
      scope: [...grant.scopes].sort().reverse().join(' '),
      ...lasting,
    },
  };
}

function revoke(state: State, request: SimRequest): SimResponse {
  const form = fieldsOf(request);
  client(state, request, form);
  const text = form.get('token');
  if (text === null) throw oauthError(400, 'invalid_request', 'Missing required parameter [token].');
  state.access.drop(text);
  state.refresh.drop(text);
  return { status: 200, body: { revoked: true } };
}

function endFamily(state: State, family: number): void {
  state.access.dropWhere((grant) => grant.family === family);
  state.refresh.dropWhere((grant) => grant.family === family);
}

function spentError({ quirks }: State, what: string): Refusal {
  return oauthError(400, quirks.spentToken, `Value passed for the ${what} was invalid.`);
}

function oauthError(status: number, error: string, description: string): Refusal {
  return new Refusal({ status, body: { error, error_description: description } });
}
