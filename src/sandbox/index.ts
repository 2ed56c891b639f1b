import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import { createBluesky } from './bluesky.ts';
import { createBucket } from './bucket.ts';
import { OffsetClock } from './clock.ts';
import { createFacebook } from './facebook.ts';
import { createInstagram } from './instagram.ts';
import { createLinkedin } from './linkedin.ts';
import { createMastodon } from './mastodon.ts';
import { createPinterest } from './pinterest.ts';
import type { Sandbox } from './sandbox.ts';
import { createSandbox } from './sandbox.ts';
import type { SandboxServer } from './server.ts';
import { serveSandbox } from './server.ts';
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
  createThreads,
  createBucket,
  createLinkedin,
  createPinterest,
];

/** All platforms on one loopback port, on a clock that `POST /_control/clock` moves ahead of the given one. */
export async function startSandbox(
  options: { clock?: Clock; seed?: number; port?: number } = {},
): Promise<SandboxServer & { sandbox: Sandbox }> {
  const { clock = systemClock, seed = 1, port = 0 } = options;
  const sandbox = createSandbox({ clock: new OffsetClock(clock), seed, simulators });
  return { ...(await serveSandbox(sandbox, { port })), sandbox };
}
