import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';

/** What an answer is made of. */
interface Answer {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  body?: Buffer;
}

type Asked = { path: string; query: URLSearchParams; headers: IncomingMessage['headers']; body: string };

/** Production origin → where its part of this server begins. */
export const originsOf = (server: string): Record<string, string> => ({
  'https://bench.example': `${server}/site`,
  'https://www.googleapis.com': `${server}/google`,
  'https://youtube.googleapis.com': `${server}/google`,
  'https://api.x.com': `${server}/x`,
  'https://graph.facebook.com': `${server}/graph`,
  'https://rupload.facebook.com': `${server}/rupload`,
});

/**
 * A feed of videos and three platforms that answer at once and throw away what they get: all time that passes is the
 * client’s. The answers are those that the platforms document; what they refuse is the sandbox’s affair. Gives the port.
 */
export function servePlatforms(bytes: number): Promise<number> {
  const film = filmOf(bytes);
  const answer = answers(film);
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    // Of what is long nothing is kept.
    const isShort = Number(request.headers['content-length'] ?? 0) < 65_536;
    request.on('data', (piece: Buffer) => {
      if (isShort) pieces.push(piece);
    });
    request.on('end', () => {
      const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://server');
      const asked = { path, query, headers: request.headers, body: Buffer.concat(pieces).toString() };
      give(response, answer(request.method ?? 'GET', asked));
    });
  });
  server.keepAliveTimeout = 600_000;
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  );
}

function give(response: ServerResponse, { status = 200, headers = {}, json, body }: Answer): void {
  const bytes = body ?? Buffer.from(json === undefined ? '' : JSON.stringify(json));
  const type = body ? 'video/mp4' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers }).end(bytes);
}

/** One of the shipped videos, made as long as wanted by a box that players skip; each number gives another file. */
function filmOf(bytes: number): (n: number) => Buffer {
  const video = readFileSync(fileURLToPath(new URL('videos/sunrise.mp4', import.meta.url)));
  const filled = Buffer.alloc(Math.max(bytes, video.length + 64));
  video.copy(filled);
  filled.writeUInt32BE(filled.length - video.length, video.length);
  filled.write('free', video.length + 4, 'latin1');
  return (n) => {
    filled.write(String(n).padStart(16, '0'), filled.length - 16, 'latin1');
    return filled;
  };
}

function answers(film: (n: number) => Buffer): (method: string, asked: Asked) => Answer {
  /** When each film of the site appeared. */
  const published: Date[] = [];
  let made = 0;
  /** Reels whose file has arrived, and that were finished. */
  const reels = new Map<string, 'started' | 'uploaded' | 'out'>();
  const next = () => {
    made += 1;
    return String(1_000_000 + made);
  };
  const publish = () => {
    published.push(new Date());
    return { json: { published: published.length } };
  };

  const routes: readonly [RegExp, (asked: Asked, found: RegExpExecArray) => Answer][] = [
    // The site: a new video appears when this is asked for.
    [/^POST \/site\/new$/u, publish],
    [
      /^GET \/site\/feed$/u,
      () => ({ headers: { 'content-type': 'application/rss+xml' }, body: feed(published) }),
    ],
    [/^GET \/site\/(\d+)\.mp4$/u, (_, [, n]) => ({ body: film(Number(n)) })],
    [/^PUT \/site\/upload$/u, () => ({ json: {} })],
    // https://developers.google.com/youtube/v3/guides/using_resumable_upload_protocol
    [
      /^POST \/google\/upload\/youtube\/v3\/videos$/u,
      () => ({
        headers: { location: `https://www.googleapis.com/upload/youtube/v3/videos?upload_id=${next()}` },
      }),
    ],
    [/^PUT \/google\/upload\/youtube\/v3\/videos$/u, youtubePart],
    [
      /^GET \/google\/youtube\/v3\/videos$/u,
      ({ query }) => ({ json: { items: [youtubeVideo(query.get('id') ?? '')] } }),
    ],
    // https://docs.x.com/x-api/media/quickstart/media-upload-chunked
    [/^POST \/x\/2\/media\/upload\/initialize$/u, () => ({ json: { data: xUpload(next()) } })],
    [/^POST \/x\/2\/media\/upload\/\d+\/append$/u, () => ({ json: {} })],
    [/^POST \/x\/2\/media\/upload\/(\d+)\/finalize$/u, (_, [, id = '']) => ({ json: { data: xUpload(id) } })],
    [/^POST \/x\/2\/tweets$/u, () => ({ json: { data: { id: next() } } })],
    // https://developers.facebook.com/documentation/video-api/guides/reels-publishing
    [/^POST \/graph\/v[\d.]+\/\w+\/video_reels$/u, reelPhase],
    [
      /^POST \/rupload\/video-upload\/v[\d.]+\/(\d+)$/u,
      (_, [, id = '']) => {
        reels.set(id, 'uploaded');
        return { json: { success: true } };
      },
    ],
    [
      /^GET \/graph\/v[\d.]+\/(\d+)$/u,
      (_, [, id = '']) => ({ json: reelState(id, reels.get(id) ?? 'started') }),
    ],
  ];

  function reelPhase({ body }: Asked): Answer {
    const form = new URLSearchParams(body);
    if (form.get('upload_phase') === 'start') {
      const id = next();
      reels.set(id, 'started');
      return { json: { video_id: id, upload_url: `https://rupload.facebook.com/video-upload/v26.0/${id}` } };
    }
    reels.set(form.get('video_id') ?? '', 'out');
    return { json: { success: true } };
  }

  return (method, asked) => {
    for (const [route, answer] of routes) {
      const found = route.exec(`${method} ${asked.path}`);
      if (found) return answer(asked, found);
    }
    console.error(`the server without delay knows no ${method} ${asked.path}`);
    return { status: 404, json: { error: 'unknown' } };
  };
}

function feed(published: readonly Date[]): Buffer {
  // The newest fifty, as feeds show them.
  const newest = published
    .map((at, index) => ({ n: index + 1, at }))
    .slice(-50)
    .reverse();
  const items = newest.map(
    ({ n, at }) =>
      `<item><guid>bench-${n}</guid><title>Film ${n}</title><pubDate>${at.toISOString()}</pubDate><enclosure url="https://bench.example/${n}.mp4" type="video/mp4"/></item>`,
  );
  return Buffer.from(
    `<?xml version="1.0"?><rss version="2.0"><channel><title>Films</title>${items.join('')}</channel></rss>`,
  );
}

/** `bytes 0-8388607/20900000`: kept so far, or the video once all is there. */
function youtubePart({ headers, query }: Asked): Answer {
  const [, last = '0', total = '0'] = /^bytes \d+-(\d+)\/(\d+)$/u.exec(headers['content-range'] ?? '') ?? [];
  if (Number(last) + 1 < Number(total)) return { status: 308, headers: { range: `bytes=0-${last}` } };
  return { json: youtubeVideo(query.get('upload_id') ?? '') };
}

const youtubeVideo = (id: string) => ({
  id,
  snippet: { channelId: 'UC-youtube-0' },
  status: { uploadStatus: 'processed', privacyStatus: 'public' },
});

const xUpload = (id: string) => ({ id, media_key: `7_${id}`, expires_after_secs: 86_400, size: 1 });

function reelState(id: string, state: 'started' | 'uploaded' | 'out') {
  const arrived = state !== 'started';
  return {
    id,
    permalink_url: `/reel/${id}/`,
    published: state === 'out',
    status: {
      video_status: state === 'out' ? 'ready' : arrived ? 'upload_complete' : 'uploading',
      uploading_phase: arrived ? { status: 'complete' } : { status: 'in_progress', bytes_transferred: 0 },
      ...(state === 'out' ? { publishing_phase: { status: 'complete', publish_status: 'published' } } : {}),
    },
  };
}
