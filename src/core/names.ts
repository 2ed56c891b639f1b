/** The platforms there are, in the order lists show them. */
export const platformIds = [
  'tiktok',
  'youtube',
  'instagram',
  'x',
  'facebook',
  'threads',
  'bluesky',
  'mastodon',
  'linkedin',
  'pinterest',
  'telegram',
] as const;

export type PlatformId = (typeof platformIds)[number];

export function isPlatformId(text: string): text is PlatformId {
  return (platformIds as readonly string[]).includes(text);
}
