import { MINUTE, SECOND } from '../core/clock.ts';
import { bearerOf } from './oauth.ts';
import { pick, userFields, userObject, videoFields, videoObject } from './tiktok-fields.ts';
import type { TiktokGrant, TiktokLogin } from './tiktok-login.ts';
import type { TiktokQuirks } from './tiktok-quirks.ts';
import type { TiktokVideo, TiktokVideos } from './tiktok-videos.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

export interface TiktokApi {
  handle(request: SimRequest): SimResponse;
}

interface Pieces {
  world: World;
  quirks: TiktokQuirks;
  login: TiktokLogin;
  videos: TiktokVideos;
  logId(): string;
  /** Endpoints of the Content Posting API. */
  posting: Readonly<Record<string, Endpoint>>;
}

/** An error in TikTok's envelope. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const badParams = (message: string) => new ApiError(400, 'invalid_params', message);

/** One endpoint; `perMinute`: calls that one account's token may make, where it isn't what all share. */
export interface Endpoint {
  method: string;
  perMinute?: number;
  answer(grant: TiktokGrant, request: SimRequest): object;
}

export function createApi(pieces: Pieces): TiktokApi {
  const { world, quirks, login } = pieces;
  const calls = new Map<string, number[]>();
  const endpoints: Readonly<Record<string, Endpoint>> = {
    ...pieces.posting,
    '/v2/user/info/': { method: 'GET', answer: (grant, request) => userInfo(pieces, grant, request) },
    '/v2/video/list/': { method: 'POST', answer: (grant, request) => videoList(pieces, grant, request) },
    '/v2/video/query/': { method: 'POST', answer: (grant, request) => videoQuery(pieces, grant, request) },
  };

  function envelope(error: { code: string; message: string }, data: object): object {
    const log = quirks.missingLogId ? {} : { log_id: pieces.logId() };
    return { data, error: { ...error, ...log } };
  }

  /** The window slides: any 60 seconds hold at most so many calls of one endpoint. */
  function spend(path: string, grant: TiktokGrant, perMinute: number | undefined): void {
    const now = world.clock.now();
    const key = `${path} ${perMinute === undefined ? grant.clientKey : grant.openId}`;
    const recent = (calls.get(key) ?? []).filter((at) => at > now - MINUTE);
    calls.set(key, recent);
    if (recent.length >= (perMinute ?? quirks.callsPerMinute))
      throw new ApiError(
        429,
        'rate_limit_exceeded',
        'The API rate limit was exceeded. Please try again later.',
      );
    recent.push(now);
  }

  function answer(request: SimRequest): object {
    const endpoint = Object.hasOwn(endpoints, request.path) ? endpoints[request.path] : undefined;
    if (endpoint?.method !== request.method) {
      world.complain('tiktok', `there is no ${request.method} ${request.path}`);
      throw new ApiError(404, 'invalid_params', 'Unsupported path.');
    }
    const grant = login.grantOf(bearerOf(request));
    if (!grant)
      throw new ApiError(
        401,
        'access_token_invalid',
        'The access token is invalid or not found in the request.',
      );
    spend(request.path, grant, endpoint.perMinute);
    return endpoint.answer(grant, request);
  }

  return {
    handle(request) {
      try {
        return {
          status: 200,
          headers: { 'content-type': 'application/json; charset=utf-8', 'x-tt-logid': pieces.logId() },
          body: withLongIds(envelope({ code: 'ok', message: '' }, answer(request))),
        };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const again = error.status === 429 && quirks.retryAfter;
        return {
          status: quirks.apiErrors200 ? 200 : error.status,
          headers: again ? { 'retry-after': '60' } : {},
          body: envelope(error, {}),
        };
      }
    },
  };
}

/** Ids of posts are numbers in the answers, too long for a float: they are written as `int64:` texts until here. */
export const longId = (id: string) => `int64:${id}`;

function withLongIds(body: object): string {
  return JSON.stringify(body).replace(/"int64:(\d+)"/gu, '$1');
}

function wantedFields(request: SimRequest, known: readonly string[]): string[] {
  const fields = (request.query.get('fields') ?? '').split(',').filter((field) => field !== '');
  if (fields.length === 0) throw badParams('The fields parameter is required.');
  const unknown = fields.find((field) => !known.includes(field));
  if (unknown !== undefined) throw badParams(`Invalid field: ${unknown}`);
  return fields;
}

// ---------------------------------------------------------------- endpoints

function userInfo(pieces: Pieces, grant: TiktokGrant, request: SimRequest): object {
  const { world, quirks } = pieces;
  const fields = wantedFields(request, Object.keys(userFields));
  const forbidden = fields.filter((field) => !grant.scopes.includes(userFields[field] ?? ''));
  if (forbidden.length > 0 && !quirks.omitForbiddenFields)
    throw new ApiError(400, 'scope_permission_missed', `Missing the scope of ${forbidden.join(', ')}.`);
  const user = pick(
    userObject(pieces, grant),
    fields.filter((field) => !forbidden.includes(field)),
  );
  return { user: quirks.extraFields ? { ...user, region_hint: world.random() } : user };
}

function requireVideoList(grant: TiktokGrant): void {
  if (!grant.scopes.includes('video.list'))
    throw new ApiError(401, 'scope_not_authorized', 'The user did not authorize the scope required.');
}

export function jsonBody(world: World, request: SimRequest): Record<string, unknown> {
  if (!(request.headers['content-type'] ?? '').startsWith('application/json')) {
    world.complain('tiktok', `a body that is not sent as JSON to ${request.path}`);
    throw badParams('The content type must be application/json.');
  }
  try {
    const body: unknown = JSON.parse(request.body.toString() || '{}');
    if (typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  } catch {
    // Falls through to the one answer for all that is no object.
  }
  throw badParams('The body is not a JSON object.');
}

function videoList(pieces: Pieces, grant: TiktokGrant, request: SimRequest): object {
  const { world, quirks, videos } = pieces;
  requireVideoList(grant);
  const fields = wantedFields(request, videoFields);
  const body = jsonBody(world, request);
  const count = body['max_count'] ?? 10;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > 20)
    throw badParams('max_count must be between 1 and 20.');
  const cursor = body['cursor'];
  if (cursor !== undefined && (typeof cursor !== 'number' || !Number.isSafeInteger(cursor) || cursor < 0))
    throw badParams('cursor must be a timestamp in milliseconds.');
  if (quirks.emptyPages > 0) {
    quirks.emptyPages -= 1;
    return { videos: [], cursor: (cursor ?? world.clock.now() + 1) - 1, has_more: true };
  }
  const from = quirks.nonAdvancingCursor ? undefined : cursor;
  const now = world.clock.now();
  const seen = (video: TiktokVideo) => videos.shown(video) && video.listedAt <= now;
  const older = videos
    .of(grant.accountId)
    .filter((video) => from === undefined || isBefore(video, from, quirks.cursorIncluded))
    .filter((video) => quirks.filterAfterPaging || seen(video));
  const window = older.slice(0, count);
  const more = older.length > count || quirks.nonAdvancingCursor;
  const last = window.at(-1)?.createTime ?? 0;
  return {
    videos: window.filter(seen).map((video) => videoObject(pieces, grant, video, fields)),
    cursor: more || !quirks.lastCursorZero ? last * SECOND : 0,
    has_more: more,
  };
}

function isBefore(video: TiktokVideo, cursor: number, included: boolean): boolean {
  const at = video.createTime * SECOND;
  return included ? at <= cursor : at < cursor;
}

function videoQuery(pieces: Pieces, grant: TiktokGrant, request: SimRequest): object {
  const { world, videos } = pieces;
  requireVideoList(grant);
  const fields = wantedFields(request, videoFields);
  const filters = jsonBody(world, request)['filters'] as { video_ids?: unknown } | undefined;
  const ids = filters?.video_ids;
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > 20)
    throw badParams('video_ids must hold 1 to 20 ids.');
  if (!ids.every((id) => typeof id === 'string' && /^\d+$/u.test(id))) {
    world.complain('tiktok', 'a video id that is no text of digits');
    throw badParams('video_ids must be strings.');
  }
  const found = [...new Set(ids as string[])]
    .map((id) => videos.find(id))
    .filter((video) => video !== undefined)
    .filter((video) => video.accountId === grant.accountId && videos.shown(video));
  return { videos: found.map((video) => videoObject(pieces, grant, video, fields)) };
}
