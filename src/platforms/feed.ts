import type { HttpResponse } from '../core/http.ts';
import type { Source, SourceContext } from '../core/source.ts';
import type { SourceItem } from '../core/video.ts';
import { isPublicHost } from '../net/addresses.ts';
import { type FeedVideo, readFeed, unreadable } from './feed-parse.ts';

/** What the last answer of a feed was: asked again, the server need not send it twice. */
interface Remembered {
  etag: string | undefined;
  modified: string | undefined;
  videos: FeedVideo[];
}

const MOST_HOPS = 5;
const MOST_REMEMBERED = 100;
const LONGEST_ID = 300;

/**
 * An RSS or Atom feed of one's own videos, or a YouTube channel's, as a source. Asked with the validators of the last
 * answer (RFC 9110, section 13), which are kept in memory only, beside what they stand for: an item that could not be
 * stored is shown again.
 */
export function createFeedSource(): Source & {
  fileOf(context: SourceContext, remoteId: string): Promise<string | undefined>;
} {
  const memory = new Map<string, Remembered>();

  async function look(context: SourceContext): Promise<FeedVideo[]> {
    const address = context.locator ?? '';
    const before = memory.get(address);
    const response = await ask(context, address, before);
    if (response.status === 304 && before) return before.videos;
    if (response.status !== 200) throw unreadable(address, `its server answered ${response.status}`);
    const videos = readFeed(response.text, address);
    if (memory.size >= MOST_REMEMBERED) memory.clear();
    memory.set(address, {
      etag: response.headers['etag'],
      modified: response.headers['last-modified'],
      videos,
    });
    return videos;
  }

  return {
    id: 'feed',
    anonymous: true,

    async poll(context) {
      const items = new Map<string, SourceItem>();
      for (const item of (await look(context)).map(itemOf))
        if (!items.has(item.remoteId)) items.set(item.remoteId, item);
      return [...items.values()].sort((a, b) => b.publishedAt - a.publishedAt);
    },

    /** A feed shows what is recent: what it does not show may be there all the same. */
    async stillPublic(context, remoteId) {
      return (await look(context)).some((video) => nameOf(video) === remoteId) ? 'public' : 'unknown';
    },

    /** Where an item's file is now; undefined where the feed does not (any longer) say. */
    async fileOf(context, remoteId) {
      return (await look(context)).find((video) => nameOf(video) === remoteId)?.file;
    },
  };
}

export const feedSource = createFeedSource();

async function ask(
  { http, signal }: SourceContext,
  address: string,
  before: Remembered | undefined,
): Promise<HttpResponse> {
  let url = address;
  for (let hop = 0; hop <= MOST_HOPS; hop += 1) {
    const response = await http.send({
      url,
      headers: {
        accept: 'application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1',
        ...(before?.etag === undefined ? {} : { 'if-none-match': before.etag }),
        ...(before?.modified === undefined ? {} : { 'if-modified-since': before.modified }),
      },
      accept: [301, 302, 303, 304, 307, 308],
      authorize: false,
      ...(signal ? { signal } : {}),
    });
    const { location } = response.headers;
    if (response.status < 300 || response.status === 304 || location === undefined) return response;
    url = followed(location, url);
  }
  throw unreadable(address, 'it keeps sending on to other addresses');
}

/** Its person chose the address; where it sends on to, its server chooses. */
function followed(location: string, from: string): string {
  const next = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const inside = next && next.origin !== new URL(from).origin && !isPublicHost(next);
  if (next?.protocol !== 'https:' || inside)
    throw unreadable(from, 'it sends on to an address that is not asked');
  return next.href;
}

/** Long names are kept by their end, which is where they differ. */
const nameOf = ({ id }: FeedVideo) => id.slice(-LONGEST_ID);

function itemOf(video: FeedVideo): SourceItem {
  const { title, description, page, file, publishedAt, durationSeconds, width, height, language } = video;
  // An address with a query may carry a key: it is looked up again when it is needed.
  const lasting = file !== undefined && new URL(file).search === '' ? { file } : {};
  return {
    remoteId: nameOf(video),
    url: page ?? '',
    caption: [title, description === title ? '' : description].filter(Boolean).join('\n\n'),
    publishedAt,
    kind: 'video',
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    facts: { ...(language === undefined ? {} : { language }), ...lasting },
  };
}
