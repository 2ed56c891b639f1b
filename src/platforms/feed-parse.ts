import { XMLParser } from 'fast-xml-parser';
import { Failure } from '../core/failure.ts';

/** One video of a feed. */
export interface FeedVideo {
  /** As the feed names it; text. */
  id: string;
  title: string;
  description: string;
  /** Its page; undefined where the feed has none. */
  page: string | undefined;
  /** The file; undefined for YouTube's feeds, which have none. */
  file: string | undefined;
  /** Epoch ms; 0 where it has no date that can be read, so that it counts as old. */
  publishedAt: number;
  durationSeconds?: number;
  width?: number;
  height?: number;
  language?: string;
}

/** Feeds show what is recent; more than this is no feed. */
const MOST_ENTRIES = 1_000;
const DEEPEST = 40;
const LONGEST_TEXT = 10_000;

/** A parsed element: a text, or its parts by name. */
type Node = string | { readonly [name: string]: unknown };

/**
 * The videos of an RSS or Atom feed; entries without a video are left out. Entities that a document defines are never
 * expanded. Throws Failure E_FEED.
 */
export function readFeed(text: string, address: string): FeedVideo[] {
  const root = parse(text);
  const channel = part(part(root, 'rss'), 'channel');
  const feed = part(root, 'feed');
  const entries = channel ? all(channel, 'item') : feed ? all(feed, 'entry') : undefined;
  if (!entries) throw unreadable(address, 'it is neither RSS nor Atom');
  if (entries.length > MOST_ENTRIES) throw unreadable(address, `it has more than ${MOST_ENTRIES} entries`);
  const language = textIn(channel, 'language') || attribute(feed, 'xml:lang');
  return entries.flatMap((entry) => videoIn(entry, address, language) ?? []);

  function parse(xml: string): Node {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      cdataPropName: '#cdata',
      parseTagValue: false,
      parseAttributeValue: false,
      processEntities: false,
      maxNestedTags: DEEPEST,
    });
    try {
      return parser.parse(xml) as Node;
    } catch (error) {
      throw unreadable(address, 'its XML is damaged', error);
    }
  }
}

function videoIn(entry: Node, address: string, language: string): FeedVideo | undefined {
  const youtubeId = textIn(entry, 'yt:videoId');
  const group = part(entry, 'media:group') ?? entry;
  const content = all(group, 'media:content').find(isVideo) ?? all(entry, 'media:content').find(isVideo);
  const enclosure = [...all(entry, 'enclosure'), ...linksOf(entry, 'enclosure')].find(isVideo);
  const file = youtubeId ? undefined : (fileOf(enclosure, address) ?? fileOf(content, address));
  if (!youtubeId && file === undefined) return undefined;
  const page = youtubeId
    ? `https://www.youtube.com/watch?v=${encodeURIComponent(youtubeId)}`
    : absolute(textIn(entry, 'link') || attribute(linksOf(entry, 'alternate')[0], 'href'), address);
  const id = youtubeId || textIn(entry, 'guid') || textIn(entry, 'id') || page || file;
  if (!id) return undefined;
  const title = textIn(entry, 'title') || textIn(group, 'media:title');
  const texts = ['description', 'summary', 'itunes:summary', 'content', 'content:encoded'];
  const description =
    textIn(group, 'media:description') || texts.map((name) => textIn(entry, name)).find(Boolean);
  const seconds = secondsIn(textIn(entry, 'itunes:duration') || attribute(content, 'duration'));
  const [width, height] = ['width', 'height'].map((name) => Number(attribute(content, name)));
  // YouTube states the size of its player there, not of the video.
  const sized = !youtubeId && width && height && width > 0 && height > 0;
  return {
    id,
    title: plain(title),
    description: plain(description ?? ''),
    page,
    file,
    publishedAt: dateIn(
      ['pubDate', 'published', 'dc:date', 'updated'].map((name) => textIn(entry, name)).find(Boolean),
    ),
    ...(seconds === undefined ? {} : { durationSeconds: seconds }),
    ...(sized ? { width, height } : {}),
    ...(/^[a-z]{2,3}(-\w+)*$/iu.test(language) ? { language } : {}),
  };
}

function isVideo(node: Node): boolean {
  const type = attribute(node, 'type');
  if (type !== '') return /^video\//iu.test(type);
  if (attribute(node, 'medium') === 'video') return true;
  return /\.(mp4|m4v|mov|webm)$/iu.test(
    (attribute(node, 'url') || attribute(node, 'href')).split(/[?#]/u)[0] ?? '',
  );
}

const fileOf = (node: Node | undefined, address: string) =>
  absolute(attribute(node, 'url') || attribute(node, 'href'), address);

/** Only https: what else a feed names is not asked for. */
function absolute(text: string, address: string): string | undefined {
  if (text === '' || !URL.canParse(text, address)) return undefined;
  const url = new URL(text, address);
  return url.protocol === 'https:' ? url.href : undefined;
}

const linksOf = (entry: Node, rel: string) =>
  all(entry, 'link').filter(
    (link) => (attribute(link, 'rel') || 'alternate') === rel && attribute(link, 'href') !== '',
  );

/** Seconds, or `1:02:03`. */
function secondsIn(text: string): number | undefined {
  if (!/^\d{1,6}(\.\d{1,9})?$|^(\d{1,3}:)?\d{1,3}:\d{1,2}$/u.test(text)) return undefined;
  const seconds = text.split(':').reduce((sum, each) => sum * 60 + Number(each), 0);
  return seconds > 0 ? Math.round(seconds) : undefined;
}

function dateIn(text: string | undefined): number {
  const at = Date.parse((text ?? '').trim());
  return Number.isNaN(at) ? 0 : at;
}

// ---------------------------------------------------------------- the tree

function part(node: Node | undefined, name: string): Node | undefined {
  return node === undefined ? undefined : all(node, name)[0];
}

function all(node: Node, name: string): Node[] {
  if (typeof node === 'string' || !Object.hasOwn(node, name)) return [];
  const found = node[name];
  return (Array.isArray(found) ? found : [found]).filter(
    (one): one is Node => typeof one === 'string' || (typeof one === 'object' && one !== null),
  );
}

function attribute(node: Node | undefined, name: string): string {
  if (node === undefined || typeof node === 'string' || !Object.hasOwn(node, `@${name}`)) return '';
  return decode(String(node[`@${name}`]));
}

function textIn(node: Node | undefined, name: string): string {
  const child = part(node, name);
  if (child === undefined) return '';
  if (typeof child === 'string') return decode(child.slice(0, LONGEST_TEXT)).trim();
  // What stands in CDATA is meant as it is written.
  const raw = all(child, '#cdata')
    .filter((one) => typeof one === 'string')
    .join('');
  return `${decode(String(child['#text'] ?? '').slice(0, LONGEST_TEXT))}${raw.slice(0, LONGEST_TEXT)}`.trim();
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** The five entities of XML, characters by number, and the one that people use; once, and no others. */
function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,6}));/giu, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
    const point = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff)
      ? String.fromCodePoint(point)
      : '';
  });
}

/** HTML as text: a feed's descriptions have it. */
function plain(text: string): string {
  if (!/<[a-z/!]|&/iu.test(text)) return text;
  const lines = text.replace(/<(?:br|\/p|\/div|\/li)\b[^<>]*>/giu, '\n').replace(/<[a-z/!][^<>]*>/giu, '');
  return decode(lines)
    .replace(/[ \t]+\n/gu, '\n')
    .replace(/\n{3,}/gu, '\n\n')
    .trim();
}

export function unreadable(address: string, why: string, cause?: unknown): Failure {
  return new Failure('E_FEED', {
    kind: 'retry',
    message: `The feed at ${new URL(address).host} can’t be read: ${why}.`,
    cause,
  });
}
