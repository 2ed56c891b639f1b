import { refuse } from './bluesky-answers.ts';
import type { World } from './types.ts';

const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/u;

export function checkKey(collection: string, rkey: string): void {
  if (!/^[A-Za-z0-9._~:-]{1,512}$/u.test(rkey))
    refuse(400, 'InvalidRequest', 'Input/rkey must be a valid Record Key');
  if (collection === 'app.bsky.feed.post' && !TID.test(rkey))
    refuse(
      400,
      'InvalidRequest',
      `Invalid record key for ${collection}: Invalid TID string (got "${rkey}") at $`,
    );
}

const tidLetters = '234567abcdefghijklmnopqrstuvwxyz';

/** A key for a record whose client named none: the time in microseconds. */
export function tidAt(ms: number, random: () => number): string {
  let bits = (BigInt(Math.floor(ms)) * 1000n) << 10n;
  bits |= BigInt(Math.floor(random() * 1024));
  let text = '';
  for (let n = 0; n < 13; n += 1) {
    text = tidLetters[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text;
}

function bad(message: string): never {
  return refuse(400, 'InvalidRequest', `Invalid app.bsky.feed.post record: ${message}`);
}

type Json = Readonly<Record<string, unknown>>;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const graphemes = (text: string) => [...segmenter.segment(text)].length;

/** What a server checks in a post; messages carry the place. */
export function checkPost(world: World, record: Json, videoBytes: number): void {
  for (const name of ['text', 'createdAt'])
    if (record[name] === undefined) bad(`Missing required key "${name}" at $.record`);
  const { text } = record;
  if (typeof text !== 'string') bad('Expected string value type at $.record.text');
  if (Buffer.byteLength(text) > 3000)
    bad(`string too big (maximum 3000, got ${Buffer.byteLength(text)}) at $.record.text`);
  if (graphemes(text) > 300) bad(`grapheme too big (maximum 300, got ${graphemes(text)}) at $.record.text`);
  const created = String(record['createdAt']);
  if (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/u.test(created) ||
    Number.isNaN(Date.parse(created))
  )
    bad(`Invalid datetime (got "${created}") at $.record.createdAt`);
  checkCount(record['langs'], 3, 'langs');
  checkCount(record['tags'], 8, 'tags');
  checkFacets(world, text, record['facets']);
  checkEmbed(record['embed'], videoBytes);
}

function checkCount(list: unknown, most: number, name: string): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) bad(`Expected array value type at $.record.${name}`);
  if (list.length > most) bad(`array too big (maximum ${most}, got ${list.length}) at $.record.${name}`);
}

/** A server takes any offsets; ones that cut a character or leave the text are the client's fault all the same. */
function checkFacets(world: World, text: string, facets: unknown): void {
  if (facets === undefined) return;
  if (!Array.isArray(facets)) bad('Expected array value type at $.record.facets');
  const bytes = Buffer.from(text);
  const starts = (at: number) => at === bytes.length || ((bytes[at] ?? 0x80) & 0xc0) !== 0x80;
  for (const facet of facets as {
    index?: { byteStart?: unknown; byteEnd?: unknown };
    features?: unknown;
  }[]) {
    const [from, to] = [Number(facet.index?.byteStart), Number(facet.index?.byteEnd)];
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0)
      bad('Expected integer value type at $.record.facets[0].index.byteStart');
    if (!(from < to && to <= bytes.length && starts(from) && starts(to)))
      world.complain(
        'bluesky',
        `a facet covers bytes ${from} to ${to} of a text of ${bytes.length}, or cuts a character`,
      );
    for (const feature of (Array.isArray(facet.features) ? facet.features : []) as Json[])
      checkFeature(feature);
  }
}

function checkFeature(feature: Json): void {
  const { uri, tag } = feature;
  switch (feature['$type']) {
    case 'app.bsky.richtext.facet#link':
      if (typeof uri !== 'string' || !/^\w+:(?:\/\/)?[^\s/][^\s]*$/u.test(uri))
        bad('Invalid uri at $.record.facets[0].features[0].uri');
      return;
    case 'app.bsky.richtext.facet#tag':
      if (typeof tag !== 'string' || graphemes(tag) > 64 || Buffer.byteLength(tag) > 640)
        bad('grapheme too big (maximum 64) at $.record.facets[0].features[0].tag');
      return;
    case 'app.bsky.richtext.facet#mention':
      return;
    default:
      bad('Expected one of the known types at $.record.facets[0].features[0]');
  }
}

function checkEmbed(embed: unknown, videoBytes: number): void {
  if (typeof embed !== 'object' || embed === null || (embed as Json)['$type'] !== 'app.bsky.embed.video')
    return;
  const { video, alt, aspectRatio } = embed as { video?: Json; alt?: unknown; aspectRatio?: Json };
  if (video?.['$type'] !== 'blob' || typeof (video['ref'] as Json | undefined)?.['$link'] !== 'string')
    bad('Expected blob value type at $.record.embed.video');
  if (video['mimeType'] !== 'video/mp4')
    bad(`Expected "video/mp4" (got "${video['mimeType']}") at $.record.embed.video`);
  const size = Number(video['size']);
  if (!Number.isInteger(size)) bad('Expected integer value type at $.record.embed.video.size');
  if (size > videoBytes) bad(`blob too big (maximum ${videoBytes}, got ${size}) at $.record.embed.video`);
  if (
    alt !== undefined &&
    (typeof alt !== 'string' || Buffer.byteLength(alt) > 10_000 || graphemes(alt) > 1000)
  )
    bad('grapheme too big (maximum 1000) at $.record.embed.alt');
  for (const side of aspectRatio === undefined ? [] : (['width', 'height'] as const)) {
    const pixels = aspectRatio?.[side];
    if (!Number.isInteger(pixels) || Number(pixels) < 1)
      bad(`integer too small (minimum 1) at $.record.embed.aspectRatio.${side}`);
  }
}
