import { DAY, HOUR, SECOND } from '../core/clock.ts';
import { consentPage, readDecision, refusalPage } from './consent.ts';
import type { Codes, Tokens } from './oauth.ts';
import { backTo, challengeOf, createCodes, createTokens, formOf, redirectMatches } from './oauth.ts';
import type { TiktokQuirks } from './tiktok-quirks.ts';
import { sign } from './tiktok-videos.ts';
import type { SimAccount, SimApp, SimRequest, SimResponse, World } from './types.ts';

/** What a person allowed an app; shared by its tokens. */
export interface TiktokGrant {
  clientKey: string;
  accountId: string;
  openId: string;
  scopes: readonly string[];
  /** Epoch ms at which the first refresh token of this grant would end. */
  firstEndAt: number;
}

interface CodeData {
  grant: Omit<TiktokGrant, 'firstEndAt'>;
  redirectUri: string;
  challenge: string;
}

export interface TiktokLogin {
  authorize(request: SimRequest): SimResponse;
  token(request: SimRequest): SimResponse;
  revoke(request: SimRequest): SimResponse;
  /** Whose access token it is; undefined where it is missing, unknown or expired. */
  grantOf(accessToken: string | undefined): TiktokGrant | undefined;
  /** Ends access tokens now, or both kinds. */
  expireTokens(accountId: string | undefined, both: boolean): number;
  /** The person removes the app from the account. */
  disconnect(accountId: string | undefined): number;
}

const scopeTitles: Readonly<Record<string, string>> = {
  'user.info.basic': 'Read your profile info (avatar, display name)',
  'user.info.profile': 'Read access to your additional profile information, such as bio and username',
  'user.info.stats': 'Read your engagement and stats',
  'video.list': 'Read your public videos on TikTok',
  'video.upload': 'Upload content as drafts',
  'video.publish': 'Post content to TikTok',
};

const lifetimes = {
  '2026-11': { access: 2 * HOUR, refresh: 180 * DAY },
  legacy: { access: 24 * HOUR, refresh: 365 * DAY },
} as const;

/** What the parts of the sign-in share. */
interface Desk {
  world: World;
  quirks: TiktokQuirks;
  logId(): string;
  codes: Codes<CodeData>;
  access: Tokens<TiktokGrant>;
  refresh: Tokens<TiktokGrant>;
}

export function createLogin(world: World, quirks: TiktokQuirks, logId: () => string): TiktokLogin {
  const codes = createCodes<CodeData>(world.clock, () => quirks.codeTtlSeconds * SECOND);
  const access = createTokens<TiktokGrant>(world.clock);
  const refresh = createTokens<TiktokGrant>(world.clock);
  const desk: Desk = { world, quirks, logId, codes, access, refresh };
  const of = (accountId: string | undefined) => (grant: TiktokGrant) =>
    accountId === undefined || grant.accountId === accountId;
  return {
    authorize: (request) => authorize(desk, request),
    token: (request) => token(desk, request),
    revoke: (request) => revoke(desk, request),
    grantOf(accessToken) {
      const found = access.find(accessToken);
      return found.state === 'ok' ? found.data : undefined;
    },
    expireTokens: (accountId, both) =>
      access.expireWhere(of(accountId)) + (both ? refresh.expireWhere(of(accountId)) : 0),
    disconnect: (accountId) => access.dropWhere(of(accountId)) + refresh.dropWhere(of(accountId)),
  };
}

function fail(desk: Desk, error: string, description: string): SimResponse {
  const { quirks, logId } = desk;
  return {
    status: quirks.status200Errors ? 200 : 400,
    body: { error, error_description: description, log_id: logId() },
  };
}

function authorize(desk: Desk, request: SimRequest): SimResponse {
  const { world, codes } = desk;
  const fault = faultOf(world, request.query);
  if (fault)
    return refusalPage('TikTok', 'Something went wrong', [`We couldn’t log in with TikTok: ${fault}`]);
  const query = (name: string) => request.query.get(name) ?? '';
  const app = world.app('tiktok', query('client_key')) as SimApp;
  if (request.method === 'GET')
    return consentPage({
      platformName: 'TikTok',
      appName: String(app.settings['name'] ?? 'repost'),
      accounts: world.accounts('tiktok'),
      scopes: query('scope')
        .split(',')
        .map((id) => ({ id, title: scopeTitles[id] ?? id, fixed: id === 'user.info.basic' })),
    });
  const { approved, accountId, scopes } = readDecision(request);
  const back = (answer: Record<string, string>): SimResponse => ({
    status: 302,
    headers: { location: backTo(query('redirect_uri'), { ...answer, state: query('state') }) },
  });
  if (!approved)
    return back({ error: 'access_denied', error_description: 'User cancelled the authorization' });
  const account = world.accounts('tiktok').find(({ id }) => id === accountId);
  if (!account) return refusalPage('TikTok', 'Something went wrong', ['Please log in.']);
  if (!isTarget(app, account))
    return refusalPage('TikTok', 'This app is in its sandbox', [
      `${account.handle} is not one of its target users.`,
    ]);
  const granted = query('scope')
    .split(',')
    .filter((scope) => scopes.includes(scope));
  const openId = `-000${sign('open_id', account.id, app.clientId)}`;
  const code = codes.issue(`${world.token('', 90)}*0!4803.e1`, {
    grant: { clientKey: app.clientId, accountId, openId, scopes: granted },
    redirectUri: query('redirect_uri'),
    challenge: query('code_challenge'),
  });
  return back({ code, scopes: granted.join(',') });
}

function token(desk: Desk, request: SimRequest): SimResponse {
  const { world } = desk;
  const form = formOf(request);
  const fault = clientFault(world, request, form);
  if (fault) return fail(desk, ...fault);
  switch (form.get('grant_type')) {
    case 'authorization_code':
      return exchange(desk, form);
    case 'refresh_token':
      return renew(desk, form);
    default:
      return fail(desk, 'unsupported_grant_type', 'The grant type is not supported.');
  }
}

function exchange(desk: Desk, form: URLSearchParams): SimResponse {
  const { world, quirks, codes } = desk;
  const found = codes.take(form.get('code') ?? '');
  if (found.state === 'expired') return fail(desk, 'invalid_grant', 'Authorization code is expired.');
  if (found.state !== 'ok') return fail(desk, 'invalid_grant', 'Authorization code is invalid or was used.');
  const { grant, redirectUri, challenge } = found.data;
  if (grant.clientKey !== form.get('client_key'))
    return fail(desk, 'invalid_grant', 'The code belongs to another client.');
  if (form.get('redirect_uri') !== redirectUri)
    return fail(desk, 'invalid_request', 'Redirect_uri is not matched with the uri when requesting code.');
  if (challengeOf(form.get('code_verifier') ?? '', 'S256-hex') !== challenge)
    return fail(desk, 'invalid_request', 'Code verifier or code challenge is invalid.');
  const endsAt = world.clock.now() + lifetimes[quirks.lifetimes].refresh;
  return issue(desk, { ...grant, firstEndAt: endsAt }, freshRefreshToken(world), endsAt);
}

function renew(desk: Desk, form: URLSearchParams): SimResponse {
  const { world, quirks, refresh } = desk;
  const old = form.get('refresh_token') ?? '';
  const found = refresh.find(old);
  if (found.state !== 'ok' || found.data.clientKey !== form.get('client_key'))
    return fail(desk, 'invalid_grant', 'Refresh token is invalid or expired.');
  const endsAt = quirks.refreshCountsDown
    ? found.data.firstEndAt
    : world.clock.now() + lifetimes[quirks.lifetimes].refresh;
  const same = quirks.lifetimes === 'legacy' && quirks.sameRefreshToken;
  if (!same) refresh.drop(old);
  return issue(desk, found.data, same ? old : freshRefreshToken(world), endsAt);
}

function issue(desk: Desk, grant: TiktokGrant, refreshToken: string, refreshEndsAt: number): SimResponse {
  const { world, quirks, access, refresh, logId } = desk;
  const accessMs = lifetimes[quirks.lifetimes].access;
  const now = world.clock.now();
  const accessToken = access.issue(
    `act.${world.token('', 64)}*${world.token('', 40)}!5328.e2`,
    grant,
    accessMs,
  );
  refresh.issue(refreshToken, grant, refreshEndsAt - now);
  return {
    status: 200,
    headers: { 'cache-control': 'no-store', 'x-tt-logid': logId() },
    body: {
      access_token: accessToken,
      expires_in: accessMs / SECOND,
      open_id: grant.openId,
      refresh_expires_in: Math.floor((refreshEndsAt - now) / SECOND),
      refresh_token: refreshToken,
      scope: grant.scopes.join(','),
      token_type: 'Bearer',
    },
  };
}

function revoke(desk: Desk, request: SimRequest): SimResponse {
  const { world, quirks, access, refresh } = desk;
  const form = formOf(request);
  const fault = clientFault(world, request, form);
  if (fault) return fail(desk, ...fault);
  const found = access.find(form.get('token') ?? '');
  if (found.state !== 'ok' || found.data.clientKey !== form.get('client_key'))
    return fail(desk, 'invalid_request', 'The access token is invalid or not found in the request.');
  const { clientKey, accountId } = found.data;
  const same = (grant: TiktokGrant) => grant.clientKey === clientKey && grant.accountId === accountId;
  access.dropWhere(same);
  refresh.dropWhere(same);
  return quirks.emptyRevokeBody ? { status: 200 } : { status: 200, body: {} };
}

function freshRefreshToken(world: World): string {
  return `rft.${world.token('', 64)}*${world.token('', 40)}!5330.e2`;
}

/** What is wrong with an authorize address, naming the parameter as TikTok's error page does. */
function faultOf(world: World, query: URLSearchParams): string | undefined {
  const app = world.app('tiktok', query.get('client_key') ?? '');
  if (!app) return 'client_key';
  const redirectUri = query.get('redirect_uri') ?? '';
  if (!redirectMatches(app.redirectUris, redirectUri)) return 'redirect_uri';
  if (query.get('response_type') !== 'code') return 'response_type';
  const scopes = (query.get('scope') ?? '').split(',');
  if (!scopes.every((scope) => Object.hasOwn(scopeTitles, scope))) return 'scope';
  if ((query.get('state') ?? '') === '') return 'state';
  if (!/^http:\/\/(127\.0\.0\.1|localhost):/u.test(redirectUri)) return undefined;
  if (!/^[A-Za-z0-9\-._~]{43,128}$/u.test(query.get('code_challenge') ?? '')) return 'code_challenge';
  if (query.get('code_challenge_method') !== 'S256') return 'code_challenge_method';
  return undefined;
}

/** An app in its portal sandbox lets in its target users only: setting `targetUsers`, a list of handles. */
function isTarget(app: SimApp, account: SimAccount): boolean {
  const targets = app.settings['targetUsers'];
  return !Array.isArray(targets) || targets.includes(account.handle);
}

function clientFault(world: World, request: SimRequest, form: URLSearchParams): [string, string] | undefined {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded') || !form.has('client_key')) {
    world.complain('tiktok', `a token request that is no form with client_key (${type})`);
    return ['invalid_request', 'The request parameters are malformed.'];
  }
  if (!form.has('client_secret')) return ['invalid_request', 'Client secret is missed in request.'];
  const app = world.app('tiktok', form.get('client_key') ?? '');
  if (app?.clientSecret !== form.get('client_secret'))
    return ['invalid_client', 'Client key or secret is incorrect.'];
  return undefined;
}
