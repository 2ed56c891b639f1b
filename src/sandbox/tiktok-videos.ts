import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SECOND } from '../core/clock.ts';
import type { TiktokQuirks } from './tiktok-quirks.ts';
import type { SimAccount, SimPost, World } from './types.ts';

/** A video on the simulated TikTok. */
export interface TiktokVideo {
  id: string;
  accountId: string;
  /** Unix seconds. */
  createTime: number;
  caption: string;
  durationSeconds: number;
  width: number;
  height: number;
  aiGenerated: boolean;
  /** Moment of the picture that is its cover. */
  coverMs: number;
  kind: 'video' | 'photo';
  public: boolean;
  deleted: boolean;
  views: number;
  likes: number;
  comments: number;
  shares: number;
  /** Epoch ms from which on the API shows it. */
  listedAt: number;
  sha256?: string;
  bytes: number;
}

export interface TiktokVideos {
  /** All of an account's, newest first, deleted and private ones included. */
  of(accountId: string): TiktokVideo[];
  find(id: string): TiktokVideo | undefined;
  /** True where a stranger sees it. */
  shown(video: TiktokVideo): boolean;
  page(video: TiktokVideo): string;
  posts(): SimPost[];
  publish(input: unknown): { id: string; url: string; createTime: number };
  publishMany(input: unknown): { ids: string[] };
  /** A video that a program posts: hidden until it is made public. */
  post(accountId: string, looks: Partial<TiktokVideo>, bytes: Buffer): TiktokVideo;
  change(input: unknown, change: (video: TiktokVideo, input: Record<string, unknown>) => void): void;
  account(name: unknown): SimAccount;
}

export function createVideos(world: World, quirks: TiktokQuirks): TiktokVideos {
  const byId = new Map<string, TiktokVideo>();
  let sequence = 0n;

  function account(name: unknown): SimAccount {
    const wanted = name ?? '@creator';
    const found = world.accounts('tiktok').find(({ id, handle }) => wanted === id || wanted === handle);
    if (!found) throw new Error(`TikTok has no account ${String(wanted)}`);
    return found;
  }

  /** The upper half of a TikTok id is the second of its making. */
  function freshId(createTime: number): string {
    sequence += 1n;
    return ((BigInt(createTime) << 32n) + sequence * 4096n + 123n).toString();
  }

  function publish(input: unknown): { id: string; url: string; createTime: number } {
    const wish = (input ?? {}) as Record<string, unknown>;
    const createTime = numberOr(wish['createTime'], Math.floor(world.clock.now() / SECOND));
    const file = typeof wish['file'] === 'string' ? readFileSync(wish['file']) : undefined;
    const video: TiktokVideo = {
      ...looksOf(wish),
      id: freshId(createTime),
      accountId: account(wish['account']).id,
      createTime,
      listedAt: world.clock.now() + quirks.listDelaySeconds * SECOND,
      ...(file ? { sha256: world.keepMedia(file) } : {}),
      bytes: file?.length ?? 0,
    };
    byId.set(video.id, video);
    return { id: video.id, url: page(video), createTime };
  }

  function page(video: TiktokVideo): string {
    const owner = account(video.accountId).handle;
    return `https://www.tiktok.com/${owner}/${video.kind}/${video.id}`;
  }

  return {
    of: (accountId) => [...byId.values()].filter((video) => video.accountId === accountId).sort(newestFirst),
    find: (id) => byId.get(id),
    shown: (video) => video.public && !video.deleted,
    page,
    account,
    publish,
    post(accountId, looks, bytes) {
      const createTime = Math.floor(world.clock.now() / SECOND);
      const video: TiktokVideo = {
        ...looksOf({ private: true }),
        ...looks,
        id: freshId(createTime),
        accountId,
        createTime,
        listedAt: world.clock.now() + quirks.listDelaySeconds * SECOND,
        sha256: world.keepMedia(bytes),
        bytes: bytes.length,
      };
      byId.set(video.id, video);
      return video;
    },
    publishMany(input) {
      const wish = (input ?? {}) as Record<string, unknown>;
      const count = numberOr(wish['count'], 10);
      const every = numberOr(wish['everySeconds'], 3600);
      const newest = numberOr(wish['createTime'], Math.floor(world.clock.now() / SECOND));
      const ids: string[] = [];
      for (let n = count - 1; n >= 0; n -= 1)
        ids.push(publish({ caption: `Video ${count - n}`, ...wish, createTime: newest - n * every }).id);
      return { ids };
    },
    change(input, change) {
      const wish = (input ?? {}) as Record<string, unknown>;
      const video = byId.get(String(wish['id']));
      if (!video) throw new Error(`TikTok has no video ${String(wish['id'])}`);
      change(video, wish);
    },
    posts: () =>
      [...byId.values()]
        .filter((video) => !video.deleted)
        .sort(newestFirst)
        .map((video) => postOf(video, page(video))),
  };
}

const newestFirst = (one: TiktokVideo, other: TiktokVideo) =>
  other.createTime - one.createTime || (BigInt(other.id) > BigInt(one.id) ? 1 : -1);

function postOf(video: TiktokVideo, url: string): SimPost {
  const { kind, durationSeconds, aiGenerated, coverMs } = video;
  return {
    platform: 'tiktok',
    accountId: video.accountId,
    id: video.id,
    url,
    text: video.caption,
    sha256: video.sha256 ?? '',
    bytes: video.bytes,
    visible: video.public,
    publishedAt: video.createTime * SECOND,
    facts: { kind, durationSeconds, aiGenerated, coverMs },
  };
}

/** What the lever's wish says about a video, and what it is where the wish is silent. */
function looksOf(wish: Readonly<Record<string, unknown>>) {
  const kind = wish['kind'] === 'photo' ? ('photo' as const) : ('video' as const);
  return {
    kind,
    caption: typeof wish['caption'] === 'string' ? wish['caption'] : '',
    durationSeconds: kind === 'photo' ? 0 : numberOr(wish['durationSeconds'], 15),
    width: numberOr(wish['width'], 576),
    height: numberOr(wish['height'], 1024),
    aiGenerated: wish['aiGenerated'] === true,
    coverMs: numberOr(wish['coverMs'], 0),
    public: wish['private'] !== true,
    deleted: false,
    views: numberOr(wish['views'], 99),
    likes: numberOr(wish['likes'], 5),
    comments: numberOr(wish['comments'], 0),
    shares: numberOr(wish['shares'], 1),
  };
}

function numberOr(value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new Error(`${JSON.stringify(value)} is no whole number`);
  return value;
}

/** A signature over what a signed address names: enough to tell a made-up address from one that was given out. */
export function sign(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 28);
}
