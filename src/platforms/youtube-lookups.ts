import type { Account } from '../core/account.ts';
import type { Clock } from '../core/clock.ts';
import { HOUR, MINUTE } from '../core/clock.ts';
import { Failure, later } from '../core/failure.ts';
import type { Http } from '../core/http.ts';
import { type NumberReader, numbersOf } from '../core/numbers.ts';
import type { LookUp, RecentPost } from '../core/platform.ts';

/** https://developers.google.com/youtube/v3/docs; `youtube.googleapis.com` answers alike. */
const API = 'https://www.googleapis.com/youtube/v3';

/** Most items of one page: https://developers.google.com/youtube/v3/docs/playlistItems/list */
const PAGE = 50;

/** A look-up reads no further than this: 500 videos. */
const MOST_PAGES = 10;

/** Parts of the answers that are read; all numbers of 64 bits come as text. */
export interface ChannelResource {
  id: string;
  snippet?: { title?: string; customUrl?: string };
  contentDetails?: { relatedPlaylists?: { uploads?: string } };
  status?: { longUploadsStatus?: string };
}

export interface VideoResource {
  id: string;
  snippet?: { title?: string; channelId?: string; publishedAt?: string; tags?: readonly string[] };
  status?: {
    uploadStatus?: string;
    failureReason?: string;
    rejectionReason?: string;
    privacyStatus?: string;
  };
  fileDetails?: { fileName?: string; fileSize?: string };
  /** https://developers.google.com/youtube/v3/docs/videos#statistics: parts that the owner hides are left out. */
  statistics?: { viewCount?: string; likeCount?: string; commentCount?: string };
  processingDetails?: { processingStatus?: string; fileDetailsAvailability?: string };
}

interface PlaylistItem {
  snippet?: { title?: string; publishedAt?: string };
  contentDetails?: { videoId?: string; videoPublishedAt?: string };
}

interface Page<T> {
  items?: readonly T[];
  nextPageToken?: string;
}

/** The channel of this sign-in; a grant is bound to one. Undefined where the Google account has none. */
export async function ownChannel(http: Http): Promise<ChannelResource | undefined> {
  const response = await http.send({
    url: `${API}/channels`,
    query: { part: 'snippet,contentDetails,status', mine: true },
    call: 'channels.list',
  });
  return response.json<Page<ChannelResource>>().items?.[0];
}

/** Own videos, private ones included; unknown and deleted ids are left out, as the API does. At most 50 ids. */
export async function videosOf(
  http: Http,
  ids: readonly string[],
  part: string,
  signal?: AbortSignal,
): Promise<readonly VideoResource[]> {
  const response = await http.send({
    url: `${API}/videos`,
    query: { part, id: ids.join(',') },
    call: 'videos.list',
    ...(signal ? { signal } : {}),
  });
  return response.json<Page<VideoResource>>().items ?? [];
}

/** One unit for 50 videos: https://developers.google.com/youtube/v3/docs/videos/list */
export const videoNumbers: NumberReader = {
  batch: 50,
  tells: ['views', 'likes', 'comments'],
  source: 'https://developers.google.com/youtube/v3/docs/videos#statistics',
  async read({ http, ids, signal }) {
    const videos = await videosOf(http, ids, 'statistics', signal);
    return new Map(
      videos.map(
        ({ id, statistics: { viewCount: views, likeCount: likes, commentCount: comments } = {} }) => [
          id,
          numbersOf({ views, likes, comments }),
        ],
      ),
    );
  },
};

interface Upload {
  id: string;
  title: string;
  publishedAt: number;
}

/** Uploads of the channel, newest first: the first page whole, further ones as far back as `since`. */
async function* uploadsOf(http: Http, account: Account, since: number): AsyncGenerator<Upload[]> {
  const playlistId = await uploadsPlaylist(http, account);
  let pageToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const response = await http.send({
      url: `${API}/playlistItems`,
      query: { part: 'snippet,contentDetails,status', playlistId, maxResults: PAGE, pageToken },
      call: 'playlistItems.list',
      // A new channel's playlist may not exist before its first video.
      accept: [404],
    });
    if (response.status === 404) return;
    const found = response.json<Page<PlaylistItem>>();
    const uploads = (found.items ?? []).flatMap((item) => uploadOf(item));
    yield uploads;
    pageToken = found.nextPageToken;
    if (pageToken === undefined || uploads.every((upload) => upload.publishedAt < since)) return;
  }
}

function uploadOf({ snippet, contentDetails }: PlaylistItem): Upload[] {
  const id = contentDetails?.videoId;
  const publishedAt = Date.parse(snippet?.publishedAt ?? contentDetails?.videoPublishedAt ?? '');
  return id === undefined || Number.isNaN(publishedAt)
    ? []
    : [{ id, title: snippet?.title ?? '', publishedAt }];
}

async function uploadsPlaylist(http: Http, account: Account): Promise<string> {
  const known = account.settings['uploadsPlaylist'];
  if (typeof known === 'string' && known !== '') return known;
  const channel = await ownChannel(http);
  const uploads = channel?.contentDetails?.relatedPlaylists?.uploads;
  if (uploads) return uploads;
  throw new Failure('E_NO_CHANNEL', { message: 'This sign-in has no YouTube channel any more.' });
}

/** What a lost upload is known by. */
export interface Fingerprint {
  /** The tag that every upload of a job carries. */
  marker: string;
  title: string;
  bytes: number;
  /** When the upload session was opened (epoch ms). */
  since: number;
}

/** Two machines' clocks may differ this much. */
const CLOCK_SLACK = HOUR;

/**
 * Looks for an upload whose answer was lost and whose session is gone. Ours is what carries the marker, or has
 * the same title and the same size and came since; never merely the newest.
 */
export async function findUpload(
  http: Http,
  account: Account,
  clock: Clock,
  wanted: Fingerprint,
): Promise<LookUp<VideoResource>> {
  const since = wanted.since - CLOCK_SLACK;
  for await (const uploads of uploadsOf(http, account, since)) {
    if (uploads.length === 0) continue;
    const videos = await videosOf(
      http,
      uploads.map(({ id }) => id),
      'snippet,status,fileDetails,processingDetails',
    );
    const marked = videos.find((video) => video.snippet?.tags?.includes(wanted.marker));
    if (marked) return { found: marked };

    const alike = videos.filter(({ id, snippet }) => {
      const upload = uploads.find((one) => one.id === id);
      return upload !== undefined && upload.publishedAt >= since && snippet?.title === wanted.title;
    });
    const same = alike.find((video) => video.fileDetails?.fileSize === String(wanted.bytes));
    if (same) return { found: same };
    if (alike.some(({ fileDetails }) => fileDetails?.fileSize === undefined))
      throw later(
        clock.now() + MINUTE,
        'A video with this title is on the channel; waiting until YouTube tells its size.',
      );
  }
  return 'absent';
}

/**
 * The video that YouTube takes an upload for a duplicate of: another one of the same size. Undefined where none
 * of the channel's newest has it.
 */
export async function findTwin(
  http: Http,
  account: Account,
  upload: { id: string; bytes: number; since: number },
): Promise<VideoResource | undefined> {
  for await (const uploads of uploadsOf(http, account, upload.since)) {
    const others = uploads.map(({ id }) => id).filter((id) => id !== upload.id);
    if (others.length === 0) continue;
    const videos = await videosOf(http, others, 'status,fileDetails');
    const twin = videos.find(
      ({ status, fileDetails }) =>
        fileDetails?.fileSize === String(upload.bytes) &&
        (status?.uploadStatus === 'processed' || status?.uploadStatus === 'uploaded'),
    );
    if (twin) return twin;
  }
  return undefined;
}

/** The channel's own posts since an instant, newest first. */
export async function recentUploads(http: Http, account: Account, since: number): Promise<RecentPost[]> {
  const posts: RecentPost[] = [];
  for await (const uploads of uploadsOf(http, account, since)) {
    for (const { id, title, publishedAt } of uploads)
      if (publishedAt >= since) posts.push({ id, url: watchUrl(id), text: title, publishedAt });
  }
  return posts;
}

export function watchUrl(id: string): string {
  return `https://www.youtube.com/watch?v=${encodeURIComponent(id)}`;
}
