import { quirkSetter } from './quirks.ts';

/** What LinkedIn does in one way today and in another tomorrow, and what it may do on a bad day. */
export interface LinkedinQuirks {
  /** How long a new token is refused as revoked. */
  tokenRefusedSeconds: number;
  accessSeconds: number;
  codeSeconds: number;
  /** True: an approved partner's app gets refresh tokens, whose end no use puts off. */
  partner: boolean;
  scopeSeparator: ',' | ' ';
  /** Versions of the API that are taken, oldest and newest. */
  oldestVersion: string;
  newestVersion: string;
  partBytes: number;
  /** True: parts of different sizes, listed out of order. */
  unevenParts: boolean;
  uploadToken: string;
  uploadSeconds: number;
  etag: 'quoted' | 'plain' | 'path';
  /** Smaller files are refused: https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/videos-api */
  leastBytes: number;
  processingSeconds: number;
  /** What becomes of the next `processingTimes` videos. */
  processing: 'available' | 'failed' | 'stuck';
  processingTimes: number;
  /** False: an app may not read the videos that it uploads. */
  readsVideos: boolean;
  /** True: a post on a video that is still processed is taken, and seen once the video is ready. */
  postsEarly: boolean;
  idHeader: 'x-restli-id' | 'x-linkedin-id';
  urnKind: 'share' | 'ugcPost';
  /** How long the same words of the same author are taken for a duplicate. */
  duplicateHours: number;
  /** False: only with the same video. */
  duplicateAcrossMedia: boolean;
  /** True: a duplicate is told with the URN of a post that isn't there. */
  ghostUrns: boolean;
  /** How long a new post is missing in the author's list. */
  listSeconds: number;
  /** True: a member's app may read a post that it names. */
  readsNamedPosts: boolean;
  /** The next `limitedTimes` calls of the API get a 429 of this kind. */
  limited: 'no' | 'resource' | 'protection';
  limitedTimes: number;
}

/** The worst that is legal, where it costs the client nothing but care. */
export const usualQuirks: Readonly<LinkedinQuirks> = {
  tokenRefusedSeconds: 0,
  accessSeconds: 5_184_000,
  codeSeconds: 1800,
  partner: false,
  scopeSeparator: ',',
  oldestVersion: '202508',
  newestVersion: '202607',
  partBytes: 4 * 2 ** 20,
  unevenParts: true,
  uploadToken: '',
  uploadSeconds: 86_400,
  etag: 'quoted',
  leastBytes: 75_000,
  processingSeconds: 20,
  processing: 'available',
  processingTimes: 0,
  readsVideos: true,
  postsEarly: false,
  idHeader: 'x-restli-id',
  urnKind: 'ugcPost',
  duplicateHours: 24,
  duplicateAcrossMedia: true,
  ghostUrns: false,
  listSeconds: 20,
  readsNamedPosts: false,
  limited: 'no',
  limitedTimes: 0,
};

export const setQuirks = quirkSetter(usualQuirks);
