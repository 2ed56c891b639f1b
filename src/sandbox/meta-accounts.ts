import type { MetaPlatform } from './meta.ts';
import type { Holder, MetaAccess, SimPage } from './meta-access.ts';
import { graphError, paged, paramsOf, select, tokenOf } from './meta-graph.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import type { SimRequest, SimResponse } from './types.ts';

/** `/debug_token`: what a token is, asked with the app's own. */
export function debugToken(access: MetaAccess, request: SimRequest): SimResponse {
  const params = paramsOf(request);
  const [appId = '', secret] = (params.get('access_token') ?? '').split('|');
  if (access.appOf(appId)?.clientSecret !== secret) throw graphError(190, 'Invalid OAuth access token.');
  const found = access.tokens.find(params.get('input_token') ?? '');
  if (found.state === 'unknown')
    return {
      status: 200,
      body: {
        data: { error: { code: 190, message: 'Invalid OAuth access token.' }, is_valid: false, scopes: [] },
      },
    };
  const { data, expiresAt, state } = found;
  return {
    status: 200,
    body: {
      data: {
        app_id: data.appId,
        type: data.kind === 'page' ? 'PAGE' : 'USER',
        is_valid: state === 'ok' && data.dead === undefined,
        expires_at: Number.isFinite(expiresAt) ? Math.floor(expiresAt / 1000) : 0,
        data_access_expires_at: Math.floor(access.dataAccessUntil(data) / 1000),
        scopes: data.scopes,
        ...(data.pageId === undefined ? {} : { profile_id: data.pageId }),
      },
    },
  };
}

/** `/me/accounts`: the Pages that the person ticked, page by page. */
export function accounts(
  access: MetaAccess,
  quirks: Readonly<Record<MetaPlatform, MetaQuirks>>,
  request: SimRequest,
  holder: Holder,
): SimResponse {
  access.needScope(holder, 'pages_show_list');
  const token = tokenOf(request) ?? '';
  const most = Math.min(...access.platformsOf(holder.appId).map((one) => quirks[one].accountsPage));
  const limit = Math.min(Number(request.query.get('limit') ?? 25), most);
  request.query.set('limit', String(limit));
  return paged(request, holder.pages, limit, (page) =>
    select(pageNode(access, page, token), 'Page', request.query.get('fields'), 'access_token,name,id,tasks'),
  );
}

/** A Page as this token's person sees it. */
export function pageNode(access: MetaAccess, page: SimPage, token: string): Record<string, unknown> {
  const { instagram } = page;
  return {
    id: page.id,
    name: page.name,
    username: page.username,
    tasks: page.tasks,
    access_token: access.pageToken(token, page),
    category: 'Creator',
    instagram_business_account: instagram && {
      id: instagram.id,
      username: instagram.handle.replace(/^@/u, ''),
      name: instagram.name,
      profile_picture_url: undefined,
    },
  };
}

/** `/me/permissions`. */
export function permissions(holder: Holder): SimResponse {
  const listed = (names: readonly string[], status: string) =>
    names.map((permission) => ({ permission, status }));
  return {
    status: 200,
    body: { data: [...listed(holder.scopes, 'granted'), ...listed(holder.declined, 'declined')] },
  };
}
