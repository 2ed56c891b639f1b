import type { Container } from './instagram-container.ts';
import { containerNode, createContainers } from './instagram-container.ts';
import type { GraphPart } from './meta.ts';
import type { Holder, MetaAccess } from './meta-access.ts';
import { graphError, graphStamp, instantOf, paged, paramsOf, select, unreadable } from './meta-graph.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import type { Receivers } from './meta-rupload.ts';
import type { SimAccount, SimPost, SimRequest, SimResponse, World } from './types.ts';

const DAY = 86_400_000;

interface Media {
  id: string;
  account: SimAccount;
  caption: string;
  shortcode: string;
  publishedAt: number;
  sha256: string;
  bytes: number;
  /** `REELS`, or `FEED` for what its owner posted by hand. */
  product: 'REELS' | 'FEED';
  visible: boolean;
  facts: Readonly<Record<string, unknown>>;
}

export interface InstagramPart extends GraphPart {
  readonly upload: Receivers;
  /** What the account’s person posts in the app. */
  post(media: Pick<Media, 'caption' | 'product'> & { account: string; at: number }): Media;
  containers(): readonly Container[];
}

/** Instagram’s nodes, on either Graph host: accounts, containers, media. */
export function createInstagramPart(world: World, access: MetaAccess, quirks: MetaQuirks): InstagramPart {
  const media: Media[] = [];
  const containers = createContainers(world, quirks);
  /** Publish requests that used quota, and the answers they are to get. */
  const published: { accountId: string; at: number }[] = [];

  function mayUse(holder: Holder, account: SimAccount): boolean {
    if (holder.kind === 'instagram') return holder.instagramId === account.id;
    return holder.pages.some(({ instagram }) => instagram?.id === account.id);
  }

  function publish(request: SimRequest, account: SimAccount): SimResponse {
    const params = paramsOf(request);
    containers.checkParams('media_publish', params);
    const container = containers.find(params.get('creation_id') ?? '');
    if (!container || container.account.id !== account.id)
      throw graphError(24, 'The requested resource does not exist', { subcode: 2207006 });
    const state = containers.stateOf(container);
    if (state === 'PUBLISHED' || state === 'EXPIRED' || state === 'ERROR')
      throw graphError(24, 'The media builder with the given creation ID was not found or has expired.', {
        subcode: 2207008,
      });
    if (quotaUsed(account) >= quirks.quotaTotal)
      throw graphError(9, 'Application request limit reached', {
        subcode: 2207042,
        userMessage: 'Du hast das Limit für Beiträge erreicht.',
      });
    const answer = quirks.publishAnswers.shift() ?? '';
    const numbers = /^(-?\d+)(?:\/(\d+))?$/u.exec(answer);
    if (numbers) throw numbered(numbers);
    if (state !== 'FINISHED' || quirks.notReadyYet > 0) {
      if (state === 'FINISHED') quirks.notReadyYet -= 1;
      throw graphError(9007, 'Media ID is not available', {
        subcode: 2207027,
        userMessage: 'Warte einen Moment, das Medium ist noch nicht bereit.',
      });
    }
    const item = live(container);
    return posted(answer, item);
  }

  function live(container: Container): Media {
    const { account, params } = container;
    const item: Media = {
      id: world.snowflake().slice(0, 17),
      account,
      caption: params.get('caption') ?? '',
      shortcode: world.token('D', 10),
      publishedAt: world.clock.now(),
      sha256: container.sha256,
      bytes: container.received,
      product: 'REELS',
      visible: access.appOf(container.appId)?.settings['development'] !== true,
      facts: Object.fromEntries(
        [...params].filter(([name]) => name !== 'caption' && name !== 'access_token'),
      ),
    };
    item.id = uniqueId(item.id);
    media.unshift(item);
    container.mediaId = item.id;
    published.push({ accountId: account.id, at: item.publishedAt });
    return item;
  }

  function uniqueId(id: string): string {
    let unique = BigInt(id);
    while (media.some((other) => other.id === unique.toString())) unique += 1n;
    return unique.toString();
  }

  function posted(answer: string, item: Media): SimResponse {
    const after = /^posted-(-?\d+)(?:\/(\d+))?$/u.exec(answer);
    if (answer === 'posted-500')
      return { status: 500, body: '<html><body>Sorry, something went wrong.</body></html>' };
    if (answer === 'posted-garbage') return { status: 200, body: '<html></html>' };
    if (after) throw numbered(after);
    return { status: 200, body: { id: item.id } };
  }

  function numbered([, code = '1', subcode]: RegExpExecArray) {
    return graphError(Number(code), 'Something was not right.', {
      ...(subcode === undefined ? {} : { subcode: Number(subcode) }),
      status: 400,
    });
  }

  function quotaUsed(account: SimAccount): number {
    const since = world.clock.now() - DAY;
    return published.filter(({ accountId, at }) => accountId === account.id && at > since).length;
  }

  function quota(request: SimRequest, account: SimAccount): SimResponse {
    const node = {
      quota_usage: quotaUsed(account),
      config: { quota_total: quirks.quotaTotal, quota_duration: 86_400 },
    };
    const fields = paramsOf(request).get('fields');
    return {
      status: 200,
      body: { data: [select(node, 'ContentPublishingLimitResponse', fields, 'quota_usage')] },
    };
  }

  function list(request: SimRequest, account: SimAccount): SimResponse {
    const params = paramsOf(request);
    const now = world.clock.now();
    const since = instantOf(params.get('since'), world) ?? 0;
    const until = instantOf(params.get('until'), world) ?? Number.POSITIVE_INFINITY;
    const listed = media.filter(
      (item) =>
        item.account.id === account.id &&
        now - item.publishedAt >= quirks.listDelayMs &&
        item.publishedAt >= since &&
        item.publishedAt <= until,
    );
    return paged(request, listed, 25, (item) =>
      select(mediaNode(item), 'IGMedia', params.get('fields'), 'id'),
    );
  }

  /** Fresh objects are not replicated yet, or a fault of Meta’s hides them. */
  function hidden(createdAt: number, holder: Holder): boolean {
    if (world.clock.now() - createdAt >= quirks.unreadableMs) return false;
    return quirks.unreadableBy === 'any' || holder.kind === 'page';
  }

  function accountCall(
    request: SimRequest,
    account: SimAccount,
    edge: string | undefined,
  ): SimResponse | Promise<SimResponse> {
    const holder = access.authenticate(request);
    if (!mayUse(holder, account)) throw unreadable(account.id);
    const method = `${request.method} ${edge ?? ''}`;
    switch (method) {
      case 'POST media':
        access.needScope(holder, 'instagram_content_publish');
        return containers.create(request, account, holder);
      case 'POST media_publish':
        access.needScope(holder, 'instagram_content_publish');
        return publish(request, account);
      case 'GET media':
        access.needScope(holder, 'instagram_basic');
        return list(request, account);
      case 'GET content_publishing_limit':
        access.needScope(holder, 'instagram_content_publish');
        return quota(request, account);
      case 'GET ':
        access.needScope(holder, 'instagram_basic');
        return {
          status: 200,
          body: select(accountNode(account), 'IGUser', paramsOf(request).get('fields'), 'id'),
        };
      default:
        world.complain('instagram', `there is no ${request.method} of ${edge} on an Instagram account`);
        throw graphError(100, `Unsupported ${request.method.toLowerCase()} request.`);
    }
  }

  return {
    upload: containers.receiver,
    containers: containers.all,
    posts: () => media.filter(({ product }) => product === 'REELS').map(postOf),
    post({ account: handle, caption, product, at }) {
      const account = world.accounts('instagram').find((one) => one.handle === handle || one.id === handle);
      if (!account) throw new Error(`there is no account ${handle}`);
      const item: Media = {
        id: uniqueId(world.snowflake().slice(0, 17)),
        account,
        caption,
        shortcode: world.token('D', 10),
        publishedAt: at,
        sha256: world.keepMedia(Buffer.from(`by hand ${at}`)),
        bytes: 0,
        product,
        visible: true,
        facts: { byHand: true },
      };
      media.push(item);
      media.sort((one, other) => other.publishedAt - one.publishedAt);
      return item;
    },
    call(request, path) {
      const [first = '', edge] = path;
      const account =
        first === 'me' && request.origin.endsWith('instagram.com')
          ? ownAccount(access.authenticate(request), world)
          : world.accounts('instagram').find(({ id }) => id === first);
      if (account) return accountCall(request, account, edge);
      const container = containers.find(first);
      const item = media.find(({ id }) => id === first);
      if (!container && !item) return undefined;
      const holder = access.authenticate(request);
      const owner = (container ?? item)?.account;
      if (!owner || !mayUse(holder, owner)) throw unreadable(first);
      if (hidden(container?.createdAt ?? item?.publishedAt ?? 0, holder)) throw unreadable(first);
      const fields = paramsOf(request).get('fields');
      if (item && request.method === 'DELETE') {
        access.needScope(holder, 'instagram_manage_contents');
        media.splice(media.indexOf(item), 1);
        return { status: 200, body: { success: true } };
      }
      if (request.method !== 'GET') throw graphError(100, 'Unsupported request.');
      return {
        status: 200,
        body: container
          ? select(
              containerNode(container, containers, quirks, request.origin),
              'ShadowIGMediaBuilder',
              fields,
              'id',
            )
          : select(mediaNode(item as Media), 'IGMedia', fields, 'id'),
      };
    },
  };
}

function ownAccount(holder: Holder, world: World): SimAccount | undefined {
  return world.accounts('instagram').find(({ id }) => id === holder.instagramId);
}

function accountNode(account: SimAccount): Record<string, unknown> {
  const username = account.handle.replace(/^@/u, '');
  return {
    id: account.id,
    // Beyond 2^53 and sent as a bare number by one of the two: here always as text.
    user_id: account.id,
    username,
    name: account.name,
    account_type: account.settings['type'] ?? 'MEDIA_CREATOR',
    profile_picture_url: undefined,
  };
}

function mediaNode(item: Media): Record<string, unknown> {
  return {
    id: item.id,
    caption: item.caption === '' ? undefined : item.caption,
    timestamp: graphStamp(item.publishedAt),
    permalink: permalinkOf(item),
    shortcode: item.shortcode,
    media_type: 'VIDEO',
    media_product_type: item.product,
    username: item.account.handle.replace(/^@/u, ''),
    is_shared_to_feed: item.facts['share_to_feed'] !== 'false',
  };
}

function permalinkOf({ shortcode, product }: Media): string {
  return `https://www.instagram.com/${product === 'REELS' ? 'reel' : 'p'}/${shortcode}/`;
}

function postOf(item: Media): SimPost {
  return {
    platform: 'instagram',
    accountId: item.account.id,
    id: item.id,
    url: permalinkOf(item),
    text: item.caption,
    sha256: item.sha256,
    bytes: item.bytes,
    visible: item.visible,
    publishedAt: item.publishedAt,
    facts: item.facts,
  };
}
