import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';
import { apiError, refuse } from './youtube-answers.ts';
import type { Metadata } from './youtube-metadata.ts';
import type { YoutubeQuirks } from './youtube-quirks.ts';
import type { SimVideo, YoutubeVideos } from './youtube-videos.ts';

/** Parts but the last are kept in blocks of this size. */
const BLOCK = 262_144;

const MOST_BYTES = 274_877_906_944;

interface Session {
  id: string;
  account: SimAccount;
  audited: boolean;
  metadata: Metadata;
  parts: readonly string[];
  /** Announced by X-Upload-Content-Length. */
  total: number | null;
  type: string | null;
  fileName: string | null;
  openedAt: number;
  stored: Buffer[];
  storedBytes: number;
  video: SimVideo | null;
  /** The upload has failed: this answer is repeated. */
  failed: SimResponse | null;
}

interface NewSession extends Pick<Session, 'account' | 'audited' | 'metadata' | 'parts'> {
  origin: string;
}

export interface YoutubeSessions {
  open(request: SimRequest, session: NewSession): SimResponse;
  put(request: SimRequest, account: SimAccount): SimResponse;
  /** Ends sessions before their time; gives how many there were. */
  expireAll(): number;
  /** From now on every open session answers this error. */
  failAll(status: number, reason: string): number;
}

/** What the upload servers share. */
interface Servers {
  world: World;
  quirks: YoutubeQuirks;
  videos: YoutubeVideos;
  sessions: Map<string, Session>;
}

export function createYoutubeSessions(
  world: World,
  quirks: YoutubeQuirks,
  videos: YoutubeVideos,
): YoutubeSessions {
  const sessions = new Map<string, Session>();
  const servers: Servers = { world, quirks, videos, sessions };
  return {
    open: (request, session) => open(servers, request, session),
    put: (request, account) => put(servers, request, account),
    expireAll() {
      const { size } = sessions;
      sessions.clear();
      return size;
    },
    failAll(status, reason) {
      const unfinished = [...sessions.values()].filter((session) => !session.video);
      for (const session of unfinished) session.failed = apiError(status, reason, 'The upload has failed.');
      return unfinished.length;
    },
  };
}

function open(servers: Servers, request: SimRequest, session: NewSession): SimResponse {
  const { headers, query } = request;
  const id = servers.world.token('AHVrFx', 80);
  servers.sessions.set(id, {
    ...session,
    id,
    total: announcedBytes(headers['x-upload-content-length']),
    type: headers['x-upload-content-type'] ?? null,
    fileName: fileNameOf(headers['slug']),
    openedAt: servers.world.clock.now(),
    stored: [],
    storedBytes: 0,
    video: null,
    failed: null,
  });
  const location = new URL(`${session.origin}${request.path}`);
  for (const [name, value] of query) location.searchParams.set(name, value);
  location.searchParams.set('upload_id', id);
  return { status: 200, headers: { location: location.href, 'x-guploader-uploadid': id } };
}

function put(servers: Servers, request: SimRequest, account: SimAccount): SimResponse {
  const session = servers.sessions.get(request.query.get('upload_id') ?? '');
  if (!session || servers.world.clock.now() >= session.openedAt + servers.quirks.sessionLifeMs)
    return { status: servers.quirks.goneStatus, body: '<html><title>Error</title>Not Found</html>' };
  if (session.account.id !== account.id)
    refuse(403, 'forbidden', 'The session belongs to another channel.', { rpcStatus: 'PERMISSION_DENIED' });
  const answer = take(servers, session, request);
  return request.headers['x-guploader-no-308'] === 'yes' && answer.status === 308
    ? { ...answer, status: 200, headers: { ...answer.headers, 'x-http-status-code-override': '308' } }
    : answer;
}

function take(servers: Servers, session: Session, request: SimRequest): SimResponse {
  if (session.failed) return session.failed;
  if (session.video) return final(servers, session, session.video);
  const range = rangeOf(request);
  if (!range)
    return wrong(servers, `Failed to parse Content-Range header: ${request.headers['content-range']}`);
  if (range.total !== null && session.total !== null && range.total !== session.total)
    return wrong(servers, `a total of ${range.total} bytes where ${session.total} were announced`);
  session.total ??= range.total;
  if (range.kind === 'query') return incomplete(session);
  const { headers, body, complete } = request;
  if (session.type !== null && headers['content-type'] !== session.type)
    return wrong(servers, `Content-Type ${headers['content-type']} where ${session.type} was announced`);
  if (complete && body.length !== range.end - range.start)
    return wrong(servers, `${body.length} bytes for a range of ${range.end - range.start}`);
  // A block that overlaps or leaves a gap is not stored.
  if (range.start !== session.storedBytes) return incomplete(session);
  store(servers, session, body, complete && range.end === session.total);
  if (session.storedBytes === session.total) return finish(servers, session);
  if (complete && range.end !== session.total && body.length % BLOCK !== 0)
    servers.world.complain('youtube', `a part of ${body.length} bytes that is no multiple of ${BLOCK}`);
  return incomplete(session);
}

function store(servers: Servers, session: Session, body: Buffer, isEnd: boolean): void {
  let keep = isEnd ? body.length : Math.floor(body.length / BLOCK) * BLOCK;
  if (servers.quirks.keepHalf > 0) {
    servers.quirks.keepHalf -= 1;
    keep = Math.floor(keep / 2 / BLOCK) * BLOCK;
  }
  if (keep === 0) return;
  session.stored.push(Buffer.from(body.subarray(0, keep)));
  session.storedBytes += keep;
}

function finish(servers: Servers, session: Session): SimResponse {
  if (session.storedBytes === 0) {
    session.failed = apiError(400, 'mediaBodyRequired', 'The request does not include the video content.', {
      domain: 'youtube.video',
    });
    return session.failed;
  }
  session.video = servers.videos.add({ ...session, media: Buffer.concat(session.stored) });
  session.stored = [];
  if (servers.quirks.forgetsFinished) servers.sessions.delete(session.id);
  return final(servers, session, session.video);
}

function final(servers: Servers, session: Session, video: SimVideo): SimResponse {
  return {
    status: servers.quirks.finalStatus,
    headers: { 'content-type': 'application/json; charset=UTF-8', 'x-guploader-uploadid': session.id },
    body: servers.videos.resource(video, session.parts),
  };
}

function wrong(servers: Servers, what: string): SimResponse {
  servers.world.complain('youtube', what);
  return apiError(400, 'badRequest', `Invalid request. ${what}.`, { rpcStatus: 'INVALID_ARGUMENT' });
}

function incomplete(session: Session): SimResponse {
  const { storedBytes, id } = session;
  return {
    status: 308,
    headers: {
      'x-guploader-uploadid': id,
      // Without this header nothing is stored.
      ...(storedBytes > 0 ? { range: `bytes=0-${storedBytes - 1}` } : {}),
    },
  };
}

type Range =
  | { kind: 'query'; total: number | null }
  | { kind: 'part'; start: number; end: number; total: number | null };

// `bytes 0-99/1000`; with a star for the range: a question; no header: the whole file.
function rangeOf({ headers, body, complete }: SimRequest): Range | undefined {
  const text = headers['content-range'];
  if (text === undefined) {
    const bytes = complete ? body.length : Number(headers['content-length'] ?? body.length);
    return { kind: 'part', start: 0, end: bytes, total: bytes };
  }
  const found = /^bytes (?:(\*)|(\d+)-(\d+))\/(\d+|\*)$/u.exec(text);
  if (!found) return undefined;
  const [, star, first, last, whole] = found;
  const total = whole === '*' ? null : Number(whole);
  if (star) return { kind: 'query', total };
  const [start, end] = [Number(first), Number(last) + 1];
  return end > start && (total === null || end <= total) ? { kind: 'part', start, end, total } : undefined;
}

function announcedBytes(header: string | undefined): number | null {
  if (header === undefined) return null;
  const bytes = Number(header);
  if (!/^\d+$/u.test(header) || bytes > MOST_BYTES)
    refuse(400, 'uploadTooLarge', `The upload of ${header} bytes is too large.`);
  if (bytes === 0)
    refuse(400, 'mediaBodyRequired', 'The request does not include the video content.', {
      domain: 'youtube.video',
    });
  return bytes;
}

function fileNameOf(slug: string | undefined): string | null {
  if (slug === undefined) return null;
  if (!/^[^/\\<>\0]{1,255}$/u.test(slug))
    refuse(400, 'invalidFilename', 'The video filename specified in the Slug header is invalid.', {
      domain: 'youtube.video',
      location: 'Slug',
      locationType: 'header',
    });
  return slug;
}
