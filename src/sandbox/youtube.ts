import type { SimRequest, SimResponse, SimulatorFactory, World } from './types.ts';
import { apiError, Refusal, refuse } from './youtube-answers.ts';
import { youtubeControls } from './youtube-controls.ts';
import type { Lists } from './youtube-lists.ts';
import {
  listCategories,
  listChannels,
  listPlaylistItems,
  listVideos,
  partsOf,
  search,
} from './youtube-lists.ts';
import { readMetadata } from './youtube-metadata.ts';
import { readMultipart } from './youtube-multipart.ts';
import type { Caller, YoutubeOauth } from './youtube-oauth.ts';
import { createYoutubeOauth } from './youtube-oauth.ts';
import { usualQuirks } from './youtube-quirks.ts';
import type { Quota } from './youtube-quota.ts';
import { createQuota } from './youtube-quota.ts';
import type { YoutubeSessions } from './youtube-sessions.ts';
import { createYoutubeSessions } from './youtube-sessions.ts';
import { setThumbnail } from './youtube-thumbnails.ts';
import { createYoutubeVideos } from './youtube-videos.ts';

/** Everything behind Google's four hosts. */
export interface Google extends Lists {
  oauth: YoutubeOauth;
  quota: Quota;
  sessions: YoutubeSessions;
}

export const createYoutube: SimulatorFactory = (world: World) => {
  const quirks = { ...usualQuirks };
  const videos = createYoutubeVideos(world, quirks);
  const google: Google = {
    world,
    quirks,
    videos,
    oauth: createYoutubeOauth(world, quirks),
    quota: createQuota(world.clock, quirks),
    sessions: createYoutubeSessions(world, quirks, videos),
  };
  return {
    platform: 'youtube',
    origins: [
      'https://accounts.google.com',
      'https://oauth2.googleapis.com',
      'https://www.googleapis.com',
      'https://youtube.googleapis.com',
    ],
    handle(request) {
      try {
        return route(google, request);
      } catch (error) {
        if (error instanceof Refusal) return error.response;
        throw error;
      }
    },
    posts: () => videos.posts(),
    controls: youtubeControls(google),
  };
};

function route(google: Google, request: SimRequest): SimResponse {
  const { origin, path, method } = request;
  if (origin === 'https://accounts.google.com')
    return /^\/o\/oauth2\/(v2\/)?auth$/u.test(path)
      ? google.oauth.authorize(request)
      : unknown(google, request);
  if (origin === 'https://oauth2.googleapis.com') {
    if (path === '/token' && method === 'POST') return google.oauth.token(request);
    if (path === '/revoke' && method === 'POST') return google.oauth.revoke(request);
    if (path === '/tokeninfo') return google.oauth.tokenInfo(request);
    return unknown(google, request);
  }
  const upload = /^\/(?:resumable\/)?upload\/youtube\/v3\/(.+)$/u.exec(path)?.[1];
  if (upload !== undefined) return routeUpload(google, request, upload);
  const list = /^\/youtube\/v3\/(\w+)$/u.exec(path)?.[1];
  return method === 'GET' && list !== undefined ? routeList(google, request, list) : unknown(google, request);
}

function routeList(google: Google, request: SimRequest, list: string): SimResponse {
  if (!['channels', 'playlistItems', 'videos', 'videoCategories', 'search'].includes(list))
    return unknown(google, request);
  const caller = google.oauth.caller(request, 'read', false);
  google.quota.spend(caller.project, list === 'search' ? 'searches' : 'units', 1);
  switch (list) {
    case 'channels':
      return listChannels(google, request, caller);
    case 'playlistItems':
      return listPlaylistItems(google, request, caller);
    case 'videos':
      return listVideos(google, request, caller);
    case 'search':
      return search(google, request, caller);
    default:
      return listCategories(request);
  }
}

function routeUpload(google: Google, request: SimRequest, what: string): SimResponse {
  const caller = google.oauth.caller(request, 'upload', true);
  if (what === 'thumbnails/set' && request.method === 'POST') return setThumbnail(google, request, caller);
  if (what !== 'videos') return unknown(google, request);
  if (request.query.has('upload_id')) {
    if (request.method !== 'PUT') return unknown(google, request);
    return google.sessions.put(request, caller.account);
  }
  if (request.method === 'POST') return insert(google, request, caller);
  return unknown(google, request);
}

const insertParts = [
  'snippet',
  'status',
  'id',
  'contentDetails',
  'fileDetails',
  'processingDetails',
  'recordingDetails',
  'localizations',
  'statistics',
];

/** Everything that is wrong with a video's metadata shows here, before a byte of it is sent. */
function insert(google: Google, request: SimRequest, { account, app, project }: Caller): SimResponse {
  const { quota, quirks, sessions, videos } = google;
  quota.spend(project, 'uploads', 1);
  const parts = partsOf(request, insertParts);
  const audited = quirks.audited && app.settings['audited'] !== false;
  const { origin } = request;
  switch (request.query.get('uploadType')) {
    case 'resumable': {
      const metadata = readMetadata(readJson(request.body), parts);
      quota.checkUpload(account.id);
      checkType(request.headers['x-upload-content-type']);
      quota.spendUpload(account.id);
      return sessions.open(request, { account, audited, metadata, parts, origin });
    }
    case 'multipart': {
      const { json, media, type } = readMultipart(request);
      const metadata = readMetadata(readJson(json), parts);
      checkType(type);
      quota.spendUpload(account.id);
      if (!request.complete) return apiError(400, 'badRequest', 'The request body is incomplete.');
      const video = videos.add({ account, audited, metadata, media, fileName: null });
      return { status: 200, body: videos.resource(video, parts) };
    }
    default:
      google.world.complain('youtube', 'videos.insert without an uploadType');
      return refuse(400, 'badRequest', 'Bad Request: uploadType');
  }
}

function checkType(type: string | undefined): void {
  if (type === undefined || /^(video\/[\w.+-]+|application\/octet-stream)$/u.test(type)) return;
  refuse(
    400,
    'badContent',
    `Media type '${type}' is not supported. Valid media types: [video/*, application/octet-stream]`,
  );
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString() || '{}');
  } catch {
    return refuse(400, 'parseError', 'Parse Error');
  }
}

function unknown({ world }: Google, request: SimRequest): SimResponse {
  world.complain('youtube', `no such method: ${request.method} ${request.origin}${request.path}`);
  return {
    status: 404,
    body: '<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>That’s an error.</p>',
  };
}
