import type { MediaVerdict } from './foresee.ts';
import type { PlatformId } from './names.ts';
import { type Rule, specOf } from './rule.ts';

/** Something that has cost others an account, money or a post. Said once; `repost warnings silence` ends it. */
export const warningTexts = {
  'shorts-music':
    'YouTube blocks Shorts of more than a minute worldwide where a song in them is claimed. Keep them at 60 s (maxDuration: 60s), or use music that you may use: https://support.google.com/youtube/answer/15424877',
  'google-unaudited':
    'YouTube locks uploads of a Google project that has not passed its API audit to private. Ask for the audit; once it is passed, silence this: https://support.google.com/youtube/contact/yt_api_form',
  'meta-development':
    'While a Meta app is in development mode, only people with a role in it see what it posts. Switch it to Live in Meta’s developer console: https://developers.facebook.com/docs/development/build-and-test/app-modes',
  watermark:
    'Instagram and YouTube show videos with another service’s watermark to fewer people. Keep the originals in a folder (media: folder:DIR); what TikTok’s own app saves carries its mark.',
  'x-links':
    'A post with a link costs 0.200 US dollars on X instead of 0.015. Set links: defuse or strip, or a monthly maximum: repost limits set ACCOUNT money 5.00. https://docs.x.com/x-api/getting-started/pricing',
  'cut-length':
    'A video that is longer than the platform allows is cut at its end, by your rule (tooLong: trim). With tooLong: skip it is left out there.',
} as const;

export type WarningKey = keyof typeof warningTexts;

export function isWarningKey(text: string): text is WarningKey {
  return Object.hasOwn(warningTexts, text);
}

const metaPlatforms: readonly PlatformId[] = ['instagram', 'facebook', 'threads'];

/** What should be known before a rule is used. Pure. */
export function warningsOfRule(
  rule: Pick<Rule, 'media' | 'spec' | 'destinations'>,
  platforms: readonly PlatformId[],
): WarningKey[] {
  const found: WarningKey[] = [];
  if (platforms.includes('youtube')) found.push('google-unaudited');
  if (platforms.some((id) => metaPlatforms.includes(id))) found.push('meta-development');
  if (rule.media.some(({ kind }) => kind === 'yt-dlp')) found.push('watermark');
  if (platforms.includes('x') && rule.destinations.some(({ options }) => options['links'] === 'keep'))
    found.push('x-links');
  if (specOf(rule).tooLong === 'trim') found.push('cut-length');
  return found;
}

/** YouTube takes upright videos up to three minutes as Shorts; the claims' rule begins after one. */
const SHORT_FROM_SECONDS = 60;
const SHORT_TO_SECONDS = 180;

/** What should be known before one post goes out. Pure. `linked`: its price is that of a post with a link. */
export function warningsOfPost(post: {
  platform: PlatformId;
  durationSeconds: number | undefined;
  media: MediaVerdict;
  tooLong: string | undefined;
  linked: boolean;
}): WarningKey[] {
  const { platform, durationSeconds = 0, media, tooLong, linked } = post;
  const found: WarningKey[] = [];
  if (platform === 'youtube' && durationSeconds > SHORT_FROM_SECONDS && durationSeconds <= SHORT_TO_SECONDS)
    found.push('shorts-music');
  if (platform === 'x' && linked) found.push('x-links');
  const cut = media.problems.some((problem) => problem.startsWith('length:'));
  if (cut && tooLong === 'trim' && media.verdict === 'is made to fit') found.push('cut-length');
  return found;
}
