import { type Clock, SECOND } from '../../../src/core/clock.ts';
import type { Told } from './server.ts';

export interface LeanVideo {
  id: string;
  accountId: string;
  /** Epoch ms, whole seconds. */
  createdAt: number;
  /** Since when it is there to be seen. */
  listedAt: number;
  shown: boolean;
  /** Once hidden by its owner. */
  hidden: boolean;
}

/** The videos of the simulated source. */
export interface Videos {
  all: LeanVideo[];
  /** A new one, made `ageMs` ago; it is listed from now on. */
  publish(accountId: string, ageMs: number): LeanVideo;
  hide(video: LeanVideo): void;
  page(accountId: string, after: number): Told;
  one(id: string): Told;
}

const PAGE = 40;

export function createVideos(clock: Clock): Videos {
  const all: LeanVideo[] = [];
  const byAccount = new Map<string, LeanVideo[]>();
  let sequence = 0;

  return {
    all,
    publish(accountId, ageMs) {
      sequence += 1;
      const createdAt = Math.floor((clock.now() - ageMs) / SECOND) * SECOND;
      // As TikTok's ids: the second above 32 bits, and never through a float.
      const id = ((BigInt(createdAt / SECOND) << 32n) + BigInt(sequence)).toString();
      const video = { id, accountId, createdAt, listedAt: clock.now(), shown: true, hidden: false };
      all.push(video);
      const own = byAccount.get(accountId) ?? [];
      own.push(video);
      own.sort((one, other) => other.createdAt - one.createdAt);
      byAccount.set(accountId, own);
      return video;
    },
    hide(video) {
      video.shown = false;
      video.hidden = true;
    },
    page(accountId, after) {
      const own = byAccount.get(accountId) ?? [];
      const items = own.slice(after, after + PAGE).filter(({ shown }) => shown);
      const next = after + PAGE < own.length ? after + PAGE : undefined;
      return {
        status: 200,
        body: { videos: items.map(({ id, createdAt }) => ({ id, createdAt })), ...(next ? { next } : {}) },
      };
    },
    one: (id) => ({ status: 200, body: { shown: all.some((video) => video.id === id && video.shown) } }),
  };
}
