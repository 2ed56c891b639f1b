import type { PlatformId } from '../core/names.ts';
import type { Platform } from '../core/platform.ts';

/** Every platform, each in parts of its own: whoever looks at one job or one account wants no more. */
const loads: Readonly<Record<PlatformId, () => Promise<Platform>>> = {
  youtube: async () => (await import('./youtube.ts')).youtube,
  instagram: async () => (await import('./instagram.ts')).instagram,
  x: async () => (await import('./x.ts')).x,
  facebook: async () => (await import('./facebook.ts')).facebook,
  threads: async () => (await import('./threads.ts')).threads,
  bluesky: async () => (await import('./bluesky.ts')).bluesky,
  mastodon: async () => (await import('./mastodon.ts')).mastodon,
  linkedin: async () => (await import('./linkedin.ts')).linkedin,
  pinterest: async () => (await import('./pinterest.ts')).pinterest,
  telegram: async () => (await import('./telegram.ts')).telegram,
  tiktok: async () => (await import('./tiktok-post.ts')).tiktok,
};

/** A platform by its name, loaded without the others. */
export const loadPlatform = (id: PlatformId): Promise<Platform> => loads[id]();
