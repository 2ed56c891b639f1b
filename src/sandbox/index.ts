import { createBluesky } from './bluesky.ts';
import { createBucket } from './bucket.ts';
import { createFacebook } from './facebook.ts';
import { createInstagram } from './instagram.ts';
import { createLinkedin } from './linkedin.ts';
import { createMastodon } from './mastodon.ts';
import { createPinterest } from './pinterest.ts';
import { createTelegram } from './telegram.ts';
import { createThreads } from './threads.ts';
import { createTiktok } from './tiktok.ts';
import type { SimulatorFactory } from './types.ts';
import { createX } from './x.ts';
import { createYoutube } from './youtube.ts';

/** The simulated platforms: each adds its line. */
export const simulators: readonly SimulatorFactory[] = [
  createTiktok,
  createInstagram,
  createFacebook,
  createYoutube,
  createX,
  createBluesky,
  createTelegram,
  createMastodon,
  createLinkedin,
  createPinterest,
  createThreads,
  createBucket,
];
