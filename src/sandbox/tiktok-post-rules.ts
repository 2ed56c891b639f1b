import { ApiError } from './tiktok-api.ts';
import type { TiktokQuirks } from './tiktok-quirks.ts';
import type { SimAccount } from './types.ts';

/** What an account may post; its settings: `private`, `commentDisabled`, `duetDisabled`, `stitchDisabled`, `maxSeconds`. */
export interface Creator {
  privacyLevels: string[];
  commentDisabled: boolean;
  duetDisabled: boolean;
  stitchDisabled: boolean;
  maxSeconds: number;
}

/** What a direct post shall be. */
export interface PostWish {
  title: string;
  privacy: string;
  aiGenerated: boolean;
  /** Moment of the picture that becomes the cover. */
  coverMs: number;
}

/** How the file comes: https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide */
export interface Plan {
  size: number;
  chunkSize: number;
  count: number;
}

const invalid = (message: string) => new ApiError(400, 'invalid_params', message);

export function creatorOf({ settings }: SimAccount, quirks: TiktokQuirks): Creator {
  const isPrivate = settings['private'] === true;
  const all = [
    isPrivate ? 'FOLLOWER_OF_CREATOR' : 'PUBLIC_TO_EVERYONE',
    'MUTUAL_FOLLOW_FRIENDS',
    'SELF_ONLY',
  ];
  const seesAll = quirks.audited || quirks.unauditedSeesAll;
  const { maxSeconds } = settings;
  return {
    privacyLevels: seesAll ? all : ['SELF_ONLY'],
    commentDisabled: settings['commentDisabled'] === true,
    duetDisabled: isPrivate || settings['duetDisabled'] === true,
    stitchDisabled: isPrivate || settings['stitchDisabled'] === true,
    maxSeconds: typeof maxSeconds === 'number' ? maxSeconds : 600,
  };
}

export function checkPostInfo(value: unknown, account: SimAccount, quirks: TiktokQuirks): PostWish {
  if (typeof value !== 'object' || value === null) throw invalid('post_info is required.');
  const info = value as Record<string, unknown>;
  const creator = creatorOf(account, quirks);
  const title = info['title'] ?? '';
  if (typeof title !== 'string' || title.length > 2200) throw invalid('The title is too long.');
  const privacy = info['privacy_level'];
  if (typeof privacy !== 'string') throw invalid('privacy_level is required.');
  if (!creator.privacyLevels.includes(privacy))
    throw new ApiError(
      403,
      'privacy_level_option_mismatch',
      'The privacy level is not one of the creator’s options.',
    );
  // What an unaudited app posts is for its owner's eyes only, and the account must be private besides.
  if (!quirks.audited && (privacy !== 'SELF_ONLY' || account.settings['private'] !== true))
    throw new ApiError(
      403,
      'unaudited_client_can_only_post_to_private_accounts',
      'Please review our integration guidelines at https://developers.tiktok.com/doc/content-sharing-guidelines/',
    );
  for (const [name, disabled] of [
    ['disable_comment', creator.commentDisabled],
    ['disable_duet', creator.duetDisabled],
    ['disable_stitch', creator.stitchDisabled],
  ] as const)
    if (disabled && info[name] !== true) throw invalid(`${name} must be true for this creator.`);
  if (info['brand_content_toggle'] === true && privacy === 'SELF_ONLY')
    throw invalid('Branded content visibility cannot be set to private.');
  const cover = info['video_cover_timestamp_ms'];
  if (cover !== undefined && !(Number.isInteger(cover) && Number(cover) >= 0))
    throw invalid('video_cover_timestamp_ms must be a whole number.');
  return { title, privacy, aiGenerated: info['is_aigc'] === true, coverMs: Number(cover ?? 0) };
}

/** Both readings of a megabyte are kept to: the bounds are the narrower ones. */
const LEAST_CHUNK = 5 * 2 ** 20;
const MOST_CHUNK = 64_000_000;
const MOST_LAST_CHUNK = 128_000_000;
const MUST_BE_WHOLE = 5_000_000;
const MOST_BYTES = 4 * 2 ** 30;

export function checkSource(value: unknown): Plan {
  if (typeof value !== 'object' || value === null) throw invalid('source_info is required.');
  const {
    source,
    video_size: size,
    chunk_size: chunkSize,
    total_chunk_count: count,
  } = value as Record<string, unknown>;
  if (source !== 'FILE_UPLOAD') throw invalid('The source is not supported here.');
  if (!isWhole(size) || size > MOST_BYTES) throw invalid('The video size is invalid.');
  if (!isWhole(chunkSize)) throw invalid('The chunk size is invalid.');
  if (!isWhole(count) || count > 1000 || count !== Math.floor(size / chunkSize))
    throw invalid('The total chunk count is invalid.');
  const last = size - (count - 1) * chunkSize;
  // Since August 2026 a lone chunk must be the whole file: https://github.com/DayMoonDevelopment/post-for-me/issues/327
  const fits =
    count === 1
      ? chunkSize === size && size <= MOST_CHUNK
      : size >= MUST_BE_WHOLE &&
        chunkSize >= LEAST_CHUNK &&
        chunkSize <= MOST_CHUNK &&
        last <= MOST_LAST_CHUNK;
  if (!fits) throw invalid('The chunk size is invalid.');
  return { size, chunkSize, count };
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
