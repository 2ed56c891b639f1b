import { MINUTE } from '../core/clock.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';
import { Refusal, refuse, signupRequired } from './youtube-answers.ts';
import { categories } from './youtube-metadata.ts';
import type { Caller } from './youtube-oauth.ts';
import type { YoutubeQuirks } from './youtube-quirks.ts';
import type { SimVideo, YoutubeVideos } from './youtube-videos.ts';
import { channelTitle } from './youtube-videos.ts';

/** How long a new video is missing in search results. */
const SEARCH_LAG_MS = 10 * MINUTE;

export interface Lists {
  world: World;
  quirks: YoutubeQuirks;
  videos: YoutubeVideos;
}

/** Parts that each list knows; another one is refused. */
const parts = {
  channels: ['snippet', 'contentDetails', 'status', 'statistics', 'id', 'localizations', 'brandingSettings'],
  videos: [
    'snippet',
    'contentDetails',
    'status',
    'statistics',
    'id',
    'player',
    'fileDetails',
    'processingDetails',
    'recordingDetails',
    'suggestions',
    'localizations',
    'topicDetails',
  ],
  playlistItems: ['snippet', 'contentDetails', 'status', 'id'],
  search: ['snippet', 'id'],
  videoCategories: ['snippet', 'id'],
} as const;

/** The wanted parts; refuses a missing and an unknown one. */
export function partsOf(request: SimRequest, known: readonly string[]): string[] {
  const wanted = request.query
    .getAll('part')
    .flatMap((part) => part.split(','))
    .filter(Boolean);
  if (wanted.length === 0)
    refuse(400, 'missingRequiredParameter', 'Required parameter: part', {
      domain: 'youtube.api',
      location: 'part',
      locationType: 'parameter',
    });
  const strange = wanted.find((part) => !known.includes(part));
  if (strange !== undefined)
    refuse(400, 'invalidPart', `'${strange}'`, { location: 'part', locationType: 'parameter' });
  return wanted;
}

export function listChannels(
  { world, quirks }: Lists,
  request: SimRequest,
  { account }: Caller,
): SimResponse {
  const wanted = partsOf(request, parts.channels);
  const { query } = request;
  const mine = query.get('mine') === 'true';
  const ids = idsOf(request);
  const handle = query.get('forHandle');
  if (!mine && ids.length === 0 && handle === null) noFilter();
  if (mine && account.settings['noChannel'] === true) {
    if (quirks.noChannelAnswer === 'signup') throw new Refusal(signupRequired());
    return answer('youtube#channelListResponse', { pageInfo: { totalResults: 0, resultsPerPage: 5 } });
  }
  const found = world
    .accounts('youtube')
    .filter((one) => one.settings['noChannel'] !== true)
    .filter((one) => (mine ? one.id === account.id : ids.includes(one.id) || one.handle === handle));
  const items = found.map((one) => channelResource(one, wanted, one.id === account.id));
  return answer('youtube#channelListResponse', {
    pageInfo: { totalResults: items.length, resultsPerPage: 5 },
    items,
  });
}

function channelResource(account: SimAccount, wanted: readonly string[], own: boolean) {
  const status = {
    privacyStatus: 'public',
    isLinked: true,
    longUploadsStatus: own ? (account.settings['longUploadsStatus'] ?? 'eligible') : 'longUploadsUnspecified',
    madeForKids: false,
  };
  return {
    kind: 'youtube#channel',
    etag: 'sandbox',
    id: account.id,
    ...(wanted.includes('snippet')
      ? {
          snippet: {
            title: account.name,
            description: '',
            customUrl: account.handle,
            publishedAt: '2020-01-01T00:00:00Z',
            thumbnails: {},
            localized: { title: account.name, description: '' },
          },
        }
      : {}),
    ...(wanted.includes('contentDetails')
      ? { contentDetails: { relatedPlaylists: { likes: '', uploads: uploadsOf(account.id) } } }
      : {}),
    ...(wanted.includes('status') ? { status } : {}),
  };
}

/** The uploads playlist of a channel: `UC…` → `UU…`. */
function uploadsOf(channelId: string): string {
  return channelId.replace(/^UC/u, 'UU');
}

export function listPlaylistItems(
  { world, videos }: Lists,
  request: SimRequest,
  { account }: Caller,
): SimResponse {
  const wanted = partsOf(request, parts.playlistItems);
  const { query } = request;
  const playlistId = query.get('playlistId');
  if (playlistId === null) noFilter();
  const own = playlistId === uploadsOf(account.id);
  const uploads = videos
    .all()
    .filter((video) => uploadsOf(video.channelId) === playlistId)
    .filter((video) => own || videos.privacyOf(video) === 'public');
  // A channel that never had a video has no such playlist yet.
  if (uploads.length === 0)
    refuse(
      404,
      'playlistNotFound',
      'The playlist identified with the request’s <code>playlistId</code> parameter cannot be found.',
      { domain: 'youtube.playlistItem', location: 'playlistId', locationType: 'parameter' },
    );
  const only = query.get('videoId');
  const listed = uploads.filter(
    (video) => world.clock.now() >= video.listedAt && (only === null || video.id === only),
  );
  return page('youtube#playlistItemListResponse', request, listed, 5, (video, position) => ({
    kind: 'youtube#playlistItem',
    etag: 'sandbox',
    id: Buffer.from(`${playlistId}.${video.id}`).toString('base64url'),
    ...playlistItemParts(world, videos, video, { wanted, playlistId, position }),
  }));
}

function playlistItemParts(
  world: World,
  videos: YoutubeVideos,
  video: SimVideo,
  place: { wanted: readonly string[]; playlistId: string; position: number },
): Record<string, unknown> {
  const publishedAt = new Date(video.uploadedAt).toISOString();
  const made = {
    snippet: {
      publishedAt,
      channelId: video.channelId,
      title: video.metadata.title,
      description: video.metadata.description,
      thumbnails: {},
      channelTitle: channelTitle(world, video.channelId),
      playlistId: place.playlistId,
      position: place.position,
      resourceId: { kind: 'youtube#video', videoId: video.id },
    },
    contentDetails: { videoId: video.id, videoPublishedAt: publishedAt },
    status: { privacyStatus: videos.privacyOf(video) },
  };
  return Object.fromEntries(Object.entries(made).filter(([part]) => place.wanted.includes(part)));
}

export function listVideos({ videos }: Lists, request: SimRequest, { account }: Caller): SimResponse {
  const wanted = partsOf(request, parts.videos);
  const ids = idsOf(request);
  if (ids.length === 0) noFilter();
  if (ids.length > 50)
    refuse(400, 'invalidFilters', 'The request specifies too many ids.', { domain: 'youtube.parameter' });
  const found = ids.flatMap((id) => videos.find(id) ?? []);
  const foreign = found.filter((video) => video.channelId !== account.id);
  if (foreign.length > 0 && (wanted.includes('fileDetails') || wanted.includes('processingDetails')))
    refuse(403, 'forbidden', 'The video’s file or processing details are its owner’s only.', {
      domain: 'youtube.video',
    });
  const items = found
    .filter((video) => video.channelId === account.id || videos.privacyOf(video) !== 'private')
    .map((video) => videos.resource(video, wanted));
  return answer('youtube#videoListResponse', {
    items,
    pageInfo: { totalResults: items.length, resultsPerPage: items.length },
  });
}

export function search({ world, videos }: Lists, request: SimRequest, { account }: Caller): SimResponse {
  partsOf(request, parts.search);
  const mine = request.query.get('forMine') === 'true';
  const found = videos
    .all()
    .filter((video) => (mine ? video.channelId === account.id : videos.privacyOf(video) === 'public'))
    .filter((video) => world.clock.now() >= video.uploadedAt + SEARCH_LAG_MS);
  return page('youtube#searchListResponse', request, found, 5, (video) => ({
    kind: 'youtube#searchResult',
    etag: 'sandbox',
    id: { kind: 'youtube#video', videoId: video.id },
    snippet: { title: video.metadata.title, channelId: video.channelId },
  }));
}

export function listCategories(request: SimRequest): SimResponse {
  partsOf(request, parts.videoCategories);
  if (request.query.get('regionCode') === null && idsOf(request).length === 0) noFilter();
  return answer('youtube#videoCategoryListResponse', {
    items: [...Object.entries(categories), ['18', 'Short Movies']].map(([id, title]) => ({
      kind: 'youtube#videoCategory',
      etag: 'sandbox',
      id,
      snippet: { title, assignable: id !== '18', channelId: 'UCsandboxYouTube' },
    })),
  });
}

function idsOf(request: SimRequest): string[] {
  return [
    ...new Set(
      request.query
        .getAll('id')
        .flatMap((id) => id.split(','))
        .filter(Boolean),
    ),
  ];
}

function noFilter(): never {
  refuse(400, 'missingRequiredParameter', 'No filter selected. Expected one of: id, mine', {
    domain: 'youtube.parameter',
    location: 'parameters.',
    locationType: 'other',
  });
}

/** One page of a list. */
function page<T>(
  kind: string,
  request: SimRequest,
  all: readonly T[],
  usual: number,
  toItem: (one: T, position: number) => object,
): SimResponse {
  const { query } = request;
  const size = Number(query.get('maxResults') ?? usual);
  if (!Number.isInteger(size) || size < 0 || size > 50)
    refuse(400, 'invalidParameter', `Invalid value for maxResults: ${size}`, {
      location: 'maxResults',
      locationType: 'parameter',
    });
  const token = query.get('pageToken');
  const start = token === null ? 0 : Number(/^CAX(\d+)$/u.exec(token)?.[1] ?? Number.NaN);
  if (Number.isNaN(start))
    refuse(400, 'invalidPageToken', 'The request specifies an invalid page token.', {
      location: 'pageToken',
      locationType: 'parameter',
    });
  const end = start + size;
  return answer(kind, {
    ...(end < all.length && size > 0 ? { nextPageToken: `CAX${end}` } : {}),
    ...(start > 0 ? { prevPageToken: `CAX${Math.max(0, start - size)}` } : {}),
    items: all.slice(start, end).map((one, index) => toItem(one, start + index)),
    pageInfo: { totalResults: all.length, resultsPerPage: size },
  });
}

function answer(kind: string, body: object): SimResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: { kind, etag: 'sandbox', ...body },
  };
}
