import type { MetaPlatform } from './meta.ts';
import { graphError, tokenOf } from './meta-graph.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import type { Tokens } from './oauth.ts';
import { createTokens } from './oauth.ts';
import type { SimAccount, SimApp, SimRequest, World } from './types.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export const shortLifeMs = 2 * HOUR;
/** 5 183 999 seconds, as live answers have it. */
export const longLifeMs = 60 * DAY - 1000;
const dataAccessMs = 90 * DAY;

/** A Page, whether a destination itself or the way to an Instagram account. */
export interface SimPage {
  id: string;
  name: string;
  username?: string;
  tasks: readonly string[];
  instagram?: SimAccount;
}

export interface Holder {
  kind: 'user' | 'page' | 'instagram';
  appId: string;
  scopes: readonly string[];
  declined: readonly string[];
  /** Pages that the person ticked. */
  pages: readonly SimPage[];
  /** For a Page’s token. */
  pageId?: string;
  /** For a token of Instagram Login. */
  instagramId?: string;
  long: boolean;
  issuedAt: number;
  /** Subcode of 190 with which it is refused from now on. */
  dead?: number;
}

export interface MetaAccess {
  readonly tokens: Tokens<Holder>;
  /** Pages that the person of this app has a role on. */
  pages(platform: MetaPlatform): SimPage[];
  platformsOf(appId: string): MetaPlatform[];
  appOf(appId: string): SimApp | undefined;
  appIdOf(token: string | undefined): string | undefined;
  ownerOf(token: string | undefined): string | undefined;
  issue(prefix: string, holder: Holder, lifeMs: number | undefined): string;
  /** The Page’s token that goes with a person’s: the same one each time. */
  pageToken(userToken: string, page: SimPage): string;
  dataAccessUntil(holder: Holder): number;
  /** Who asks; throws the error that the token earns. */
  authenticate(request: SimRequest): Holder;
  /** As authenticate, by a token at hand. */
  check(token: string | undefined, family: 'facebook' | 'instagram'): Holder;
  needScope(holder: Holder, scope: string): void;
  /** Throws while the platform has had too many calls. */
  slowDown(platform: MetaPlatform): void;
}

const content = ['ADVERTISE', 'ANALYZE', 'CREATE_CONTENT', 'MODERATE', 'MANAGE'];

export function createMetaAccess(
  world: World,
  quirks: Readonly<Record<MetaPlatform, MetaQuirks>>,
): MetaAccess {
  const tokens = createTokens<Holder>(world.clock);
  const pageTokens = new Map<string, string>();

  function check(token: string | undefined, family: 'facebook' | 'instagram'): Holder {
    if (token === undefined || token === '')
      throw graphError(104, 'An access token is required to request this resource.');
    const found = tokens.find(token);
    if (found.state === 'unknown' || (found.data.kind === 'instagram') !== (family === 'instagram'))
      throw graphError(190, 'Invalid OAuth access token - Cannot parse access token');
    const { data } = found;
    const app = appOf(data.appId);
    if (app?.settings['blocked'] === true) throw graphError(200, 'API access blocked.');
    if (data.dead !== undefined)
      throw graphError(190, 'Error validating access token: The session has been invalidated.', {
        subcode: data.dead,
        status: 401,
      });
    if (found.state === 'expired' || world.clock.now() >= dataAccessUntil(data))
      throw graphError(190, 'Error validating access token: Session has expired.', { subcode: 463 });
    return data;
  }

  function dataAccessUntil({ issuedAt }: Holder): number {
    return issuedAt + dataAccessMs;
  }

  const platformsOf = (appId: string) =>
    (['instagram', 'facebook'] as const).filter((platform) => world.app(platform, appId));
  const appOf = (appId: string) => world.app('instagram', appId) ?? world.app('facebook', appId);

  return {
    tokens,
    pages: (platform) => world.accounts(platform).map((account) => pageOf(platform, account)),
    platformsOf,
    appOf,
    appIdOf(token) {
      const [appId = ''] = (token ?? '').split('|');
      if (appOf(appId)) return appId;
      const found = tokens.find(token);
      return found.state === 'unknown' ? undefined : found.data.appId;
    },
    ownerOf(token) {
      const found = tokens.find(token);
      return found.state === 'unknown' ? undefined : (found.data.pageId ?? found.data.pages[0]?.id);
    },
    issue: (prefix, holder, lifeMs) => tokens.issue(world.token(prefix, 60), holder, lifeMs),
    pageToken(userToken, page) {
      const key = `${userToken} ${page.id}`;
      const known = pageTokens.get(key);
      if (known !== undefined && tokens.find(known).state === 'ok') return known;
      const user = tokens.find(userToken);
      if (user.state === 'unknown') throw graphError(190, 'Invalid OAuth access token.');
      const left = user.data.long ? undefined : user.expiresAt - world.clock.now();
      const holder: Holder = { ...user.data, kind: 'page', pageId: page.id, pages: [page] };
      const made = tokens.issue(world.token('EAApage', 60), holder, left);
      pageTokens.set(key, made);
      return made;
    },
    dataAccessUntil,
    authenticate: (request) =>
      check(tokenOf(request), request.origin.endsWith('instagram.com') ? 'instagram' : 'facebook'),
    check,
    needScope({ scopes, kind }, scope) {
      const name = kind === 'instagram' ? (instagramNames[scope] ?? scope) : scope;
      if (!scopes.includes(name))
        throw graphError(
          scope.startsWith('pages_') ? 200 : 10,
          `(#200) The permission ${name} is needed for this request; it has not been granted.`,
        );
    },
    slowDown(platform) {
      const { usagePercent, usageError } = quirks[platform];
      if (usagePercent < 100) return;
      const [code = 4, subcode] = usageError.split('/').map(Number);
      throw graphError(code, 'There have been too many calls. Wait a bit and try again.', {
        ...(subcode === undefined ? {} : { subcode }),
        status: 400,
      });
    },
  };
}

/** What a right of Facebook Login is called by Instagram Login. */
const instagramNames: Readonly<Record<string, string>> = {
  instagram_basic: 'instagram_business_basic',
  instagram_content_publish: 'instagram_business_content_publish',
};

/** The Page of an account. `settings`: `tasks`, and for Instagram `linked: false`, `pageId`. */
function pageOf(platform: MetaPlatform, account: SimAccount): SimPage {
  const { settings } = account;
  const tasks = Array.isArray(settings['tasks']) ? (settings['tasks'] as string[]) : content;
  if (platform === 'facebook')
    return { id: account.id, name: account.name, username: account.handle.replace(/^@/u, ''), tasks };
  const id = typeof settings['pageId'] === 'string' ? settings['pageId'] : `10${account.id.slice(-13)}`;
  const page = { id, name: `${account.name}’s Page`, tasks };
  return settings['linked'] === false ? page : { ...page, instagram: account };
}
