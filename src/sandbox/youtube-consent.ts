import { consentPage, readDecision, refusalPage } from './consent.ts';
import type { Codes } from './oauth.ts';
import { backTo, redirectMatches } from './oauth.ts';
import type { SimApp, SimRequest, SimResponse, World } from './types.ts';
import type { YoutubeQuirks } from './youtube-quirks.ts';

export const prefix = 'https://www.googleapis.com/auth/';
const titles: Readonly<Record<string, string>> = {
  [`${prefix}youtube.upload`]: 'Manage your YouTube videos',
  [`${prefix}youtube.readonly`]: 'View your YouTube account',
  [`${prefix}youtube.force-ssl`]: 'See, edit and permanently delete your YouTube videos',
  [`${prefix}youtube`]: 'Manage your YouTube account',
  openid: 'Know who you are on Google',
};

export interface Token {
  clientId: string;
  accountId: string;
  scopes: readonly string[];
  issuedAt: number;
  usedAt: number;
  endsAt: number;
}

export interface Code extends Pick<Token, 'clientId' | 'accountId' | 'scopes'> {
  redirectUri: string;
  challenge: string | null;
  method: string;
  offline: boolean;
}

/** Everything that Google remembers about who may do what. */
export interface OauthState {
  world: World;
  quirks: YoutubeQuirks;
  codes: Codes<Code>;
  access: Map<string, Token>;
  refresh: Map<string, Token>;
  /** Who has agreed once: without prompt=consent no second refresh token comes. */
  agreed: Set<string>;
}

/** The consent page: GET shows it, POST decides. */
export function authorize(state: OauthState, request: SimRequest): SimResponse {
  const { query } = request;
  const clientId = query.get('client_id') ?? '';
  const redirectUri = query.get('redirect_uri') ?? '';
  const app = state.world.app('youtube', clientId);
  if (!app) return blocked('Error 401: invalid_client', 'The OAuth client was not found.');
  if (!mayReturnTo(app, redirectUri))
    return blocked(
      'Error 400: redirect_uri_mismatch',
      `The redirect address ${redirectUri} does not fit the client.`,
    );
  if (query.get('response_type') !== 'code')
    return blocked('Error 400: invalid_request', 'response_type must be code.');
  const scopes = (query.get('scope') ?? '').split(' ').filter(Boolean);
  const strange = scopes.filter((scope) => !Object.hasOwn(titles, scope));
  if (scopes.length === 0 || strange.length > 0)
    return blocked('Error 400: invalid_scope', `Some requested scopes were invalid: ${strange.join(', ')}`);
  const method = query.get('code_challenge_method') ?? 'plain';
  if (query.has('code_challenge') && !['S256', 'plain'].includes(method))
    return blocked('Error 400: invalid_request', 'code_challenge_method must be S256 or plain.');
  if (request.method !== 'POST') return askPerson(state, app, scopes);
  return decide(state, request, { app, redirectUri, scopes, method });
}

function askPerson(state: OauthState, app: SimApp, scopes: readonly string[]): SimResponse {
  return consentPage({
    platformName: 'Google',
    appName: String(app.settings['name'] ?? app.clientId),
    accounts: state.world.accounts('youtube'),
    scopes: scopes.map((id) => ({ id, title: titles[id] ?? id, fixed: scopes.length === 1 })),
    warnings: app.settings['verified'] !== true ? ['Google hasn’t verified this app'] : [],
  });
}

function decide(
  state: OauthState,
  request: SimRequest,
  asked: { app: SimApp; redirectUri: string; scopes: readonly string[]; method: string },
): SimResponse {
  const { query } = request;
  const { app, redirectUri } = asked;
  const decision = readDecision(request);
  const echoed = query.get('state') ?? undefined;
  const goBack = (answer: Record<string, string | undefined>): SimResponse => ({
    status: 302,
    headers: { location: backTo(redirectUri, answer) },
  });
  if (!decision.approved) return goBack({ error: 'access_denied', state: echoed });
  const account = state.world.accounts('youtube').find(({ id }) => id === decision.accountId);
  const testers = app.settings['testUsers'];
  if (!account || (isTesting(state, app) && Array.isArray(testers) && !testers.includes(account.handle)))
    return blocked('Error 403: access_denied', 'The app has not completed the Google verification process.');
  const scopes = asked.scopes.filter((scope) => decision.scopes.includes(scope));
  if (scopes.length === 0) return goBack({ error: 'access_denied', state: echoed });
  const who = `${account.id} ${app.clientId}`;
  const again = state.agreed.has(who) && !(query.get('prompt') ?? '').split(' ').includes('consent');
  state.agreed.add(who);
  const code = state.codes.issue(state.world.token('4/0A', 60), {
    clientId: app.clientId,
    accountId: account.id,
    scopes,
    redirectUri,
    challenge: query.get('code_challenge'),
    method: asked.method,
    offline: !again,
  });
  return goBack({ state: echoed, iss: 'https://accounts.google.com', code, scope: scopes.join(' ') });
}

/** Consent screen in status Testing. */
export function isTesting({ quirks }: OauthState, app: SimApp): boolean {
  return quirks.testing || app.settings['testing'] === true;
}

/** A desktop client may use any port of its own machine; a client for the web only what was registered. */
function mayReturnTo(app: SimApp, redirectUri: string): boolean {
  if (app.settings['type'] === 'web') return redirectMatches(app.redirectUris, redirectUri);
  return /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d{1,5}(\/[^#]*)?$/u.test(redirectUri);
}

function blocked(title: string, detail: string): SimResponse {
  return refusalPage('Google', `Access blocked. ${title}`, [detail]);
}
