import { SECOND } from './clock.ts';
import type { SourceItem, Video } from './video.ts';

/** A post as TikTok's data export tells of it. There is no video id in it. */
export interface PastPost {
  /** Epoch ms; the export has whole seconds. */
  postedAt: number;
  caption: string;
  photo: boolean;
  /** Undefined where the export does not say. */
  visibility?: 'public' | 'other';
  aiGenerated?: boolean;
}

/** Dates of the export and of the API differ by up to two seconds; there is no id to join by. */
const JOIN_TOLERANCE_MS = 2 * SECOND;

/** What an imported video is called until its source shows it under its own id. */
const IMPORTED = 'export-';

export function isImported({ remoteId }: Pick<Video, 'remoteId'>): boolean {
  return remoteId.startsWith(IMPORTED);
}

/** The API cuts captions at 150 characters; an export of an old kind has none. */
export function isSameText(one: string, other: string): boolean {
  const [first, second] = [one, other].map((text) => text.trim().replace(/…$/u, ''));
  if (!first || !second) return false;
  return first.startsWith(second) || second.startsWith(first);
}

type Dated = { at: number; caption: string };

/**
 * Which of these and those are the same post: by their second, and by their text where several are of it. Nothing is
 * guessed: what could be several is `unclear`. Pure.
 */
export function joinByDate<A, B>(
  ones: readonly A[],
  others: readonly B[],
  datedOne: (one: A) => Dated,
  datedOther: (other: B) => Dated,
): { pairs: Map<A, B>; unclear: Set<A> } {
  const bySecond = new Map<number, B[]>();
  for (const other of others) {
    const second = Math.floor(datedOther(other).at / SECOND);
    const there = bySecond.get(second);
    if (there) there.push(other);
    else bySecond.set(second, [other]);
  }
  const candidates = new Map(ones.map((one) => [one, nearOnes(datedOne(one), bySecond, datedOther)]));
  const wooers = new Map<B, number>();
  for (const near of candidates.values())
    for (const other of near) wooers.set(other, (wooers.get(other) ?? 0) + 1);
  const pairs = new Map<A, B>();
  const taken = new Set<B>();
  const unclear = new Set<A>();
  for (const [one, near] of candidates) {
    const [only] = near;
    const alone = near.length === 1 && only !== undefined && wooers.get(only) === 1;
    const alike = near.filter((other) => isSameText(datedOne(one).caption, datedOther(other).caption));
    const match = alone ? only : alike.length === 1 ? alike[0] : undefined;
    if (match !== undefined && !taken.has(match)) {
      taken.add(match);
      pairs.set(one, match);
    } else if (near.length > 0) unclear.add(one);
  }
  return { pairs, unclear };
}

function nearOnes<B>({ at }: Dated, bySecond: ReadonlyMap<number, B[]>, dated: (other: B) => Dated): B[] {
  const near: B[] = [];
  const reach = Math.ceil(JOIN_TOLERANCE_MS / SECOND) + 1;
  const second = Math.floor(at / SECOND);
  for (let ahead = -reach; ahead <= reach; ahead += 1)
    for (const other of bySecond.get(second + ahead) ?? [])
      if (Math.abs(dated(other).at - at) <= JOIN_TOLERANCE_MS) near.push(other);
  return near;
}

/** Posts as items of their source, under names that stay the same however often the file is read. */
export function importedItems(posts: readonly PastPost[]): Map<PastPost, SourceItem> {
  const items = new Map<PastPost, SourceItem>();
  const used = new Map<number, number>();
  const inOrder = [...posts].sort((a, b) => a.postedAt - b.postedAt || (a.caption < b.caption ? -1 : 1));
  for (const post of inOrder) {
    const second = Math.floor(post.postedAt / SECOND);
    const number = (used.get(second) ?? 0) + 1;
    used.set(second, number);
    items.set(post, {
      remoteId: `${IMPORTED}${second}${number === 1 ? '' : `-${number}`}`,
      url: '',
      caption: post.caption,
      publishedAt: post.postedAt,
      kind: post.photo ? 'photo' : 'video',
      ...(post.aiGenerated === undefined ? {} : { aiGenerated: post.aiGenerated }),
      facts: { imported: true },
    });
  }
  return items;
}

/** Items that a source shows for the first time and that an import brought before: they are the same videos. */
export function recognised<V extends Pick<Video, 'remoteId' | 'publishedAt' | 'caption'>>(
  items: readonly SourceItem[],
  stored: readonly V[],
): Map<SourceItem, V> {
  const dated = ({ publishedAt, caption }: Pick<Video, 'publishedAt' | 'caption'>) => ({
    at: publishedAt,
    caption,
  });
  const imported = stored.filter(isImported);
  if (imported.length === 0 || items.length === 0) return new Map();
  return joinByDate(items, imported, dated, dated).pairs;
}
