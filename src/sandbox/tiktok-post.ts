import { DAY } from '../core/clock.ts';
import type { Endpoint } from './tiktok-api.ts';
import { ApiError, jsonBody, longId } from './tiktok-api.ts';
import type { TiktokGrant } from './tiktok-login.ts';
import { checkPostInfo, checkSource, creatorOf } from './tiktok-post-rules.ts';
import type { Uploads } from './tiktok-post-uploads.ts';
import type { TiktokQuirks } from './tiktok-quirks.ts';
import type { TiktokVideos } from './tiktok-videos.ts';
import type { SimRequest, World } from './types.ts';

export interface PostPieces {
  world: World;
  quirks: TiktokQuirks;
  videos: TiktokVideos;
  uploads: Uploads;
}

/**
 * The Content Posting API as far as videos from files go: what the creator may post, direct posts and drafts in the
 * inbox, their status. Built from https://developers.tiktok.com/doc/content-posting-api-reference-direct-post,
 * …-reference-upload-video, …-reference-get-video-status and …-media-transfer-guide.
 */
export function postEndpoints(pieces: PostPieces): Readonly<Record<string, Endpoint>> {
  const { world } = pieces;
  return {
    '/v2/post/publish/creator_info/query/': {
      method: 'POST',
      perMinute: 20,
      answer: (grant) => creatorInfo(pieces, grant),
    },
    '/v2/post/publish/video/init/': {
      method: 'POST',
      perMinute: 6,
      answer: (grant, request) => init(pieces, grant, jsonBody(world, request), 'direct'),
    },
    '/v2/post/publish/inbox/video/init/': {
      method: 'POST',
      perMinute: 6,
      answer: (grant, request) => init(pieces, grant, jsonBody(world, request), 'draft'),
    },
    '/v2/post/publish/status/fetch/': {
      method: 'POST',
      perMinute: 30,
      answer: (grant, request) => status(pieces, grant, request),
    },
  };
}

function requireScope(grant: TiktokGrant, ...scopes: string[]): void {
  if (scopes.some((scope) => grant.scopes.includes(scope))) return;
  throw new ApiError(401, 'scope_not_authorized', 'The user did not authorize the scope required.');
}

const refused = (code: string, message = 'Please refer to the content sharing guidelines.') =>
  new ApiError(403, code, message);

function creatorInfo({ videos, quirks }: PostPieces, grant: TiktokGrant): object {
  requireScope(grant, 'video.publish');
  const account = videos.account(grant.accountId);
  const creator = creatorOf(account, quirks);
  return {
    creator_avatar_url: `https://p16-sign.tiktokcdn-us.com/avatar/${account.handle.slice(1)}.jpeg`,
    creator_username: account.handle.slice(1),
    creator_nickname: account.name,
    privacy_level_options: creator.privacyLevels,
    comment_disabled: creator.commentDisabled,
    duet_disabled: creator.duetDisabled,
    stitch_disabled: creator.stitchDisabled,
    max_video_post_duration_sec: creator.maxSeconds,
  };
}

function init(
  { world, videos, uploads, quirks }: PostPieces,
  grant: TiktokGrant,
  body: Record<string, unknown>,
  kind: 'direct' | 'draft',
): object {
  requireScope(grant, kind === 'direct' ? 'video.publish' : 'video.upload');
  if (quirks.initRefusal !== '') throw refused(quirks.initRefusal);
  const account = videos.account(grant.accountId);
  if (account.settings['banned'] === true) throw refused('spam_risk_user_banned_from_posting');
  const since = world.clock.now() - DAY;
  const recent = uploads
    .of(grant.accountId)
    .filter(({ finishedAt }) => finishedAt !== undefined && finishedAt > since);
  if (kind === 'draft' && recent.filter(({ state }) => state === 'inbox').length >= 5)
    throw refused('spam_risk_too_many_pending_share');
  if (kind === 'direct' && recent.length >= quirks.postsPerDay) throw refused('spam_risk_too_many_posts');
  const wish = kind === 'direct' ? checkPostInfo(body['post_info'], account, quirks) : undefined;
  const plan = checkSource(body['source_info']);
  const upload = uploads.open({ kind, accountId: grant.accountId, openId: grant.openId, plan, wish });
  return { publish_id: upload.id, upload_url: uploads.address(upload) };
}

function status({ world, uploads, quirks }: PostPieces, grant: TiktokGrant, request: SimRequest): object {
  requireScope(grant, 'video.publish', 'video.upload');
  const id = jsonBody(world, request)['publish_id'];
  const upload = uploads.find(String(id ?? ''));
  const forgotten = quirks.forgetsFinished && upload?.state === 'complete';
  if (!upload || forgotten) throw new ApiError(400, 'invalid_publish_id', 'The publish_id does not exist.');
  if (upload.openId !== grant.openId)
    throw new ApiError(
      400,
      'token_not_authorized_for_specified_publish_id',
      'The token is not authorized for the publish_id.',
    );
  const { state, video, failReason = '', plan } = upload;
  const words = {
    upload: 'PROCESSING_UPLOAD',
    processing: 'PROCESSING_UPLOAD',
    inbox: 'SEND_TO_USER_INBOX',
    complete: 'PUBLISH_COMPLETE',
    failed: 'FAILED',
  } as const;
  const told =
    state === 'complete' && video?.public === true && uploads.moderated(upload) && !quirks.withholdsId;
  return {
    status: words[state],
    ...(state === 'failed' ? { fail_reason: failReason } : {}),
    ...(told && video ? { publicaly_available_post_id: [longId(video.id)] } : {}),
    uploaded_bytes: quirks.countsBytes ? Math.min(upload.bytes.length, plan.size) : 0,
    downloaded_bytes: 0,
  };
}
