import { SECOND } from '../core/clock.ts';
import { spendOne } from './quirks.ts';
import type { SimAccount, SimRequest, SimResponse, World } from './types.ts';
import { invalidRequest, notFound, problem, Refusal } from './x-answers.ts';
import { partsOf } from './x-multipart.ts';
import type { XQuirks } from './x-quirks.ts';

export interface Media {
  id: string;
  accountId: string;
  totalBytes: number;
  /** `7_` and so on, without the id. */
  prefix: string;
  segments: Map<number, Buffer>;
  expiresAt: number;
  finalizedAt: number | null;
  fate: XQuirks['processing'];
  /** Of the whole file, once it is. */
  sha256: string;
  durationSeconds: number;
}

export interface XMedia {
  initialize(request: SimRequest, account: SimAccount): SimResponse;
  append(request: SimRequest, account: SimAccount, id: string): SimResponse;
  finalize(account: SimAccount, id: string): SimResponse;
  status(request: SimRequest, account: SimAccount): SimResponse;
  /** An upload that a post of this account may carry now; undefined for any other. */
  usable(account: SimAccount, id: string): Media | undefined;
}

const types =
  'video/mp4 video/webm video/mp2t video/quicktime image/jpeg image/png image/gif image/bmp image/webp image/pjpeg image/tiff text/srt text/vtt'.split(
    ' ',
  );
const prefixes: Readonly<Record<string, string>> = {
  tweet_video: '7_',
  amplify_video: '13_',
  tweet_image: '3_',
  tweet_gif: '16_',
  dm_video: '7_',
  dm_image: '3_',
  dm_gif: '16_',
  subtitles: '7_',
};
const MOST_BYTES = 17_179_869_184;

interface State {
  world: World;
  quirks: XQuirks;
  snowflake: () => string;
  media: Map<string, Media>;
}

/** https://docs.x.com/x-api/media/quickstart/media-upload-chunked */
export function createMedia(world: World, quirks: XQuirks, snowflake: () => string): XMedia {
  const state: State = { world, quirks, snowflake, media: new Map() };
  return {
    initialize: (request, account) => initialize(state, request, account),
    append: (request, account, id) => append(state, request, find(state, account, id)),
    finalize: (account, id) => finalize(state, find(state, account, id)),
    status(request, account) {
      const unknown = [...request.query.keys()].filter((name) => !['command', 'media_id'].includes(name));
      if (unknown.length > 0 || request.query.get('command') !== 'STATUS')
        throw wrong(state, `GET /2/media/upload with ${request.query}`, 'command');
      return answer(state, find(state, account, request.query.get('media_id') ?? ''));
    },
    usable(account, id) {
      const media = state.media.get(id);
      const fine = media && media.accountId === account.id && world.clock.now() < media.expiresAt;
      return fine && stateOf(state, media) === 'succeeded' ? media : undefined;
    },
  };
}

function find({ media, quirks, world }: State, account: SimAccount, id: string): Media {
  const found = media.get(id);
  if (!found || found.accountId !== account.id || world.clock.now() >= found.expiresAt)
    throw invalidRequest(quirks, { media_id: `The media_id [${id}] is invalid or expired.` });
  return found;
}

/** A request that no schema of X's allows: the client's mistake. */
function wrong({ world, quirks }: State, what: string, parameter: string): Refusal {
  world.complain('x', what);
  return invalidRequest(quirks, { [parameter]: `${parameter} is not valid.` });
}

function initialize(state: State, request: SimRequest, account: SimAccount): SimResponse {
  const { world, quirks } = state;
  const wish = jsonOf(request);
  if (!wish) throw wrong(state, 'initialize: the body is no JSON object', 'body');
  const known = ['media_type', 'total_bytes', 'media_category', 'shared', 'additional_owners'];
  for (const name of Object.keys(wish))
    if (!known.includes(name)) throw wrong(state, `initialize: unknown member ${name}`, name);
  const { media_type: type, total_bytes: bytes, media_category: category = 'tweet_video' } = wish;
  if (!types.includes(String(type)))
    throw wrong(state, `initialize: media_type ${String(type)}`, 'media_type');
  if (!Number.isInteger(bytes) || Number(bytes) < 0 || Number(bytes) > MOST_BYTES)
    throw wrong(state, `initialize: total_bytes ${String(bytes)}`, 'total_bytes');
  const prefix = prefixes[String(category)];
  if (prefix === undefined)
    throw wrong(state, `initialize: media_category ${String(category)}`, 'media_category');
  const id = state.snowflake();
  const media: Media = {
    id,
    accountId: account.id,
    totalBytes: Number(bytes),
    prefix,
    segments: new Map(),
    expiresAt: world.clock.now() + quirks.mediaSeconds * SECOND,
    finalizedAt: null,
    fate: 'succeeded',
    sha256: '',
    durationSeconds: 0,
  };
  state.media.set(id, media);
  const key = quirks.keyAtInitialize ? { media_key: prefix + id } : {};
  return { status: 200, body: { data: { id, ...key, expires_after_secs: quirks.mediaSeconds } } };
}

function append(state: State, request: SimRequest, media: Media): SimResponse {
  const { quirks } = state;
  const { index, bytes } = segmentOf(state, request);
  if (!/^\d{1,3}$/u.test(index)) throw wrong(state, `append: segment_index ${index}`, 'segment_index');
  if (bytes.length > quirks.segmentBytes) throw new Refusal({ status: 413, body: '' });
  if (bytes.length === 0) throw wrong(state, 'append: an empty segment', 'media');
  if (media.finalizedAt !== null)
    throw invalidRequest(quirks, { media_id: 'The media was already finalized.' });
  media.segments.set(Number(index), Buffer.from(bytes));
  return { status: 200, body: { data: { expires_at: Math.floor(media.expiresAt / SECOND) } } };
}

function segmentOf(state: State, request: SimRequest): { index: string; bytes: Buffer } {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) {
    const { segment_index: index, media } = jsonOf(request) ?? {};
    if (typeof index !== 'number' || typeof media !== 'string')
      throw wrong(state, 'append: JSON without segment_index and media', 'media');
    return { index: String(index), bytes: Buffer.from(media, 'base64') };
  }
  const parts = partsOf(type, request.body);
  if (!parts) throw wrong(state, 'append: neither JSON nor a whole multipart/form-data body', 'media');
  const value = (name: string) => parts.find((part) => part.name === name)?.value;
  return { index: value('segment_index')?.toString() ?? '', bytes: value('media') ?? Buffer.alloc(0) };
}

function finalize(state: State, media: Media): SimResponse {
  const { world, quirks } = state;
  if (media.finalizedAt !== null)
    throw invalidRequest(quirks, { media_id: 'The media was already finalized.' });
  const order = [...media.segments.keys()].sort((one, other) => one - other);
  const whole = Buffer.concat(order.map((index) => media.segments.get(index) ?? Buffer.alloc(0)));
  if (whole.length !== media.totalBytes || order.some((index, place) => index !== place))
    throw problem(quirks, 400, {
      title: 'Invalid Request',
      detail: 'Segments do not add up to provided total file size.',
      kind: 'invalid-request',
    });
  media.finalizedAt = world.clock.now();
  media.expiresAt = world.clock.now() + quirks.mediaSeconds * SECOND;
  if (quirks.processing !== 'succeeded' && spendOne(quirks, 'processingTimes'))
    media.fate = quirks.processing;
  media.sha256 = world.keepMedia(whole);
  media.durationSeconds = durationOf(whole);
  media.segments.clear();
  return answer(state, media);
}

type Progress = 'pending' | 'in_progress' | 'succeeded' | 'failed';

function stateOf({ world, quirks }: State, media: Media): Progress {
  if (media.finalizedAt === null) return 'pending';
  const elapsed = world.clock.now() - media.finalizedAt;
  if (elapsed < (quirks.processingSeconds * SECOND) / 4)
    return quirks.processingSeconds > 0 ? 'pending' : 'succeeded';
  if (elapsed < quirks.processingSeconds * SECOND) return 'in_progress';
  if (media.fate === 'failed' || media.fate === 'internal-error') return 'failed';
  return media.fate === 'succeeded' ? 'succeeded' : 'in_progress';
}

function answer(state: State, media: Media): SimResponse {
  const { world, quirks } = state;
  const progress = stateOf(state, media);
  const left = Math.max(0, Math.floor((media.expiresAt - world.clock.now()) / SECOND));
  const ready = progress === 'succeeded' && quirks.processingSeconds === 0;
  const info =
    media.finalizedAt === null || ready ? {} : { processing_info: processingInfo(state, media, progress) };
  const size = media.finalizedAt === null ? {} : { size: media.totalBytes };
  return {
    status: 200,
    body: {
      data: { id: media.id, media_key: media.prefix + media.id, ...size, expires_after_secs: left, ...info },
    },
  };
}

function processingInfo({ quirks, world }: State, media: Media, progress: Progress): object {
  const elapsed = world.clock.now() - (media.finalizedAt ?? 0);
  const over = elapsed >= quirks.processingSeconds * SECOND;
  const share = Math.min(99, Math.floor((100 * elapsed) / Math.max(1, quirks.processingSeconds * SECOND)));
  const error =
    over && media.fate === 'internal-error'
      ? { code: 4, name: 'InternalError', message: 'Media processing failed' }
      : over && (media.fate === 'failed' || media.fate === 'stuck')
        ? { code: 1, name: 'InvalidMedia', message: 'Unsupported video format' }
        : undefined;
  return {
    state: progress,
    ...(progress === 'pending' || progress === 'in_progress'
      ? { check_after_secs: quirks.checkAfterSeconds }
      : {}),
    ...(progress === 'pending' ? {} : { progress_percent: progress === 'succeeded' ? 100 : share }),
    ...(error ? { error } : {}),
  };
}

export function jsonOf(request: SimRequest): Record<string, unknown> | undefined {
  if (!/^application\/json\b/u.test(request.headers['content-type'] ?? '')) return undefined;
  try {
    const value: unknown = JSON.parse(request.body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** From the movie header of an MP4 (ISO/IEC 14496-12, 8.2.2); 0 where there is none. */
function durationOf(file: Buffer): number {
  const at = file.indexOf('mvhd') + 4;
  if (at < 4 || file.length < at + 32) return 0;
  const long = file[at] === 1;
  const scale = file.readUInt32BE(at + (long ? 20 : 12));
  const length = long ? Number(file.readBigUInt64BE(at + 24)) : file.readUInt32BE(at + 16);
  return scale > 0 ? length / scale : 0;
}

/** For a path of X's that holds an id which is none. */
export function idIn(quirks: XQuirks, path: string, id: string): string {
  if (/^\d{1,19}$/u.test(id)) return id;
  throw notFound(quirks, path);
}
