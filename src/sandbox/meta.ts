import type { PlatformId } from '../core/names.ts';
import { createFacebookPart } from './facebook-part.ts';
import { createInstagramLogin } from './instagram-login.ts';
import { createInstagramPart } from './instagram-part.ts';
import { createMetaAccess, type MetaAccess } from './meta-access.ts';
import { graphError, paramsOf, Refusal, tokenOf, unreadable } from './meta-graph.ts';
import { createFacebookLogin } from './meta-login.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import { usualQuirks } from './meta-quirks.ts';
import { createRupload } from './meta-rupload.ts';
import { usageHeaders } from './meta-usage.ts';
import type { SimPost, SimRequest, SimResponse, World } from './types.ts';

/** The platforms that live on Meta's common hosts. */
export type MetaPlatform = Extract<PlatformId, 'instagram' | 'facebook'>;

/** One kind of thing that Graph knows: answers for the ids that are its own. */
export interface GraphPart {
  /** Undefined: not an id of this part. */
  call(request: SimRequest, path: readonly string[]): SimResponse | Promise<SimResponse> | undefined;
  posts(): SimPost[];
}

/** The world behind graph.facebook.com and its neighbours, one for a sandbox: two simulators share it. */
export interface MetaWorld {
  readonly access: MetaAccess;
  readonly quirks: Readonly<Record<MetaPlatform, MetaQuirks>>;
  handle(request: SimRequest): Promise<SimResponse>;
  /** Whose request it is: by the address, else by the app behind it. */
  platformOf(request: SimRequest): MetaPlatform;
  posts(platform: MetaPlatform): SimPost[];
  /** What an Instagram account’s person posts in the app: `{account, caption, at?, product?}`. */
  postByHand(input: unknown): unknown;
  /** Which of the two simulators there are. */
  readonly opened: Set<MetaPlatform>;
}

const worlds = new WeakMap<World, MetaWorld>();

export function metaOf(world: World): MetaWorld {
  const known = worlds.get(world);
  if (known) return known;
  const made = createMetaWorld(world);
  worlds.set(world, made);
  return made;
}

/** Graph API versions that are in service in November 2026. */
const oldestVersion = 21;

function createMetaWorld(world: World): MetaWorld {
  const quirks = { instagram: { ...usualQuirks }, facebook: { ...usualQuirks } };
  const access = createMetaAccess(world, quirks);
  const instagram = createInstagramPart(world, access, quirks.instagram);
  const facebook = createFacebookPart(world, access, quirks.facebook);
  const facebookLogin = createFacebookLogin(world, access, quirks);
  const instagramLogin = createInstagramLogin(world, access, quirks.instagram);
  const rupload = createRupload(access, { instagram: instagram.upload, facebook: facebook.upload });

  function graphCall(request: SimRequest): SimResponse | Promise<SimResponse> {
    const [version = '', ...path] = request.path.split('/').filter(Boolean);
    if (!/^v\d+\.\d+$/u.test(version)) {
      world.complain(platformOf(request), `a call without a version: ${request.path}`);
      throw graphError(2500, `Unknown path components: ${request.path}`);
    }
    if (Number(version.slice(1)) < oldestVersion)
      throw graphError(2635, `(#2635) You are calling a deprecated version of the API (${version}).`);
    const platform = platformOf(request);
    const answer = facebookLogin.call(request, path);
    if (answer) return answer;
    access.slowDown(platform);
    const found = instagram.call(request, path) ?? facebook.call(request, path);
    if (!found) {
      access.authenticate(request);
      throw unreadable(path[0] ?? '');
    }
    return found;
  }

  function route(request: SimRequest): SimResponse | Promise<SimResponse> {
    // Only rupload makes something of a request that breaks off: no other server acts on half a form.
    if (!request.complete && request.origin !== 'https://rupload.facebook.com') return { status: 400 };
    switch (request.origin) {
      case 'https://www.facebook.com':
        return facebookLogin.dialog(request);
      case 'https://rupload.facebook.com':
        return rupload(request);
      case 'https://graph.facebook.com':
        return graphCall(request);
      default:
        return instagramLogin(request) ?? instagramHost(request);
    }
  }

  /** graph.instagram.com: the same edges for tokens of the other family. */
  function instagramHost(request: SimRequest): SimResponse | Promise<SimResponse> {
    const [version = '', ...path] = request.path.split('/').filter(Boolean);
    if (!/^v\d+\.\d+$/u.test(version)) throw graphError(2500, `Unknown path components: ${request.path}`);
    access.slowDown('instagram');
    const found = instagram.call(request, path);
    if (!found) throw unreadable(path[0] ?? '');
    return found;
  }

  function platformOf(request: SimRequest): MetaPlatform {
    if (/(^https:\/\/\w+\.instagram\.com$)/u.test(request.origin)) return 'instagram';
    if (request.path.startsWith('/ig-api-upload/')) return 'instagram';
    if (request.path.startsWith('/video-upload/')) return 'facebook';
    if (/\/(media|media_publish|content_publishing_limit)$/u.test(request.path)) return 'instagram';
    if (/\/(video_reels|videos|thumbnails)$/u.test(request.path)) return 'facebook';
    const appId = access.appIdOf(tokenOf(request)) ?? paramsOf(request).get('client_id') ?? '';
    return world.app('facebook', appId) && !world.app('instagram', appId) ? 'facebook' : 'instagram';
  }

  return {
    access,
    quirks,
    opened: new Set(),
    platformOf,
    postByHand(input) {
      const wanted = input as { account: string; caption?: string; at?: number; product?: 'REELS' | 'FEED' };
      const { account, caption = '', at = world.clock.now(), product = 'REELS' } = wanted;
      return instagram.post({ account, caption, at, product });
    },
    posts: (platform) => (platform === 'instagram' ? instagram : facebook).posts(),
    async handle(request) {
      const usage = usageHeaders(quirks[platformOf(request)], access.ownerOf(tokenOf(request)));
      try {
        const answer = await route(request);
        return { ...answer, headers: { ...usage, ...answer.headers } };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return { ...error.response, headers: { ...usage, ...error.response.headers } };
      }
    },
  };
}
