import { HOUR, SECOND } from '../core/clock.ts';
import type { TiktokGrant } from './tiktok-login.ts';
import type { TiktokQuirks } from './tiktok-quirks.ts';
import type { TiktokVideo, TiktokVideos } from './tiktok-videos.ts';
import { sign } from './tiktok-videos.ts';
import type { World } from './types.ts';

interface Shown {
  world: World;
  quirks: TiktokQuirks;
  videos: TiktokVideos;
}

/** Fields of a user and the scope that each needs: https://developers.tiktok.com/doc/tiktok-api-v2-get-user-info */
export const userFields: Readonly<Record<string, string>> = {
  open_id: 'user.info.basic',
  union_id: 'user.info.basic',
  avatar_url: 'user.info.basic',
  avatar_url_100: 'user.info.basic',
  avatar_large_url: 'user.info.basic',
  display_name: 'user.info.basic',
  bio_description: 'user.info.profile',
  profile_deep_link: 'user.info.profile',
  profile_web_link: 'user.info.profile',
  is_verified: 'user.info.profile',
  username: 'user.info.profile',
  follower_count: 'user.info.stats',
  following_count: 'user.info.stats',
  likes_count: 'user.info.stats',
  video_count: 'user.info.stats',
};

/** https://developers.tiktok.com/docs/en/tiktok-api-v2-video-object (2026-08-24) */
export const videoFields: readonly string[] = [
  'id',
  'create_time',
  'cover_image_url',
  'share_url',
  'video_description',
  'duration',
  'height',
  'width',
  'title',
  'embed_html',
  'embed_link',
  'like_count',
  'comment_count',
  'share_count',
  'view_count',
  'is_aigc',
];

export function pick(
  all: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field, all[field]]));
}

/** A user with all fields there are. */
export function userObject({ videos }: Shown, grant: TiktokGrant): Record<string, unknown> {
  const { id, handle, name } = videos.account(grant.accountId);
  const username = handle.slice(1);
  const avatar = `https://p16-sign.tiktokcdn-us.com/avatar/${username}.jpeg`;
  return {
    open_id: grant.openId,
    union_id: id,
    avatar_url: avatar,
    avatar_url_100: avatar,
    avatar_large_url: avatar,
    display_name: name,
    bio_description: '',
    profile_deep_link: `https://vm.tiktok.com/${username}/`,
    profile_web_link: `https://www.tiktok.com/${handle}`,
    is_verified: false,
    username,
    follower_count: 1234,
    following_count: 12,
    likes_count: 4321,
    video_count: videos.of(id).filter(videos.shown).length,
  };
}

/** Covers can be fetched for six hours: https://developers.tiktok.com/docs/en/tiktok-api-v2-video-object */
const COVER_TTL_MS = 6 * HOUR;

/** A video as the API shows it, only with the wanted fields. */
export function videoObject(
  { world, quirks, videos }: Shown,
  grant: TiktokGrant,
  video: TiktokVideo,
  fields: readonly string[],
): Record<string, unknown> {
  const caption = quirks.cut150 ? [...video.caption].slice(0, 150).join('') : video.caption;
  const expires = Math.floor((world.clock.now() + COVER_TTL_MS) / SECOND);
  const player = `https://www.tiktok.com/player/v1/${video.id}?music_info=1&description=1`;
  const all: Record<string, unknown> = {
    id: video.id,
    create_time: video.createTime,
    cover_image_url: `https://p16-sign.tiktokcdn-us.com/tos-sandbox/${video.id}~tplv-noop.image?x-expires=${expires}&x-signature=${sign('cover', video.id, expires)}`,
    share_url: `${videos.page(video)}?utm_campaign=tt4d_open_api&utm_source=${grant.clientKey}`,
    video_description: caption,
    duration: video.durationSeconds,
    height: video.height,
    width: video.width,
    title: caption,
    embed_html: `<iframe src="${player}"></iframe>`,
    embed_link: player,
    like_count: video.likes,
    comment_count: video.comments,
    share_count: video.shares,
    view_count: video.views,
    is_aigc: video.aiGenerated,
  };
  const wanted = pick(all, fields);
  const kept = quirks.omitEmptyFields
    ? Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== '' && value !== 0))
    : wanted;
  return quirks.extraFields ? { ...kept, experimental_label: null } : kept;
}
