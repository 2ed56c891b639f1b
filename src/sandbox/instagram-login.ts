import { consentPage, readDecision, refusalPage } from './consent.ts';
import type { MetaAccess } from './meta-access.ts';
import { longLifeMs } from './meta-access.ts';
import { graphError, paramsOf, select } from './meta-graph.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import { createCodes } from './oauth.ts';
import type { SimAccount, SimApp, SimRequest, SimResponse, World } from './types.ts';

const HOUR = 3_600_000;
const rights = [
  'instagram_business_basic',
  'instagram_business_content_publish',
  'instagram_business_manage_comments',
  'instagram_business_manage_messages',
];

interface Consent {
  clientId: string;
  redirectUri: string;
  account: SimAccount;
  scopes: readonly string[];
}

/**
 * Instagram Login: the dialog on www.instagram.com, codes on api.instagram.com, tokens on graph.instagram.com.
 * The app’s own pair is in its settings (`instagramId`, `instagramSecret`); without one the Meta app’s is taken.
 */
export function createInstagramLogin(world: World, access: MetaAccess, quirks: MetaQuirks) {
  const codes = createCodes<Consent>(world.clock, HOUR);

  function appOf(clientId: string): SimApp | undefined {
    return world.apps('instagram').find((app) => idOf(app) === clientId);
  }

  function grant(consent: Consent, lifeMs: number, prefix: string): string {
    return access.issue(
      prefix,
      {
        kind: 'instagram',
        appId: consent.clientId,
        scopes: consent.scopes,
        declined: [],
        pages: [],
        instagramId: consent.account.id,
        long: lifeMs > HOUR,
        issuedAt: world.clock.now(),
      },
      lifeMs,
    );
  }

  function dialog(request: SimRequest): SimResponse {
    const { query } = request;
    const clientId = query.get('client_id') ?? '';
    const app = appOf(clientId);
    const redirectUri = query.get('redirect_uri') ?? '';
    if (!app) return refusalPage('Instagram', 'Invalid platform app');
    if (!app.redirectUris.includes(redirectUri)) return refusalPage('Instagram', 'Invalid redirect_uri');
    const wanted = (query.get('scope') ?? '').split(/[\s,]+/u).filter(Boolean);
    const unknown = wanted.filter((scope) => !rights.includes(scope));
    if (unknown.length > 0) return refusalPage('Instagram', `Invalid scope: ${unknown.join(', ')}`);
    if (request.method !== 'POST')
      return consentPage({
        platformName: 'Instagram',
        appName: clientId,
        accounts: world.accounts('instagram'),
        scopes: wanted.map((id) => ({ id, fixed: id === 'instagram_business_basic' })),
      });
    const decision = readDecision(request);
    const back = new URL(redirectUri);
    const state = query.get('state');
    const account = world.accounts('instagram').find(({ id }) => id === decision.accountId);
    if (!decision.approved || !account) {
      back.searchParams.set('error', 'access_denied');
      back.searchParams.set('error_reason', 'user_denied');
      back.searchParams.set('error_description', 'The user denied your request');
    } else {
      const scopes = wanted.filter((scope) => decision.scopes.includes(scope));
      back.searchParams.set(
        'code',
        codes.issue(world.token('AQB', 80), { clientId, redirectUri, account, scopes }),
      );
      back.hash = '_';
    }
    if (state !== null) back.searchParams.set('state', state);
    return { status: 302, headers: { location: back.href } };
  }

  function shortToken(request: SimRequest): SimResponse {
    const params = paramsOf(request);
    const app = appOf(params.get('client_id') ?? '');
    const refuse = (error_message: string): SimResponse => ({
      status: 400,
      body: { error_type: 'OAuthException', code: 400, error_message },
    });
    if (!app || secretOf(app) !== params.get('client_secret'))
      return refuse('Error validating client secret.');
    const taken = codes.take(params.get('code') ?? '');
    if (taken.state !== 'ok') return refuse('Matching code was not found or was already used');
    if (taken.data.redirectUri !== params.get('redirect_uri'))
      return refuse('Redirect URI does not match registered redirect URI');
    const token = grant(taken.data, HOUR, 'IGAAshort');
    const { scopes, account } = taken.data;
    if (quirks.wrapped)
      return {
        status: 200,
        body: { data: [{ access_token: token, user_id: account.id, permissions: scopes.join(',') }] },
      };
    // A bare number beyond 2^53, as the live service sends it.
    const text = JSON.stringify({ access_token: token, user_id: 0, permissions: scopes });
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: text.replace('"user_id":0', `"user_id":${account.id}`),
    };
  }

  function longToken(request: SimRequest): SimResponse {
    const { query } = request;
    const holder = access.check(query.get('access_token') ?? '', 'instagram');
    const app = appOf(holder.appId);
    if (!app || secretOf(app) !== query.get('client_secret'))
      throw graphError(101, 'Error validating application.');
    if (query.get('grant_type') !== 'ig_exchange_token' || holder.long)
      throw graphError(100, 'Session key invalid', { type: 'IGApiException' });
    return tokenAnswer(holder.instagramId ?? '', holder.appId, holder.scopes);
  }

  function refreshed(request: SimRequest): SimResponse {
    const { query } = request;
    const holder = access.check(query.get('access_token') ?? '', 'instagram');
    if (query.get('grant_type') !== 'ig_refresh_token' || !holder.long)
      throw graphError(100, 'Session key invalid', { type: 'IGApiException' });
    if (world.clock.now() - holder.issuedAt < 24 * HOUR)
      throw graphError(100, 'The access token must be at least 24 hours old.', { type: 'IGApiException' });
    access.needScope(holder, 'instagram_basic');
    return tokenAnswer(holder.instagramId ?? '', holder.appId, holder.scopes);
  }

  function tokenAnswer(accountId: string, clientId: string, scopes: readonly string[]): SimResponse {
    const account = world.accounts('instagram').find(({ id }) => id === accountId);
    if (!account) throw graphError(190, 'Invalid OAuth access token.');
    const token = grant({ clientId, redirectUri: '', account, scopes }, longLifeMs, 'IGAAlong');
    const expiry = quirks.expiresInMissing ? {} : { expires_in: longLifeMs / 1000 };
    return { status: 200, body: { access_token: token, token_type: 'bearer', ...expiry } };
  }

  function me(request: SimRequest): SimResponse {
    const holder = access.authenticate(request);
    const account = world.accounts('instagram').find(({ id }) => id === holder.instagramId);
    if (!account) throw graphError(190, 'Invalid OAuth access token.');
    const node = {
      // Another number than the account’s own: it belongs to this app alone.
      id: `9${account.id.slice(1)}`,
      user_id: account.id,
      username: account.handle.replace(/^@/u, ''),
      name: account.name,
      account_type: account.settings['type'] ?? 'MEDIA_CREATOR',
      profile_picture_url: undefined,
    };
    const body = select(node, 'IGUser', paramsOf(request).get('fields'), 'id');
    return { status: 200, body: quirks.wrapped ? { data: [body] } : body };
  }

  /** Undefined: not the sign-in’s. */
  return (request: SimRequest): SimResponse | undefined => {
    switch (`${request.origin}${request.path}`) {
      case 'https://www.instagram.com/oauth/authorize':
        return dialog(request);
      case 'https://api.instagram.com/oauth/access_token':
        return shortToken(request);
      case 'https://graph.instagram.com/access_token':
        return longToken(request);
      case 'https://graph.instagram.com/refresh_access_token':
        return refreshed(request);
    }
    if (request.origin !== 'https://graph.instagram.com') return { status: 404, body: '<html></html>' };
    return /^\/v\d+\.\d+\/me$/u.test(request.path) ? me(request) : undefined;
  };
}

function idOf(app: SimApp): string {
  return typeof app.settings['instagramId'] === 'string' ? app.settings['instagramId'] : app.clientId;
}

function secretOf(app: SimApp): string {
  return typeof app.settings['instagramSecret'] === 'string'
    ? app.settings['instagramSecret']
    : app.clientSecret;
}
