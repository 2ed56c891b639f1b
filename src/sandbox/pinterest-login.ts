import { SECOND } from '../core/clock.ts';
import { consentPage, readDecision, refusalPage } from './consent.ts';
import { backTo, basicOf, createCodes, createTokens, formOf, redirectMatches, type Tokens } from './oauth.ts';
import { refusal, unauthenticated } from './pinterest-answers.ts';
import type { PinterestQuirks } from './pinterest-quirks.ts';
import type { SimAccount, SimApp, SimRequest, SimResponse, World } from './types.ts';

interface Grant {
  clientId: string;
  account: SimAccount;
  scopes: readonly string[];
}

interface Code extends Grant {
  redirectUri: string;
}

export interface PinterestLogin {
  authorize(request: SimRequest): SimResponse;
  token(request: SimRequest): SimResponse;
  /** Who a bearer token speaks for; throws the 401 that Pinterest answers. */
  holder(token: string | undefined): Grant;
  endTokens(input: unknown): object;
}

const known = [
  'boards:read',
  'boards:read_secret',
  'boards:write',
  'boards:write_secret',
  'pins:read',
  'pins:read_secret',
  'pins:write',
  'pins:write_secret',
  'user_accounts:read',
];

interface State {
  world: World;
  quirks: PinterestQuirks;
  codes: ReturnType<typeof createCodes<Code>>;
  access: Tokens<Grant>;
  refresh: Tokens<Grant>;
}

/** https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/ */
export function createLogin(world: World, quirks: PinterestQuirks): PinterestLogin {
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
    holder(text) {
      const found = state.access.find(text);
      if (found.state !== 'ok') throw unauthenticated();
      return found.data;
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
  const app = world.app('pinterest', asked('client_id'));
  const lost = (why: string) => refusalPage('Pinterest', 'Sorry, we could not connect you.', [why]);
  if (!app) return lost('The provided client_id is invalid.');
  if (!redirectMatches(app.redirectUris, asked('redirect_uri')))
    return lost('The provided redirect_uri does not match any registered one.');
  if (asked('response_type') !== 'code') return lost('response_type must be code.');
  const scopes = asked('scope')
    .split(/[\s,]+/u)
    .filter(Boolean);
  const foreign = scopes.find((scope) => !known.includes(scope));
  if (scopes.length === 0 || foreign !== undefined) return lost(`Invalid scope ${foreign ?? ''}`);
  if (request.method !== 'POST')
    return consentPage({
      platformName: 'Pinterest',
      appName: app.clientId,
      accounts: world.accounts('pinterest'),
      scopes: scopes.map((id) => ({ id, fixed: true })),
    });
  const decision = readDecision(request);
  const account = world.accounts('pinterest').find(({ id }) => id === decision.accountId);
  const redirectUri = asked('redirect_uri');
  const answer =
    decision.approved && account
      ? {
          code: state.codes.issue(world.token('pc', 50), {
            clientId: app.clientId,
            account,
            scopes,
            redirectUri,
          }),
        }
      : { error: 'access_denied' };
  return {
    status: 302,
    headers: { location: backTo(redirectUri, { ...answer, state: asked('state') }) },
  };
}

// ---------------------------------------------------------------- tokens

/** Wrong keys, another redirect address and a spent code are one and the same answer. */
function token(state: State, request: SimRequest): SimResponse {
  const { world, quirks } = state;
  const basic = basicOf(request);
  const app = world.app('pinterest', basic?.user ?? '');
  if (!app || basic?.password !== app.clientSecret) throw unauthenticated();
  if (!/^application\/x-www-form-urlencoded\b/u.test(request.headers['content-type'] ?? ''))
    throw refusal(400, 1, 'Invalid content type');
  const form = formOf(request);
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return fromCode(state, app, form);
    case 'refresh_token': {
      const text = form.get('refresh_token') ?? '';
      const found = state.refresh.find(text);
      if (found.state !== 'ok' || found.data.clientId !== app.clientId) throw unauthenticated();
      state.refresh.drop(text);
      if (quirks.graceSeconds > 0) state.refresh.issue(text, found.data, quirks.graceSeconds * SECOND);
      return granted(state, found.data, 'refresh_token');
    }
    default:
      throw refusal(400, 1, "Invalid parameter 'grant_type'");
  }
}

function fromCode(state: State, app: SimApp, form: URLSearchParams): SimResponse {
  const taken = state.codes.take(form.get('code') ?? '');
  const fits =
    taken.state === 'ok' &&
    taken.data.clientId === app.clientId &&
    taken.data.redirectUri === form.get('redirect_uri');
  if (!fits) throw unauthenticated();
  return granted(state, taken.data, 'authorization_code');
}

function granted({ world, quirks, access, refresh }: State, grant: Grant, how: string): SimResponse {
  const { clientId, account, scopes } = grant;
  const data: Grant = { clientId, account, scopes };
  return {
    status: 200,
    body: {
      response_type: how,
      access_token: access.issue(world.token('pina_', 90), data, quirks.accessSeconds * SECOND),
      token_type: 'bearer',
      expires_in: quirks.accessSeconds,
      refresh_token: refresh.issue(world.token('pinr_', 90), data, quirks.refreshSeconds * SECOND),
      refresh_token_expires_in: quirks.refreshSeconds,
      refresh_token_expires_at: Math.floor(world.clock.now() / SECOND) + quirks.refreshSeconds,
      scope: scopes.join(quirks.scopeSeparator),
    },
  };
}
