import { createHash } from 'node:crypto';
import type { PublishRequest } from '../core/platform.ts';
import type { Video } from '../core/video.ts';
import type { Facet } from './bluesky-text.ts';
import { altOf, facetsOf, langsOf } from './bluesky-text.ts';

export const POSTS = 'app.bsky.feed.post';

/** A file as a server keeps it: https://atproto.com/specs/data-model#blob-type */
export interface Blob {
  $type: 'blob';
  ref: { $link: string };
  mimeType: string;
  size: number;
}

/** https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/post.json */
export interface PostRecord {
  $type: typeof POSTS;
  text: string;
  createdAt: string;
  langs?: string[];
  facets?: Facet[];
  labels?: { $type: 'com.atproto.label.defs#selfLabels'; values: { val: string }[] };
  embed: {
    $type: 'app.bsky.embed.video';
    video: Blob;
    alt?: string;
    aspectRatio?: { width: number; height: number };
  };
}

/** The labels that an account may give its own posts: https://docs.bsky.app/docs/advanced-guides/moderation#self-labels */
const selfLabels = ['sexual', 'nudity', 'porn', 'graphic-media'];

/** The post as it will be sent. Bluesky has no label for AI-made content to carry over. */
export function recordOf(request: PublishRequest, blob: Blob): PostRecord {
  const { clock, media, options, text, video } = request;
  const langs = langsOf(options);
  const facets = facetsOf(text.body, options['hashtags'] === 'plain' ? 'plain' : 'link');
  const labels = selfLabels.filter((label) =>
    String(options['labels'] ?? '')
      .split(/[\s,]+/u)
      .includes(label),
  );
  const alt = altOf(options, video.caption);
  const [width, height] = [Math.round(media.width), Math.round(media.height)];
  return {
    $type: POSTS,
    text: text.body,
    createdAt: new Date(clock.now()).toISOString(),
    ...(langs.length > 0 ? { langs } : {}),
    ...(facets.length > 0 ? { facets } : {}),
    ...(labels.length > 0
      ? { labels: { $type: 'com.atproto.label.defs#selfLabels', values: labels.map((val) => ({ val })) } }
      : {}),
    embed: {
      $type: 'app.bsky.embed.video',
      video: blob,
      ...(alt === '' ? {} : { alt }),
      // Without it players show bars around the picture.
      ...(width >= 1 && height >= 1 ? { aspectRatio: { width, height } } : {}),
    },
  };
}

const tidAlphabet = '234567abcdefghijklmnopqrstuvwxyz';
/** Microseconds have 53 bits, and 10 more tell clocks apart: https://atproto.com/specs/tid */
const TID_LENGTH = 13;

/**
 * The key of a video's post, the same on every machine and after every loss of data: when it was published on the
 * source, and a hash of video and account in the digits below the milliseconds. One key, one post.
 */
export function keyFor(accountDid: string, video: Pick<Video, 'remoteId' | 'publishedAt'>): string {
  const digest = createHash('sha256').update(`${accountDid} ${video.remoteId}`).digest();
  const micros =
    BigInt(Math.max(0, Math.floor(video.publishedAt))) * 1000n + BigInt(digest.readUInt32BE(0) % 1000);
  let bits = (micros << 10n) | BigInt(digest.readUInt16BE(4) % 1024);
  let key = '';
  for (let n = 0; n < TID_LENGTH; n += 1) {
    key = tidAlphabet[Number(bits & 31n)] + key;
    bits >>= 5n;
  }
  return key;
}

export const uriOf = (did: string, key: string) => `at://${did}/${POSTS}/${key}`;

/** By the account's id rather than its handle: handles change hands. */
export function urlOf(uri: string): string {
  const [did = '', , key = ''] = uri.replace(/^at:\/\//u, '').split('/');
  return `https://bsky.app/profile/${did}/post/${key}`;
}

/** A blob out of a server's answer; undefined where it is none. */
export function blobIn(value: unknown): Blob | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { ref, mimeType, size } = value as { ref?: { $link?: unknown }; mimeType?: unknown; size?: unknown };
  const link = ref?.$link;
  if (typeof link !== 'string' || typeof mimeType !== 'string' || typeof size !== 'number') return undefined;
  return { $type: 'blob', ref: { $link: link }, mimeType, size };
}
