import { consentPage, readDecision, refusalPage } from './consent.ts';
import type { MetaPlatform } from './meta.ts';
import type { MetaAccess, SimPage } from './meta-access.ts';
import { longLifeMs, shortLifeMs } from './meta-access.ts';
import { accounts, debugToken, pageNode, permissions } from './meta-accounts.ts';
import { createDeviceLogin } from './meta-device.ts';
import { graphError, paramsOf, select, tokenOf, unreadable } from './meta-graph.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import { createCodes } from './oauth.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

const rights = [
  'public_profile',
  'instagram_basic',
  'instagram_content_publish',
  'instagram_manage_contents',
  'pages_show_list',
  'pages_read_engagement',
  'pages_manage_posts',
  'business_management',
  'ads_management',
  'ads_read',
];

interface Consent {
  clientId: string;
  redirectUri: string;
  pages: readonly SimPage[];
  scopes: readonly string[];
  declined: readonly string[];
}

export interface FacebookLogin {
  /** www.facebook.com: the dialog. */
  dialog(request: SimRequest): SimResponse;
  /** The sign-in's part of the Graph API; undefined for everything else. */
  call(request: SimRequest, path: readonly string[]): SimResponse | undefined;
}

export function createFacebookLogin(
  world: World,
  access: MetaAccess,
  quirks: Readonly<Record<MetaPlatform, MetaQuirks>>,
): FacebookLogin {
  const codes = createCodes<Consent>(world.clock, 10 * 60_000);
  const grantUser = (consent: Omit<Consent, 'redirectUri'>, long: boolean) =>
    access.issue(
      long ? 'EAAlong' : 'EAAshort',
      {
        kind: 'user',
        appId: consent.clientId,
        scopes: consent.scopes,
        declined: consent.declined,
        pages: consent.pages,
        long,
        issuedAt: world.clock.now(),
      },
      long ? longLifeMs : shortLifeMs,
    );
  const device = createDeviceLogin(world, access, (clientId, scopes) => {
    const pages = access.platformsOf(clientId).flatMap((platform) => access.pages(platform));
    return grantUser({ clientId, scopes, declined: [], pages }, true);
  });
  const missing = (appId: string) => access.platformsOf(appId).some((one) => quirks[one].expiresInMissing);

  function dialog(request: SimRequest): SimResponse {
    if (/^\/(v\d+\.\d+\/)?device$/u.test(request.path)) return device.page(request);
    if (!/^\/v\d+\.\d+\/dialog\/oauth$/u.test(request.path)) return { status: 404, body: '<html></html>' };
    const { query } = request;
    const app = access.appOf(query.get('client_id') ?? '');
    if (!app)
      return refusalPage('Facebook', 'Invalid App ID', [
        'The provided app ID does not look like a valid app ID.',
      ]);
    const redirectUri = query.get('redirect_uri') ?? '';
    if (!app.redirectUris.includes(redirectUri))
      return refusalPage('Facebook', 'URL blocked', [
        `This redirect failed because the redirect URI is not whitelisted: ${redirectUri}`,
      ]);
    const scopes = (query.get('scope') ?? '').split(/[\s,]+/u).filter(Boolean);
    const wanted = query.has('config_id') ? configured(app.settings) : scopes;
    const unknown = wanted.filter((scope) => !allowed(app.settings).includes(scope));
    if (unknown.length > 0) return refusalPage('Facebook', `Invalid Scopes: ${unknown.join(', ')}`);
    if (query.get('response_type') !== 'code')
      world.complain('facebook', 'the dialog was not asked for a code');
    return request.method === 'POST' ? decide(request, redirectUri, wanted) : ask(app.clientId, wanted);
  }

  function ask(appId: string, scopes: readonly string[]): SimResponse {
    const pages = offered(appId);
    return consentPage({
      platformName: 'Facebook',
      appName: appId,
      accounts: [
        ...pages.map(({ id, name, username, instagram }) => ({
          id,
          handle: instagram?.handle ?? `@${username ?? id}`,
          name,
        })),
        { id: 'all', handle: 'all', name: 'All current and future Pages' },
      ],
      scopes: scopes.map((id) => ({ id })),
    });
  }

  function offered(appId: string): SimPage[] {
    return access.platformsOf(appId).flatMap((platform) => access.pages(platform));
  }

  function decide(request: SimRequest, redirectUri: string, wanted: readonly string[]): SimResponse {
    const decision = readDecision(request);
    const back = new URL(redirectUri);
    const state = request.query.get('state');
    if (state !== null) back.searchParams.set('state', state);
    // Facebook appends this to every redirect.
    back.hash = '_=_';
    if (!decision.approved) {
      const refusal = { error: 'access_denied', error_code: '200', error_reason: 'user_denied' };
      for (const [name, value] of Object.entries(refusal)) back.searchParams.set(name, value);
      back.searchParams.set('error_description', 'Permissions error');
      return { status: 302, headers: { location: back.href } };
    }
    const clientId = request.query.get('client_id') ?? '';
    const pages = offered(clientId).filter(
      ({ id }) => decision.accountId === 'all' || decision.accountId === id,
    );
    const scopes = wanted.filter((scope) => decision.scopes.includes(scope));
    const declined = wanted.filter((scope) => !decision.scopes.includes(scope));
    const consent: Consent = {
      clientId,
      redirectUri,
      pages,
      scopes: ['public_profile', ...scopes],
      declined,
    };
    back.searchParams.set('code', codes.issue(world.token('AQ', 80), consent));
    return { status: 302, headers: { location: back.href } };
  }

  function accessToken(request: SimRequest): SimResponse {
    const params = paramsOf(request);
    const app = access.appOf(params.get('client_id') ?? '');
    if (!app)
      throw graphError(
        101,
        'Error validating application. Cannot get application info due to a system error.',
      );
    if (params.get('client_secret') !== app.clientSecret)
      throw graphError(1, 'Error validating client secret.');
    return params.get('grant_type') === 'fb_exchange_token'
      ? lengthen(params.get('fb_exchange_token') ?? '', app.clientId)
      : redeem(params, app.clientId);
  }

  function redeem(params: URLSearchParams, clientId: string): SimResponse {
    const taken = codes.take(params.get('code') ?? '');
    if (taken.state === 'unknown') throw graphError(100, 'Invalid verification code format.');
    if (taken.state === 'used')
      throw graphError(100, 'This authorization code has been used.', { subcode: 36009 });
    if (taken.state === 'expired')
      throw graphError(100, 'This authorization code has expired.', { subcode: 36007 });
    const { data } = taken;
    if (data.redirectUri !== params.get('redirect_uri') || data.clientId !== clientId)
      throw graphError(
        100,
        'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
        { subcode: 36008 },
      );
    return tokenAnswer(grantUser(data, false), 5100, clientId);
  }

  function lengthen(token: string, clientId: string): SimResponse {
    const holder = access.check(token, 'facebook');
    if (holder.appId !== clientId) throw graphError(190, 'Invalid OAuth access token signature.');
    if (holder.kind !== 'user') throw graphError(100, 'The token to exchange is no user token.');
    const extend = access.platformsOf(clientId).every((one) => quirks[one].exchangeExtends);
    if (holder.long && !extend) {
      const found = access.tokens.find(token);
      const left = found.state === 'ok' ? found.expiresAt - world.clock.now() : 0;
      return tokenAnswer(token, Math.floor(left / 1000), clientId);
    }
    const fresh = { clientId, pages: holder.pages, scopes: holder.scopes, declined: holder.declined };
    return tokenAnswer(grantUser(fresh, true), longLifeMs / 1000, clientId);
  }

  function tokenAnswer(token: string, seconds: number, clientId: string): SimResponse {
    const expiry = missing(clientId) ? {} : { expires_in: seconds };
    return { status: 200, body: { access_token: token, token_type: 'bearer', ...expiry } };
  }

  return {
    dialog,
    call(request, path) {
      const [first = '', edge] = path;
      if (first === 'oauth' && edge === 'access_token') return accessToken(request);
      if (first === 'debug_token') return debugToken(access, request);
      if (first === 'device') return device.call(request, edge);
      if (first === 'me') {
        const holder = access.authenticate(request);
        if (edge === 'permissions') return permissions(holder);
        if (edge === 'accounts') return accounts(access, quirks, request, holder);
        if (edge === undefined)
          return {
            status: 200,
            body: select(
              { id: holder.pageId ?? '700000000000001', name: 'A Person' },
              'User',
              request.query.get('fields'),
              'id,name',
            ),
          };
        throw unreadable(first);
      }
      const page = (['instagram', 'facebook'] as const)
        .flatMap((platform) => access.pages(platform))
        .find(({ id }) => id === first);
      if (!page || edge !== undefined || request.method !== 'GET') return undefined;
      const holder = access.authenticate(request);
      if (!holder.pages.some(({ id }) => id === page.id)) throw unreadable(first);
      return {
        status: 200,
        body: select(
          pageNode(access, page, tokenOf(request) ?? ''),
          'Page',
          request.query.get('fields'),
          'id,name',
        ),
      };
    },
  };
}

/** Rights that this app may ask for: its use cases decide. `settings.rights` narrows them. */
function allowed(settings: Record<string, unknown>): readonly string[] {
  const { rights: own } = settings;
  return Array.isArray(own) ? (own as string[]) : rights;
}

function configured(settings: Record<string, unknown>): readonly string[] {
  const { configured: own } = settings;
  return Array.isArray(own) ? (own as string[]) : [];
}
