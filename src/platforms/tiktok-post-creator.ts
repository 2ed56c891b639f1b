import { SECOND } from '../core/clock.ts';
import { asFailure, Failure } from '../core/failure.ts';
import type { PublishRequest } from '../core/platform.ts';
import { coverSecondsOf } from './cover.ts';
import { API, ask } from './tiktok-answers.ts';
import { calls } from './tiktok-post-rules.ts';

/** What the account may post right now: https://developers.tiktok.com/doc/content-posting-api-reference-query-creator-info */
export interface Creator {
  username: string | null;
  privacyLevels: readonly string[];
  commentDisabled: boolean;
  duetDisabled: boolean;
  stitchDisabled: boolean;
}

/** A direct post's own words and switches, as TikTok spells them. */
export interface PostInfo {
  title: string;
  privacy_level: string;
  disable_comment: boolean;
  disable_duet: boolean;
  disable_stitch: boolean;
  is_aigc?: true;
  brand_organic_toggle?: true;
  brand_content_toggle?: true;
  video_cover_timestamp_ms?: number;
}

export const ONLY_ME = 'SELF_ONLY';
export const EVERYBODY = 'PUBLIC_TO_EVERYONE';

const levels: Readonly<Record<string, string>> = {
  public: EVERYBODY,
  followers: 'FOLLOWER_OF_CREATOR',
  friends: 'MUTUAL_FOLLOW_FRIENDS',
  self: ONLY_ME,
};

/** TikTok wants it to be asked before every post. Throws E_MEDIA_UNFIT where the video is too long for the account. */
export async function readCreator({ http, media, signal }: PublishRequest): Promise<Creator> {
  const info = await ask<Readonly<Record<string, unknown>>>(http, calls.creator, {
    url: `${API}/post/publish/creator_info/query/`,
    json: {},
    signal,
  });
  const most = info['max_video_post_duration_sec'];
  if (typeof most === 'number' && most > 0 && media.durationMs > (most + 1) * SECOND)
    throw new Failure('E_MEDIA_UNFIT', {
      certain: true,
      message: `The video is ${Math.ceil(media.durationMs / SECOND)} s long; TikTok takes ${most} s at most from this account.`,
      hint: 'Let the rule shorten it (--too-long trim), or skip it.',
    });
  const options = info['privacy_level_options'];
  const username = info['creator_username'];
  return {
    username: typeof username === 'string' && /^[\w.]+$/u.test(username) ? username : null,
    privacyLevels: Array.isArray(options) ? options.map(String) : [],
    commentDisabled: info['comment_disabled'] === true,
    duetDisabled: info['duet_disabled'] === true,
    stitchDisabled: info['stitch_disabled'] === true,
  };
}

export function postInfoOf({ text, video, media, options }: PublishRequest, creator: Creator): PostInfo {
  const level = levelFor(options['privacy'], creator);
  const paid = options['paidPartnership'] === true;
  const cover = coverSecondsOf(options);
  if (paid && level === ONLY_ME)
    throw new Failure('E_REFUSED', {
      certain: true,
      message: 'TikTok takes no paid partnership that only its creator can see.',
      hint: 'Choose another audience (--option tiktok.privacy=…), then retry.',
    });
  return {
    title: text.body,
    privacy_level: level,
    disable_comment: creator.commentDisabled || options['comments'] === false,
    disable_duet: creator.duetDisabled || options['duets'] === false,
    disable_stitch: creator.stitchDisabled || options['stitches'] === false,
    ...(video.aiGenerated === true ? { is_aigc: true } : {}),
    ...(options['ownBrand'] === true ? { brand_organic_toggle: true } : {}),
    ...(paid ? { brand_content_toggle: true } : {}),
    ...(cover === undefined ? {} : { video_cover_timestamp_ms: coverMs(cover, media.durationMs) }),
  };
}

/** A moment past the end counts as none, and the first picture would be taken. */
function coverMs(seconds: number, durationMs: number): number {
  return Math.floor(Math.max(0, Math.min(seconds * SECOND, durationMs - SECOND / 5)));
}

/** A wish that can't be granted is said; without one, as many people as may be. */
function levelFor(wish: unknown, { privacyLevels }: Creator): string {
  const wanted = typeof wish === 'string' && wish !== 'auto' ? levels[wish] : undefined;
  const order = wanted === undefined ? [EVERYBODY, 'FOLLOWER_OF_CREATOR', ONLY_ME] : [wanted];
  const level = order.find((one) => privacyLevels.includes(one));
  if (level !== undefined) return level;
  const offered = Object.entries(levels).filter(([, name]) => privacyLevels.includes(name));
  throw new Failure('E_REFUSED', {
    certain: true,
    message: `TikTok offers this account other audiences: ${offered.map(([name]) => name).join(', ') || 'none'}.`,
    hint: 'Choose one of them with --option tiktok.privacy=…, then retry.',
  });
}

/**
 * Sends with what the rule left open narrowed down to what an app without TikTok's audit may do: it is shown every
 * audience and refused all but one.
 */
export async function withAudience<T>(
  { options }: PublishRequest,
  info: PostInfo,
  send: (info: PostInfo) => Promise<T>,
): Promise<T> {
  try {
    return await send(info);
  } catch (error) {
    const open = (options['privacy'] ?? 'auto') === 'auto' && info.privacy_level !== ONLY_ME;
    if (!open || info.brand_content_toggle || asFailure(error).code !== 'E_APP_SETUP') throw error;
    return await send({ ...info, privacy_level: ONLY_ME });
  }
}
