import { videoStatus } from './facebook-status.ts';
import { receiverOf } from './facebook-upload.ts';
import type { GraphPart } from './meta.ts';
import type { Holder, MetaAccess, SimPage } from './meta-access.ts';
import { graphError, graphStamp, instantOf, paged, paramsOf, select, unreadable } from './meta-graph.ts';
import type { MetaQuirks } from './meta-quirks.ts';
import type { Receivers } from './meta-rupload.ts';
import type { SimPost, SimRequest, SimResponse, World } from './types.ts';
import { partsOf } from './x-multipart.ts';

const DAY = 86_400_000;

export interface ReelVideo {
  id: string;
  page: SimPage;
  appId: string;
  createdAt: number;
  size?: number;
  received: number;
  chunks: Buffer[];
  completeAt?: number;
  sha256: string;
  description: string;
  title?: string;
  /** When finish was taken. */
  finishedAt?: number;
  /** `PUBLISHED` or what else was asked for. */
  wanted?: string;
  /** Number with which processing or publishing failed. */
  error?: string;
  facts: Record<string, unknown>;
}

export interface FacebookPart extends GraphPart {
  readonly upload: Receivers;
  videos(): readonly ReelVideo[];
}

/** What the edge takes. https://developers.facebook.com/documentation/video-api/guides/reels-publishing */
const known = [
  'upload_phase',
  'video_id',
  'video_state',
  'description',
  'title',
  'scheduled_publish_time',
  'place',
  'is_ai_generated',
];

/** Facebook’s nodes: Pages’ reels and videos. */
export function createFacebookPart(world: World, access: MetaAccess, quirks: MetaQuirks): FacebookPart {
  const videos = new Map<string, ReelVideo>();
  const allPages = () => access.pages('facebook');

  function liveAt(video: ReelVideo): number | undefined {
    if (video.finishedAt === undefined || video.wanted !== 'PUBLISHED') return undefined;
    const at = Math.max(video.finishedAt, video.completeAt ?? 0) + quirks.processingMs;
    if (world.clock.now() < at) return undefined;
    if (quirks.processingError !== '') video.error ??= quirks.processingError;
    if (video.error !== undefined) return undefined;
    // The instant it went out stays, whatever the lever is set to afterwards.
    const known = video.facts['liveAt'];
    if (typeof known === 'number') return known;
    video.facts['liveAt'] = at;
    return at;
  }

  function start(page: SimPage, holder: Holder): SimResponse {
    const video: ReelVideo = {
      id: (BigInt(world.snowflake()) / 10n).toString().slice(0, 16),
      page,
      appId: holder.appId,
      createdAt: world.clock.now(),
      received: 0,
      chunks: [],
      sha256: '',
      description: '',
      facts: {},
    };
    while (videos.has(video.id)) video.id = (BigInt(video.id) + 1n).toString();
    videos.set(video.id, video);
    const url = quirks.uploadAddress || `https://rupload.facebook.com/video-upload/v26.0/${video.id}`;
    return { status: 200, body: { video_id: video.id, ...(url === 'none' ? {} : { upload_url: url }) } };
  }

  function finish(params: URLSearchParams, page: SimPage): SimResponse {
    const video = videos.get(params.get('video_id') ?? '');
    if (!video || video.page.id !== page.id) throw graphError(100, 'Missing parameter: video_id');
    const state = params.get('video_state') ?? '';
    if (!['PUBLISHED', 'DRAFT', 'SCHEDULED'].includes(state))
      throw graphError(100, '(#100) Missing parameter: video_state');
    if (video.finishedAt !== undefined) {
      // What the real one does then is not documented: a client must not find out.
      world.complain('facebook', 'finish was sent again for a video that had it');
      throw graphError(100, '(#100) The video was published already.');
    }
    if (expired(video))
      throw graphError(6000, 'There was a problem with your video file. The upload has expired.');
    if (video.completeAt === undefined || video.completeAt > world.clock.now())
      throw graphError(6000, 'There was a problem with your video file. Please try again with another file.');
    const answer = quirks.publishAnswers.shift() ?? '';
    const numbers = /^(-?\d+)(?:\/(\d+))?$/u.exec(answer);
    if (numbers) throw numbered(numbers);
    if (reelsToday(page) >= Math.min(30, quirks.quotaTotal))
      throw graphError(613, '(#613) Calls to this api have exceeded the rate limit.');
    video.finishedAt = world.clock.now();
    video.wanted = state;
    video.description = params.get('description') ?? '';
    const title = params.get('title');
    if (title !== null) video.title = title;
    video.facts['is_ai_generated'] = params.get('is_ai_generated') ?? undefined;
    if (answer === 'posted-503') throw graphError(2, 'Service temporarily unavailable', { status: 503 });
    if (answer === 'posted-500') return { status: 500, body: '<html><body>Sorry</body></html>' };
    return quirks.plainFinish
      ? { status: 200, body: 'OK' }
      : { status: 200, body: { success: true, post_id: postId(video) } };
  }

  function numbered([, code = '1', subcode]: RegExpExecArray) {
    const sub = subcode === undefined ? {} : { subcode: Number(subcode) };
    return graphError(Number(code), 'Something was not right.', { ...sub, status: 400 });
  }

  function reelsToday(page: SimPage): number {
    const since = world.clock.now() - DAY;
    return [...videos.values()].filter((one) => one.page.id === page.id && (one.finishedAt ?? 0) > since)
      .length;
  }

  function expired(video: ReelVideo): boolean {
    return video.finishedAt === undefined && world.clock.now() - video.createdAt >= DAY;
  }

  function reels(request: SimRequest, page: SimPage): SimResponse {
    const holder = access.authenticate(request);
    needPage(holder, page);
    if (request.method === 'GET') return list(request, page);
    access.needScope(holder, 'pages_manage_posts');
    if (!page.tasks.includes('CREATE_CONTENT') && !page.tasks.includes('MANAGE'))
      throw graphError(100, 'No permission to publish the video');
    const params = paramsOf(request);
    for (const name of params.keys())
      if (name !== 'access_token' && !known.includes(name))
        world.complain('facebook', `POST video_reels got ${name}, which it doesn’t know`);
    switch (params.get('upload_phase')) {
      case 'start':
        return start(page, holder);
      case 'finish':
        return finish(params, page);
      default:
        throw graphError(100, '(#100) Missing parameter: upload_phase');
    }
  }

  function list(request: SimRequest, page: SimPage): SimResponse {
    const params = paramsOf(request);
    const since = instantOf(params.get('since'), world) ?? 0;
    const until = instantOf(params.get('until'), world) ?? Number.POSITIVE_INFINITY;
    const now = world.clock.now();
    const listed = [...videos.values()]
      .filter((video) => {
        const at = liveAt(video);
        return (
          video.page.id === page.id &&
          at !== undefined &&
          now - at >= quirks.listDelayMs &&
          at >= since &&
          at <= until
        );
      })
      .reverse();
    return paged(request, listed, 25, (video) =>
      select(node(video), 'AdVideo', params.get('fields'), 'id,description,updated_time'),
    );
  }

  function node(video: ReelVideo): Record<string, unknown> {
    const live = liveAt(video);
    return {
      id: video.id,
      description: video.description === '' ? undefined : video.description,
      title: video.title,
      created_time: graphStamp(video.createdAt),
      updated_time: graphStamp(live ?? video.createdAt),
      permalink_url: live === undefined ? undefined : `/reel/${video.id}/`,
      published: live !== undefined,
      post_id: live === undefined ? undefined : postId(video),
      status: videoStatus(video, live, expired(video), quirks, world.clock.now()),
    };
  }

  function needPage(holder: Holder, page: SimPage): void {
    if (!holder.pages.some(({ id }) => id === page.id)) throw unreadable(page.id);
  }

  /** `/videos`: a vertical clip ends as a draft that the Page’s owner is asked to share by hand. */
  function longVideo(request: SimRequest, page: SimPage): SimResponse {
    const holder = access.authenticate(request);
    needPage(holder, page);
    access.needScope(holder, 'pages_manage_posts');
    const params = paramsOf(request);
    const found = quirks.hosted[params.get('file_url') ?? ''];
    if (!found || !('bytes' in found)) throw graphError(389, 'Unable to fetch video file from URL.');
    const { body } = start(page, holder) as { body: { video_id: string } };
    const video = videos.get(body.video_id);
    if (!video) throw unreadable(body.video_id);
    const bytes = Buffer.from(found.bytes, 'base64');
    const now = world.clock.now();
    Object.assign(video, {
      received: bytes.length,
      sha256: world.keepMedia(bytes),
      completeAt: now,
      finishedAt: now,
      wanted: 'DRAFT',
    });
    video.description = params.get('description') ?? '';
    return { status: 200, body: { id: video.id } };
  }

  return {
    upload: (id) => receiverOf(world, quirks, videos.get(id), expired),
    videos: () => [...videos.values()],
    posts: () =>
      [...videos.values()]
        .flatMap((video) => {
          const at = liveAt(video);
          return at === undefined ? [] : [postOf(video, at, access)];
        })
        .sort((one, other) => other.publishedAt - one.publishedAt),
    call(request, path) {
      const [first = '', edge] = path;
      const page = allPages().find(({ id }) => id === first);
      if (page && edge === 'video_reels') return reels(request, page);
      if (page && edge === 'videos' && request.method === 'POST') return longVideo(request, page);
      const video = videos.get(first);
      if (!video) return undefined;
      const holder = access.authenticate(request);
      needPage(holder, video.page);
      const hidden = world.clock.now() - video.createdAt < quirks.unreadableMs;
      if (hidden && (quirks.unreadableBy === 'any' || holder.kind === 'page')) throw unreadable(first);
      if (edge === 'thumbnails' && request.method === 'POST') return setThumbnail(world, video, request);
      if (request.method !== 'GET' || edge !== undefined) throw graphError(100, 'Unsupported request.');
      return {
        status: 200,
        body: select(node(video), 'AdVideo', paramsOf(request).get('fields'), 'id,description,updated_time'),
      };
    },
  };
}

/** https://developers.facebook.com/docs/graph-api/reference/video/thumbnails/ */
function setThumbnail(world: World, video: ReelVideo, request: SimRequest): SimResponse {
  const parts = partsOf(request.headers['content-type'] ?? '', request.body) ?? [];
  const picture = parts.find(({ name }) => name === 'source')?.value;
  if (!picture?.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])))
    throw graphError(100, 'Invalid parameter: source must be an image');
  video.facts['cover'] = world.keepMedia(picture);
  return { status: 200, body: { success: true } };
}

function postId(video: ReelVideo): string {
  return `${video.page.id}_${BigInt(video.id) + 777n}`;
}

function postOf(video: ReelVideo, at: number, access: MetaAccess): SimPost {
  return {
    platform: 'facebook',
    accountId: video.page.id,
    id: video.id,
    url: `https://www.facebook.com/reel/${video.id}/`,
    text: video.description,
    ...(video.title === undefined ? {} : { title: video.title }),
    sha256: video.sha256,
    bytes: video.received,
    visible: access.appOf(video.appId)?.settings['development'] !== true,
    publishedAt: at,
    facts: { aiGenerated: video.facts['is_ai_generated'], cover: video.facts['cover'] ?? null },
  };
}
