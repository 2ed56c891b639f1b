import { MINUTE } from '../core/clock.ts';
import { oauthRefuse } from './bluesky-answers.ts';
import type { OauthState } from './bluesky-oauth.ts';
import { consentPage, readDecision, refusalPage } from './consent.ts';
import { backTo, formOf } from './oauth.ts';
import type { SimRequest, SimResponse } from './types.ts';

export interface PushedRequest {
  clientId: string;
  issuer: string;
  redirectUri: string;
  scope: string;
  state: string;
  challenge: string;
  thumbprint: string;
  loginHint: string;
  endsAt: number;
}

/** What a code stands for. */
export interface Authorized extends PushedRequest {
  did: string;
}

const PUSHED_SECONDS = 299;

const oldScopes = ['atproto', 'transition:generic', 'transition:email', 'transition:chat.bsky'];

/** Takes an authorization request from behind (RFC 9126): its form first, then the proof, the client, the request. */
export function pushRequest(state: OauthState, request: SimRequest): SimResponse {
  const form = formOf(request);
  const redirectUri = form.get('redirect_uri') ?? '';
  if (URL.canParse(redirectUri) && new URL(redirectUri).hostname === 'localhost')
    return oauthRefuse(
      400,
      'invalid_request',
      'Loopback redirect URI should use 127.0.0.1 or [::1] and not "localhost" (RFC 8252)',
    );
  const challenge = form.get('code_challenge') ?? '';
  if (challenge === '' || form.get('code_challenge_method') !== 'S256')
    return oauthRefuse(400, 'invalid_request', 'Use of PKCE is required');
  const thumbprint = state.proofs.check(request);
  const clientId = form.get('client_id') ?? '';
  const client = readClientId(clientId);
  if (!client) return oauthRefuse(400, 'invalid_client_metadata', `Invalid client ID "${clientId}"`);
  if (form.get('response_type') !== 'code')
    return oauthRefuse(400, 'invalid_request', 'Unsupported response_type');
  const wrong = redirectFault(redirectUri, client.redirectUris);
  if (wrong !== undefined) return oauthRefuse(400, 'invalid_request', wrong);
  const scope = form.get('scope') ?? '';
  const scopes = scope.split(' ').filter(Boolean);
  const undeclared = scopes.find((one) => !client.scopes.includes(one));
  if (undeclared !== undefined)
    return oauthRefuse(400, 'invalid_scope', `Scope "${undeclared}" is not declared in the client metadata`);
  if (!scopes.includes('atproto'))
    return oauthRefuse(400, 'invalid_scope', 'The "atproto" scope is required');
  const strange = state.quirks.narrowScopes ? undefined : scopes.find((one) => !oldScopes.includes(one));
  if (strange !== undefined)
    return oauthRefuse(400, 'invalid_scope', `Scope "${strange}" is not supported by this server`);
  const uri = state.world.token('urn:ietf:params:oauth:request_uri:req-', 32);
  state.pushed.set(uri, {
    clientId,
    issuer: request.origin,
    redirectUri,
    scope,
    state: form.get('state') ?? '',
    challenge,
    thumbprint,
    loginHint: form.get('login_hint') ?? '',
    endsAt: state.world.clock.now() + 5 * MINUTE,
  });
  return { status: 201, body: { request_uri: uri, expires_in: PUSHED_SECONDS } };
}

/** A client on the person's own machine describes itself by its id; undefined where the id breaks a rule. */
function readClientId(clientId: string): { redirectUris: string[]; scopes: string[] } | undefined {
  if (!URL.canParse(clientId)) return undefined;
  const { origin, pathname, hash, searchParams } = new URL(clientId);
  if (origin !== 'http://localhost' || pathname !== '/' || hash !== '') return undefined;
  if (!/^http:\/\/localhost\/?(\?|$)/u.test(clientId)) return undefined;
  if ([...searchParams.keys()].some((name) => name !== 'redirect_uri' && name !== 'scope')) return undefined;
  if (searchParams.getAll('scope').length > 1) return undefined;
  const redirectUris = searchParams.getAll('redirect_uri');
  return {
    redirectUris: redirectUris.length > 0 ? redirectUris : ['http://127.0.0.1/', 'http://[::1]/'],
    scopes: (searchParams.get('scope') ?? 'atproto').split(' ').filter(Boolean),
  };
}

/** What is wrong with a redirect address; the port plays no part. */
function redirectFault(redirectUri: string, declared: readonly string[]): string | undefined {
  if (!URL.canParse(redirectUri)) return `Invalid redirect_uri ${redirectUri}`;
  const { protocol, hostname, pathname } = new URL(redirectUri);
  const fits = declared.some((known) => {
    if (!URL.canParse(known)) return false;
    const one = new URL(known);
    return one.protocol === protocol && one.hostname === hostname && one.pathname === pathname;
  });
  if (protocol !== 'http:' || !['127.0.0.1', '[::1]'].includes(hostname) || !fits)
    return `Invalid redirect_uri ${redirectUri}`;
  return undefined;
}

/** The consent page: GET shows it, POST decides. */
export function authorize(state: OauthState, request: SimRequest): SimResponse {
  const { query, headers, origin } = request;
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined && mode !== 'navigate')
    return { status: 400, body: '<html><body>Forbidden sec-fetch-mode</body></html>' };
  const uri = query.get('request_uri') ?? '';
  const pushed = state.pushed.get(uri);
  if (!pushed || pushed.issuer !== origin || pushed.clientId !== query.get('client_id'))
    return refusalPage('Bluesky', 'Unknown request_uri', ['This sign-in was not prepared, or it was used.']);
  if (state.world.clock.now() >= pushed.endsAt)
    return refusalPage('Bluesky', 'This request has expired', ['Go back to the application and try again.']);
  if (request.method !== 'POST') return askPerson(state, pushed);
  state.pushed.delete(uri);
  const goBack = (answer: Record<string, string>): SimResponse => ({
    status: 303,
    headers: { location: backTo(pushed.redirectUri, { state: pushed.state, iss: origin, ...answer }) },
  });
  const decision = readDecision(request);
  const resident = state.network.find(decision.accountId);
  if (!decision.approved || !resident)
    return goBack({ error: 'access_denied', error_description: 'The user rejected the request' });
  const code = state.codes.issue(state.world.token('cod-', 43), { ...pushed, did: resident.did });
  return goBack({ code });
}

function askPerson({ network }: OauthState, pushed: PushedRequest): SimResponse {
  const hinted = network.find(pushed.loginHint)?.did;
  const own = network.residents().filter(({ pds }) => network.issuerOf(pds) === pushed.issuer);
  const accounts = [...own].sort((one, other) => Number(other.did === hinted) - Number(one.did === hinted));
  if (accounts.length === 0) return refusalPage('Bluesky', 'Nobody has an account here');
  return consentPage({
    platformName: 'Bluesky',
    appName: 'an application on your device',
    accounts: accounts.map(({ did, handle, account }) => ({
      id: did,
      handle: account.handle,
      name: `${account.name} (${handle})`,
    })),
    scopes: pushed.scope.split(' ').map((id) => ({ id, fixed: true })),
  });
}
