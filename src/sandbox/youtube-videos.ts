import type { SimAccount, SimPost, World } from './types.ts';
import type { Metadata } from './youtube-metadata.ts';
import { categories } from './youtube-metadata.ts';
import type { YoutubeQuirks } from './youtube-quirks.ts';

/** A video as the simulated YouTube keeps it. */
export interface SimVideo {
  id: string;
  channelId: string;
  metadata: Metadata;
  sha256: string;
  bytes: number;
  durationMs: number | null;
  fileName: string | null;
  uploadedAt: number;
  processedAt: number;
  /** As the quirk `outcome`. */
  outcome: string;
  /** When the lock to private of an unaudited project shows; null: never. */
  lockedAt: number | null;
  /** When it shows in the uploads playlist. */
  listedAt: number;
  fileDetailsAt: number;
  deleted: boolean;
  thumbnail: string | null;
  /** Undefined likes or comments: its owner hides them. */
  numbers: { views: number; likes?: number; comments?: number };
}

interface NewVideo {
  account: SimAccount;
  audited: boolean;
  metadata: Metadata;
  media: Buffer;
  fileName: string | null;
}

export interface YoutubeVideos {
  add(video: NewVideo): SimVideo;
  /** All that were not deleted, newest first. */
  all(): SimVideo[];
  find(id: string): SimVideo | undefined;
  /** The resource's parts as `viewer` gets them. */
  resource(video: SimVideo, parts: readonly string[]): Record<string, unknown>;
  privacyOf(video: SimVideo): Metadata['privacyStatus'];
  posts(): SimPost[];
}

const idAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function createYoutubeVideos(world: World, quirks: YoutubeQuirks): YoutubeVideos {
  const videos: SimVideo[] = [];
  const now = () => world.clock.now();

  function add({ account, audited, metadata, media, fileName }: NewVideo): SimVideo {
    const sha256 = world.keepMedia(media);
    const twin = videos.find((one) => one.sha256 === sha256 && one.channelId === account.id && !one.deleted);
    const processedAt = now() + quirks.processingMs;
    const video: SimVideo = {
      id: Array.from({ length: 11 }, () => idAlphabet[Math.floor(world.random() * 64)]).join(''),
      channelId: account.id,
      metadata,
      sha256,
      bytes: media.length,
      durationMs: durationOf(media),
      fileName,
      uploadedAt: now(),
      processedAt,
      outcome: twin && quirks.rejectDuplicates ? 'rejected:duplicate' : quirks.outcome,
      lockedAt: audited ? null : quirks.lockShows === 'insert' ? now() : processedAt,
      listedAt: now() + quirks.listDelayMs,
      fileDetailsAt: now() + quirks.fileDetailsMs,
      deleted: false,
      thumbnail: null,
      numbers: { views: 0, likes: 0, comments: 0 },
    };
    const unverified = account.settings['longUploadsStatus'] !== 'allowed';
    if (unverified && (video.durationMs ?? 0) > 15 * 60_000) video.outcome = 'rejected:length';
    videos.unshift(video);
    return video;
  }

  const privacyOf = (video: SimVideo) =>
    video.lockedAt !== null && now() >= video.lockedAt ? 'private' : video.metadata.privacyStatus;

  function resource(video: SimVideo, parts: readonly string[]): Record<string, unknown> {
    const wanted = {
      snippet: () => snippetOf(video, channelTitle(world, video.channelId)),
      status: () => statusOf(video, privacyOf(video), now(), quirks),
      processingDetails: () => processingOf(video, now()),
      fileDetails: () => fileDetailsOf(video, now()),
      contentDetails: () => ({
        duration: `PT${Math.round((video.durationMs ?? 0) / 1000)}S`,
        definition: 'hd',
        caption: 'false',
        licensedContent: false,
      }),
      statistics: () => statisticsOf(video),
    };
    const body: Record<string, unknown> = { kind: 'youtube#video', etag: etagOf(video, now()), id: video.id };
    for (const [part, make] of Object.entries(wanted)) {
      const made = parts.includes(part) ? make() : undefined;
      if (made) body[part] = made;
    }
    return body;
  }

  return {
    add,
    all: () => videos.filter((video) => !video.deleted),
    find: (id) => videos.find((video) => video.id === id && !video.deleted),
    resource,
    privacyOf,
    posts: () =>
      videos
        .filter((video) => !video.deleted && isShown(video, now()))
        .map((video) => postOf(video, privacyOf(video))),
  };
}

function postOf(video: SimVideo, privacy: Metadata['privacyStatus']): SimPost {
  const { metadata } = video;
  return {
    platform: 'youtube',
    accountId: video.channelId,
    id: video.id,
    url: `https://www.youtube.com/watch?v=${video.id}`,
    text: metadata.description,
    title: metadata.title,
    sha256: video.sha256,
    bytes: video.bytes,
    visible: privacy !== 'private',
    publishedAt: video.uploadedAt,
    facts: {
      privacy,
      tags: metadata.tags,
      categoryId: metadata.categoryId,
      category: categories[metadata.categoryId],
      license: metadata.license,
      madeForKids: metadata.selfDeclaredMadeForKids,
      containsSyntheticMedia: metadata.containsSyntheticMedia,
      fileName: video.fileName,
      cover: video.thumbnail,
    },
  };
}

/** Numbers of 64 bits are text; what is hidden is left out. */
function statisticsOf({ numbers: { views, likes, comments } }: SimVideo): Record<string, string> {
  return {
    viewCount: String(views),
    ...(likes === undefined ? {} : { likeCount: String(likes) }),
    favoriteCount: '0',
    ...(comments === undefined ? {} : { commentCount: String(comments) }),
  };
}

// ---------------------------------------------------------------- processing

type Stage = { kind: 'processing' | 'processed' } | { kind: 'failed' | 'rejected'; reason: string };

/** Where processing stands: a refusal shows when it is over. */
function stageOf(video: SimVideo, now: number): Stage {
  if (video.outcome === 'stuck' || now < video.processedAt) return { kind: 'processing' };
  const [kind, reason = 'other'] = video.outcome.split(':');
  return kind === 'failed' || kind === 'rejected' ? { kind, reason } : { kind: 'processed' };
}

function isShown(video: SimVideo, now: number): boolean {
  const { kind } = stageOf(video, now);
  return kind === 'processing' || kind === 'processed';
}

function statusOf(video: SimVideo, privacyStatus: string, now: number, quirks: YoutubeQuirks) {
  const stage = stageOf(video, now);
  const { metadata } = video;
  return {
    uploadStatus: stage.kind === 'processing' ? 'uploaded' : stage.kind,
    ...(stage.kind === 'failed' ? { failureReason: stage.reason } : {}),
    ...(stage.kind === 'rejected' ? { rejectionReason: stage.reason } : {}),
    privacyStatus,
    license: metadata.license,
    embeddable: metadata.embeddable,
    publicStatsViewable: metadata.publicStatsViewable,
    madeForKids: metadata.selfDeclaredMadeForKids,
    selfDeclaredMadeForKids: metadata.selfDeclaredMadeForKids,
    ...(metadata.containsSyntheticMedia ? { containsSyntheticMedia: true } : {}),
    ...(quirks.unknownFields ? { shelfStatus: 'STILL_WARM' } : {}),
  };
}

function processingOf(video: SimVideo, now: number): Record<string, unknown> {
  const stage = stageOf(video, now);
  const status = {
    processing: 'processing',
    processed: 'succeeded',
    failed: 'failed',
    rejected: 'terminated',
  };
  const availability = stage.kind === 'processing' ? 'inProgress' : 'available';
  return {
    processingStatus: status[stage.kind],
    ...(stage.kind === 'failed' ? { processingFailureReason: 'transcodeFailed' } : {}),
    ...(stage.kind === 'processing' && video.outcome !== 'stuck'
      ? { processingProgress: progress(video, now) }
      : {}),
    fileDetailsAvailability: now >= video.fileDetailsAt ? 'available' : 'inProgress',
    processingIssuesAvailability: availability,
    tagSuggestionsAvailability: availability,
    editorSuggestionsAvailability: availability,
    thumbnailsAvailability: availability,
  };
}

/** Numbers as text; halfway the total doubles, so that the percentage falls. */
function progress(video: SimVideo, now: number): Record<string, string> {
  const share = (now - video.uploadedAt) / Math.max(1, video.processedAt - video.uploadedAt);
  const total = share < 0.5 ? 1000 : 2000;
  return {
    partsTotal: String(total),
    partsProcessed: String(Math.floor(1000 * share)),
    timeLeftMs: String(Math.max(0, video.processedAt - now)),
  };
}

function fileDetailsOf(video: SimVideo, now: number): Record<string, unknown> | undefined {
  if (now < video.fileDetailsAt) return undefined;
  return {
    ...(video.fileName ? { fileName: video.fileName } : {}),
    fileSize: String(video.bytes),
    fileType: 'video',
    container: 'mov,mp4,m4a,3gp,3g2,mj2',
    ...(video.durationMs === null ? {} : { durationMs: String(video.durationMs) }),
  };
}

/** From the movie header of an MP4 (ISO/IEC 14496-12, 8.2.2): time scale and duration. */
function durationOf(media: Buffer): number | null {
  const at = media.indexOf('mvhd', 0, 'latin1');
  if (at < 0 || at + 32 > media.length) return null;
  const long = media[at + 4] === 1;
  const scale = media.readUInt32BE(at + (long ? 24 : 16));
  const length = long ? Number(media.readBigUInt64BE(at + 28)) : media.readUInt32BE(at + 20);
  return scale === 0 ? null : Math.round((length / scale) * 1000);
}

function snippetOf(video: SimVideo, channel: string): Record<string, unknown> {
  const { metadata } = video;
  return {
    publishedAt: new Date(video.uploadedAt).toISOString().replace(/\.\d+Z$/u, 'Z'),
    channelId: video.channelId,
    title: metadata.title,
    description: metadata.description,
    thumbnails: {
      default: { url: `https://i9.ytimg.com/vi/${video.id}/default.jpg`, width: 120, height: 90 },
    },
    channelTitle: channel,
    ...(metadata.tags.length > 0 ? { tags: metadata.tags } : {}),
    categoryId: metadata.categoryId,
    liveBroadcastContent: 'none',
    ...(metadata.defaultLanguage ? { defaultLanguage: metadata.defaultLanguage } : {}),
    localized: { title: metadata.title, description: metadata.description },
  };
}

export function channelTitle(world: World, channelId: string): string {
  return world.accounts('youtube').find(({ id }) => id === channelId)?.name ?? channelId;
}

function etagOf(video: SimVideo, now: number): string {
  return Buffer.from(`${video.id}${stageOf(video, now).kind}`).toString('base64url');
}
