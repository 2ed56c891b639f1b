import { SECOND } from '../core/clock.ts';
import { consentPage, readDecision, refusalPage } from './consent.ts';
import { refusal, tokens as refused } from './linkedin-answers.ts';
import type { LinkedinQuirks } from './linkedin-quirks.ts';
import { backTo, createCodes, createTokens, formOf, redirectMatches, type Tokens } from './oauth.ts';
import type { SimAccount, SimApp, SimRequest, SimResponse, World } from './types.ts';

interface Grant {
  clientId: string;
  account: SimAccount;
  scopes: readonly string[];
  issuedAt: number;
}

interface Code extends Grant {
  redirectUri: string;
}

/** Who a token speaks for. */
export interface Holder {
  account: SimAccount;
  scopes: readonly string[];
}

export interface LinkedinLogin {
  authorize(request: SimRequest): SimResponse;
  token(request: SimRequest): SimResponse;
  introspect(request: SimRequest): SimResponse;
  /** Throws the 401 that LinkedIn answers. */
  holder(token: string | undefined): Holder;
  /** A token as the developer portal makes them. */
  make(input: unknown): object;
  endTokens(input: unknown): object;
}

/** Scopes that an app may have, by product; the last is closed to nearly all. */
const known = [
  'openid',
  'profile',
  'email',
  'w_member_social',
  'w_organization_social',
  'r_organization_social',
  'rw_organization_admin',
  'r_member_social',
];
const REFRESH_LIFE_MS = 31_536_000 * SECOND;

interface State {
  world: World;
  quirks: LinkedinQuirks;
  codes: ReturnType<typeof createCodes<Code>>;
  access: Tokens<Grant>;
  refresh: Tokens<Grant>;
}

/** https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow */
export function createLogin(world: World, quirks: LinkedinQuirks): LinkedinLogin {
  const state: State = {
    world,
    quirks,
    codes: createCodes<Code>(world.clock, () => quirks.codeSeconds * SECOND),
    access: createTokens<Grant>(world.clock),
    refresh: createTokens<Grant>(world.clock),
  };
  return {
    authorize: (request) => authorize(state, request),
    token: (request) => token(state, request),
    introspect: (request) => introspect(state, request),
    holder(text) {
      const found = state.access.find(text);
      if (found.state === 'unknown') throw refused.invalid();
      if (found.state === 'expired') throw refused.expired();
      const { account, scopes, issuedAt } = found.data;
      if (world.clock.now() - issuedAt < quirks.tokenRefusedSeconds * SECOND) throw refused.revoked();
      return { account, scopes };
    },
    make(input) {
      const { scopes = ['openid', 'profile', 'w_member_social'], accountId } = (input ?? {}) as {
        scopes?: string[];
        accountId?: string;
      };
      const account =
        world.accounts('linkedin').find(({ id }) => id === accountId) ?? world.accounts('linkedin')[0];
      const app = world.apps('linkedin')[0];
      if (!account || !app) throw new Error('there is no account');
      const grant = { clientId: app.clientId, account, scopes, issuedAt: world.clock.now() };
      return { token: state.access.issue(world.token('AQX', 350), grant, quirks.accessSeconds * SECOND) };
    },
    endTokens(input) {
      const whole = (input as { refresh?: unknown } | undefined)?.refresh === true;
      const ended = state.access.expireWhere(() => true);
      return { access: ended, refresh: whole ? state.refresh.dropWhere(() => true) : 0 };
    },
  };
}

// ---------------------------------------------------------------- in the browser

function authorize(state: State, request: SimRequest): SimResponse {
  const { world } = state;
  const asked = (name: string) => request.query.get(name) ?? '';
  const app = world.app('linkedin', asked('client_id'));
  const lost = (why: string) => refusalPage('LinkedIn', 'Bummer, something went wrong.', [why]);
  if (!app) return lost('The passed in client_id is invalid.');
  // Query parameters of the registered address don't count; everything else does.
  const [bare = ''] = asked('redirect_uri').split('?');
  if (asked('redirect_uri').includes('#') || !redirectMatches(app.redirectUris, bare))
    return lost('The redirect_uri does not match the registered value');
  const back = (answer: Record<string, string>): SimResponse => ({
    status: 302,
    headers: { location: backTo(asked('redirect_uri'), { ...answer, state: asked('state') }) },
  });
  if (asked('response_type') !== 'code')
    return back({
      error: 'invalid_request',
      error_description: 'A required parameter "response_type" is missing',
    });
  const scopes = asked('scope')
    .split(/[\s,]+/u)
    .filter(Boolean);
  const allowed = Array.isArray(app.settings['scopes']) ? app.settings['scopes'] : known;
  const foreign = scopes.find((scope) => !known.includes(scope) || !allowed.includes(scope));
  if (scopes.length === 0 || foreign !== undefined)
    return back({
      error: 'unauthorized_scope_error',
      error_description: `Scope "${foreign ?? ''}" is not authorized for your application`,
    });
  if (request.method !== 'POST')
    return consentPage({
      platformName: 'LinkedIn',
      appName: app.clientId,
      accounts: world.accounts('linkedin'),
      // All or nothing: there are no boxes to untick.
      scopes: scopes.map((id) => ({ id, fixed: true })),
    });
  const decision = readDecision(request);
  const account = world.accounts('linkedin').find(({ id }) => id === decision.accountId);
  if (!decision.approved || !account)
    return back({
      error: 'user_cancelled_authorize',
      error_description: 'The user cancelled the authorization',
    });
  const issuedAt = world.clock.now();
  const redirectUri = asked('redirect_uri');
  return back({
    code: state.codes.issue(world.token('AQT', 80), {
      clientId: app.clientId,
      account,
      scopes,
      redirectUri,
      issuedAt,
    }),
  });
}

// ---------------------------------------------------------------- tokens

const oauthError = (status: number, error: string, description: string): SimResponse => ({
  status,
  body: { error, error_description: description },
});

/** The app, proven by its secret in the form; or the answer that refuses it. */
function clientOf({ world }: State, form: URLSearchParams): SimApp | SimResponse {
  const app = world.app('linkedin', form.get('client_id') ?? '');
  if (!app || app.clientSecret !== form.get('client_secret'))
    return oauthError(401, 'invalid_client', 'Client authentication failed');
  return app;
}

function token(state: State, request: SimRequest): SimResponse {
  const form = formOf(request);
  if (!/^application\/x-www-form-urlencoded\b/u.test(request.headers['content-type'] ?? ''))
    throw refusal(415, 'The content type must be application/x-www-form-urlencoded');
  const app = clientOf(state, form);
  if ('status' in app) return app;
  switch (form.get('grant_type')) {
    case 'authorization_code': {
      const taken = state.codes.take(form.get('code') ?? '');
      const fits =
        taken.state === 'ok' &&
        taken.data.clientId === app.clientId &&
        taken.data.redirectUri === form.get('redirect_uri');
      if (fits) return granted(state, taken.data);
      return oauthError(
        400,
        'invalid_request',
        'Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists',
      );
    }
    case 'refresh_token': {
      const text = form.get('refresh_token') ?? '';
      const found = state.refresh.find(text);
      if (found.state !== 'ok' || found.data.clientId !== app.clientId)
        return oauthError(
          400,
          'invalid_request',
          'The provided refresh token is invalid, expired or revoked',
        );
      return granted(state, found.data, { text, endsAt: found.expiresAt });
    }
    default:
      return oauthError(400, 'invalid_request', 'A required parameter "grant_type" is missing');
  }
}

/** The refresh token stays, and so does its end. */
function granted(state: State, grant: Grant, held?: { text: string; endsAt: number }): SimResponse {
  const { world, quirks } = state;
  const { clientId, account, scopes } = grant;
  const now = world.clock.now();
  const data: Grant = { clientId, account, scopes, issuedAt: now };
  const access = state.access.issue(world.token('AQX', 350), data, quirks.accessSeconds * SECOND);
  const lasting = quirks.partner
    ? {
        refresh_token: held?.text ?? state.refresh.issue(world.token('AQW', 350), data, REFRESH_LIFE_MS),
        refresh_token_expires_in: Math.floor(((held?.endsAt ?? now + REFRESH_LIFE_MS) - now) / SECOND),
      }
    : {};
  return {
    status: 200,
    body: {
      access_token: access,
      expires_in: quirks.accessSeconds,
      ...lasting,
      scope: scopes.join(quirks.scopeSeparator),
      token_type: 'Bearer',
      ...(scopes.includes('openid') ? { id_token: `eyJhbGciOiJSUzI1NiJ9.${world.token('e', 60)}.sig` } : {}),
    },
  };
}

/** https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection */
function introspect(state: State, request: SimRequest): SimResponse {
  const form = formOf(request);
  const app = clientOf(state, form);
  if ('status' in app) return app;
  const found = state.access.find(form.get('token') ?? '');
  if (found.state === 'unknown') return { status: 200, body: { active: false } };
  const { data, expiresAt } = found;
  const seconds = (at: number) => Math.floor(at / SECOND);
  return {
    status: 200,
    body: {
      active: found.state === 'ok',
      status: found.state === 'ok' ? 'active' : 'expired',
      client_id: data.clientId,
      authorized_at: seconds(data.issuedAt),
      created_at: seconds(data.issuedAt),
      expires_at: seconds(expiresAt),
      scope: data.scopes.join(','),
      auth_type: '3L',
    },
  };
}
