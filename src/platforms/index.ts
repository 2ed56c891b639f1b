import { Failure } from '../core/failure.ts';
import { type PlatformId, platformIds } from '../core/names.ts';
import type { Platform, Service } from '../core/platform.ts';
import type { Source } from '../core/source.ts';
import { bluesky } from './bluesky.ts';
import { facebook } from './facebook.ts';
import { feedSource } from './feed.ts';
import { instagram } from './instagram.ts';
import { linkedin } from './linkedin.ts';
import { mastodon } from './mastodon.ts';
import { pinterest } from './pinterest.ts';
import { telegram } from './telegram.ts';
import { threads } from './threads.ts';
import { tiktokSource } from './tiktok.ts';
import { tiktok } from './tiktok-post.ts';
import { x } from './x.ts';
import { youtube } from './youtube.ts';

/** Every place that can be published to. A new one adds its line here. */
const platforms: Readonly<Partial<Record<PlatformId, Platform>>> = {
  youtube,
  instagram,
  x,
  facebook,
  threads,
  bluesky,
  mastodon,
  linkedin,
  pinterest,
  telegram,
  tiktok,
};

/** Every service one can sign in to. */
const services: Readonly<Partial<Record<PlatformId, Service>>> = { tiktok, ...platforms };

/** Every kind of source. */
const sources: Readonly<Record<string, Source>> = {
  tiktok: tiktokSource,
  feed: feedSource,
};

export const registry = {
  /** Every destination, in the order lists show them. */
  platforms: platformIds.flatMap((id) => platforms[id] ?? []),
  platform: (id: PlatformId) => platforms[id],
  service: (id: PlatformId) => services[id],
  source: (kind: string) => sources[kind],
};

/** A service by its name; throws E_UNKNOWN_PLATFORM. */
export function serviceOf(id: PlatformId): Service {
  const service = services[id];
  if (service) return service;
  throw new Failure('E_UNKNOWN_PLATFORM', {
    message: `repost can’t sign in to ${id}.`,
    hint: `It can sign in to: ${Object.keys(services).join(', ')}.`,
  });
}

/** A destination by its name; throws E_UNKNOWN_PLATFORM. */
export function platformOf(id: PlatformId): Platform {
  const platform = platforms[id];
  if (platform) return platform;
  throw new Failure('E_UNKNOWN_PLATFORM', {
    message: `repost can’t publish to ${id}.`,
    hint: `It can publish to: ${Object.keys(platforms).join(', ')}.`,
  });
}
