import { Failure } from '../core/failure.ts';

const youtubeHosts: readonly string[] = ['www.youtube.com', 'youtube.com', 'm.youtube.com'];
const CHANNEL = /^UC[\w-]{22}$/u;

/** A feed that is to be watched, and the YouTube channel that it is of. */
export interface FeedAddress {
  url: string;
  channelId: string | undefined;
}

/** The feed of a YouTube channel by its id. */
export function channelFeed(channelId: string): FeedAddress {
  return { url: `https://www.youtube.com/feeds/videos.xml?channel_id=${channelId}`, channelId };
}

/** An address from the command line as a feed's; a YouTube channel's page as the feed of the channel. Throws E_USAGE. */
export function feedAddress(text: string): FeedAddress {
  const bad = (message: string, hint: string) => new Failure('E_USAGE', { message, hint });
  if (!URL.canParse(text)) throw bad(`“${text}” is no address.`, 'Give the address of an RSS or Atom feed.');
  const url = new URL(text);
  if (url.protocol !== 'https:')
    throw bad('A feed is asked over https only.', 'Give an address that begins with https://');
  if (url.username !== '' || url.password !== '')
    throw bad('An address with a password in it would be stored as it is.', 'Give one without.');
  if (!youtubeHosts.includes(url.hostname)) return { url: url.href, channelId: undefined };
  const channelId = url.searchParams.get('channel_id') ?? /^\/channel\/([^/]+)/u.exec(url.pathname)?.[1];
  if (channelId !== undefined && CHANNEL.test(channelId)) return channelFeed(channelId);
  throw bad(
    'YouTube names a channel’s feed by the channel’s id only.',
    'Give https://www.youtube.com/channel/UC… (YouTube Studio → Settings → Channel → Advanced), or sign in and give youtube:@you.',
  );
}
