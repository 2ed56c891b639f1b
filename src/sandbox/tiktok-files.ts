import { DAY, SECOND } from '../core/clock.ts';
import { refusalPage } from './consent.ts';
import { escapeHtml, htmlPage } from './html.ts';
import { rangeOf } from './range.ts';
import type { TiktokVideo, TiktokVideos } from './tiktok-videos.ts';
import { sign } from './tiktok-videos.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

/** Pages, covers and the links of a data export. */
export interface TiktokFiles {
  origins: readonly string[];
  handle(request: SimRequest): SimResponse;
  /** What `user_data_tiktok.json` holds in a data export, with links that work for ten days. */
  exportOf(account: unknown): object;
}

const coverOrigin = 'https://p16-sign.tiktokcdn-us.com';
const fileOrigin = 'https://video-no1a.tiktokv.eu';

/** Seen between `l=` and `x-tos-expires` of a public link of this family. */
const LINK_TTL_MS = 10 * DAY;

/** A picture of one pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const forbidden: SimResponse = { status: 403, body: '<html><body>Access Denied</body></html>' };
const missing: SimResponse = { status: 404, body: '<html><body>Not Found</body></html>' };

export function createFiles(world: World, videos: TiktokVideos): TiktokFiles {
  return {
    origins: [coverOrigin, fileOrigin],
    handle(request) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405 };
      if (request.origin === coverOrigin) return cover(world, request);
      return request.origin === fileOrigin ? file(world, videos, request) : page(world, videos, request);
    },
    exportOf(account) {
      const owner = videos.account(account);
      const own = videos.of(owner.id).filter(({ deleted }) => !deleted);
      return {
        Comment: { Comments: { App: 1, CommentsList: null } },
        Post: {
          Posts: { VideoList: own.length > 0 ? own.map((video) => exportItem(world, video)) : null },
          'Recently Deleted Posts': { PostList: [] },
          Story: {},
        },
        'Your Activity': {
          'Watch History': {
            VideoList: [
              {
                Date: '2026-01-02 03:04:05',
                Link: 'https://www.tiktokv.com/share/video/7000000000000000001/',
              },
            ],
          },
        },
      };
    },
  };
}

function cover(world: World, request: SimRequest): SimResponse {
  const id = /^\/tos-sandbox\/(\d+)~/u.exec(request.path)?.[1];
  const expires = request.query.get('x-expires');
  if (id === undefined) return missing;
  if (expired(world, expires) || request.query.get('x-signature') !== sign('cover', id, expires ?? ''))
    return forbidden;
  return { status: 200, headers: { 'content-type': 'image/png' }, body: pixel };
}

function file(world: World, videos: TiktokVideos, request: SimRequest): SimResponse {
  const id = /^\/storage\/v1\/tos-no1a-ve-0068c001-no\/(\d+)$/u.exec(request.path)?.[1] ?? '';
  const expires = request.query.get('x-tos-expires');
  const bytes = bytesOf(world, videos.find(id));
  if (!bytes) return missing;
  if (expired(world, expires) || request.query.get('x-tos-signature') !== sign('file', id, expires ?? ''))
    return forbidden;
  return rangeOf(bytes, 'video/mp4', request.headers['range']);
}

/** A page with a plain player: enough for a person, and for programs that read pages. */
function page(world: World, videos: TiktokVideos, request: SimRequest): SimResponse {
  const play = /^\/play\/(\d+)\.mp4$/u.exec(request.path)?.[1];
  const [, name, id = ''] = /^\/(@[^/]*)\/(?:video|photo)\/(\d+)\/?$/u.exec(request.path) ?? [];
  const video = videos.find(play ?? id);
  if (!video || !videos.shown(video))
    return {
      ...refusalPage('TikTok', 'Video currently unavailable'),
      status: play === undefined ? 200 : 404,
    };
  const bytes = bytesOf(world, video);
  if (play !== undefined) return bytes ? rangeOf(bytes, 'video/mp4', request.headers['range']) : missing;
  const owner = videos.account(video.accountId);
  if (name !== '@_' && name !== owner.handle)
    return { status: 302, headers: { location: videos.page(video) } };
  const { html, policy } = htmlPage({
    title: `${video.caption} | TikTok`,
    css: 'body { margin: 0; display: grid; place-items: center; min-height: 100vh; background: #000; color: #fff; font: 16px system-ui, sans-serif; } video { max-height: 80vh; max-width: 100vw; }',
    body: `<main>${bytes ? `<video controls src="../../play/${video.id}.mp4" type="video/mp4"></video>` : ''}<h1>${escapeHtml(owner.handle)}</h1><p>${escapeHtml(video.caption)}</p></main>`,
  });
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body: html,
  };
}

function exportItem(world: World, video: TiktokVideo): object {
  const expires = Math.floor((world.clock.now() + LINK_TTL_MS) / SECOND);
  const link = `${fileOrigin}/storage/v1/tos-no1a-ve-0068c001-no/${video.id}?a=1233&mime_type=video_mp4&x-tos-algorithm=v2&x-tos-expires=${expires}&x-tos-signature=${sign('file', video.id, expires)}`;
  return {
    Date: new Date(video.createTime * SECOND).toISOString().slice(0, 19).replace('T', ' '),
    Link: link,
    Likes: '5',
    Title: video.caption,
    Sound: 'original sound',
    Location: '',
    WhoCanView: video.public ? 'Everyone' : 'Only me',
    AIGeneratedContent: video.aiGenerated ? 'Yes' : 'No',
  };
}

function bytesOf(world: World, video: TiktokVideo | undefined): Buffer | undefined {
  return video?.sha256 === undefined || video.deleted ? undefined : world.media(video.sha256);
}

function expired(world: World, seconds: string | null): boolean {
  return !(Number(seconds) * SECOND > world.clock.now());
}
