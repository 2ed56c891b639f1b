import { SECOND } from '../core/clock.ts';
import { badInput, jsonOf, refusal } from './linkedin-answers.ts';
import type { LinkedinQuirks } from './linkedin-quirks.ts';

import { spendOne } from './quirks.ts';
import type { SimRequest, SimResponse, World } from './types.ts';

export interface Video {
  urn: string;
  owner: string;
  bytes: number;
  parts: { key: string; first: number; last: number; etag?: string; body?: Buffer }[];
  uploadToken: string;
  expiresAt: number;
  finalizedAt?: number;
  fate: LinkedinQuirks['processing'];
  /** Where a cover goes, if one was asked for, and SHA-256 of what came. */
  coverKey?: string;
  cover?: string;
  /** Of the whole file, once it is. */
  sha256: string;
}

export interface LinkedinVideos {
  /** `owners`: who the caller may upload for. */
  initialize(request: SimRequest, owners: readonly string[]): SimResponse;
  put(request: SimRequest): SimResponse;
  finalize(request: SimRequest, owners: readonly string[]): SimResponse;
  status(urn: string, owners: readonly string[]): SimResponse;
  find(urn: string): Video | undefined;
  stateOf(video: Video): string;
}

const UPLOADS = 'https://www.linkedin.com/dms-uploads/';
/** https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/videos-api */
const MOST_BYTES = 500_000_000;

/** Upload in parts, put together by their receipts. */
export function createVideos(world: World, quirks: LinkedinQuirks): LinkedinVideos {
  const videos = new Map<string, Video>();
  const own = (urn: string, owners: readonly string[]) => {
    const found = videos.get(urn);
    if (!found) throw refusal(404, `Could not find entity ${urn}`, { code: 'RESOURCE_NOT_FOUND' });
    if (!owners.includes(found.owner))
      throw refusal(
        403,
        'Accessing this video resource is forbidden. Please check your permissions for this resource',
      );
    return found;
  };

  function stateOf(video: Video): string {
    if (video.finalizedAt === undefined) return 'WAITING_UPLOAD';
    if (world.clock.now() - video.finalizedAt < quirks.processingSeconds * SECOND || video.fate === 'stuck')
      return 'PROCESSING';
    return video.fate === 'failed' ? 'PROCESSING_FAILED' : 'AVAILABLE';
  }

  return {
    find: (urn) => videos.get(urn),
    stateOf,
    initialize: (request, owners) => initialize(world, quirks, videos, request, owners),
    put: (request) => put(world, quirks, videos, request),
    finalize: (request, owners) => {
      const wish = wishOf(world, request, 'finalizeUploadRequest', [
        'video',
        'uploadToken',
        'uploadedPartIds',
      ]);
      return finalize(world, quirks, own(String(wish['video']), owners), wish);
    },
    status(urn, owners) {
      const video = own(urn, owners);
      if (!quirks.readsVideos)
        throw refusal(
          403,
          'Accessing this video resource is forbidden. Please check your permissions for this resource',
        );
      const state = stateOf(video);
      return {
        status: 200,
        body: {
          id: urn,
          owner: video.owner,
          status: state,
          ...(state === 'PROCESSING_FAILED' ? { processingFailureReason: 'Unsupported format' } : {}),
          duration: 0,
        },
      };
    },
  };
}

function wishOf(
  world: World,
  request: SimRequest,
  name: string,
  known: readonly string[],
): Record<string, unknown> {
  const wish = jsonOf(request)?.[name];
  if (typeof wish !== 'object' || wish === null) {
    world.complain('linkedin', `${request.path}: there is no ${name}`);
    throw badInput(400, `${name} is required`, [
      { code: 'MISSING_FIELD', description: `${name} is required`, field: name },
    ]);
  }
  const unknown = Object.keys(wish).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    world.complain('linkedin', `${request.path}: unknown member ${unknown}`);
    throw badInput(400, 'unrecognized field', [
      { code: 'UNRECOGNIZED_FIELD', description: 'unrecognized field', field: unknown },
    ]);
  }
  return wish as Record<string, unknown>;
}

function initialize(
  world: World,
  quirks: LinkedinQuirks,
  videos: Map<string, Video>,
  request: SimRequest,
  owners: readonly string[],
): SimResponse {
  const members = ['owner', 'fileSizeBytes', 'uploadCaptions', 'uploadThumbnail'];
  const { owner, fileSizeBytes, uploadThumbnail } = wishOf(
    world,
    request,
    'initializeUploadRequest',
    members,
  );
  const bytes = fileSizeBytes;
  if (typeof owner !== 'string' || !owners.includes(owner))
    throw refusal(403, 'Organization permissions must be used when using organization as owner');
  if (
    typeof bytes !== 'number' ||
    !Number.isInteger(bytes) ||
    bytes < quirks.leastBytes ||
    bytes > MOST_BYTES
  )
    throw badInput(400, 'The file size is outside of what is allowed', [
      { code: 'INVALID_VALUE', description: 'is out of bounds', field: 'fileSizeBytes' },
    ]);
  const now = world.clock.now();
  const video: Video = {
    urn: `urn:li:video:${world.token('C56', 17)}`,
    owner,
    bytes,
    parts: partsOf(world, quirks, bytes),
    uploadToken: quirks.uploadToken,
    expiresAt: now + quirks.uploadSeconds * SECOND,
    ...(uploadThumbnail === true ? { coverKey: world.token('D4C', 24) } : {}),
    fate: 'available',
    sha256: '',
  };
  videos.set(video.urn, video);
  const instructions = video.parts.map(({ key, first, last }) => ({
    uploadUrl: `${UPLOADS}${key}/uploadedVideo?m=AQL&app=1&sync=0&v=beta&ut=${world.token('', 20)}`,
    firstByte: first,
    lastByte: last,
  }));
  return {
    status: 200,
    body: {
      value: {
        uploadUrlsExpireAt: video.expiresAt,
        video: video.urn,
        uploadInstructions: quirks.unevenParts ? instructions.reverse() : instructions,
        uploadToken: video.uploadToken,
        thumbnailUploadUrl: video.coverKey === undefined ? '' : `${UPLOADS}${video.coverKey}/thumbnail?m=AQL`,
      },
    },
  };
}

function partsOf(world: World, { partBytes, unevenParts }: LinkedinQuirks, bytes: number): Video['parts'] {
  const parts: Video['parts'] = [];
  for (let first = 0; first < bytes; ) {
    // Every other part is a little shorter than the rest.
    const size = unevenParts && parts.length % 2 === 1 ? Math.ceil(partBytes * 0.7) : partBytes;
    const last = Math.min(first + size, bytes) - 1;
    parts.push({ key: world.token('D4', 24), first, last });
    first = last + 1;
  }
  return parts;
}

/** A thumbnail belongs to an upload that is not finalized. */
function putCover(world: World, video: Video, request: SimRequest): SimResponse {
  if (request.headers['media-type-family'] !== 'STILLIMAGE')
    world.complain('linkedin', 'a thumbnail was sent without saying that it is one');
  if (world.clock.now() >= video.expiresAt) return { status: 403, body: 'expired' };
  if (video.finalizedAt !== undefined) return { status: 409, body: 'finalized' };
  if (!request.body.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])))
    return { status: 400, body: 'no picture' };
  video.cover = world.keepMedia(request.body);
  return { status: 201 };
}

/** The address is the right: no token, no version. A part that comes again replaces the one before. */
function put(
  world: World,
  quirks: LinkedinQuirks,
  videos: Map<string, Video>,
  request: SimRequest,
): SimResponse {
  const key = request.path.split('/')[2] ?? '';
  const covered = [...videos.values()].find(({ coverKey }) => coverKey === key);
  if (covered) return putCover(world, covered, request);
  const video = [...videos.values()].find(({ parts }) => parts.some((part) => part.key === key));
  const part = video?.parts.find((one) => one.key === key);
  if (!video || !part) return { status: 404, body: 'not found' };
  if (request.headers['authorization'] !== undefined)
    world.complain('linkedin', 'a token was sent to an upload address');
  if (request.headers['content-length'] === undefined)
    world.complain('linkedin', 'a part was sent without its length');
  if (world.clock.now() >= video.expiresAt) return { status: 403, body: 'expired' };
  if (video.finalizedAt !== undefined) return { status: 409, body: 'finalized' };
  if (request.body.length !== part.last - part.first + 1) {
    world.complain(
      'linkedin',
      `a part of ${request.body.length} bytes where ${part.first}-${part.last} was asked for`,
    );
    return { status: 400, body: 'wrong length' };
  }
  const name = world.token('', 12);
  part.etag = quirks.etag === 'path' ? `/ambry-video/signedId/${name}.bin` : name;
  part.body = Buffer.from(request.body);
  return { status: 200, headers: { etag: quirks.etag === 'quoted' ? `"${part.etag}"` : part.etag } };
}

function finalize(
  world: World,
  quirks: LinkedinQuirks,
  video: Video,
  { uploadToken, uploadedPartIds }: Record<string, unknown>,
): SimResponse {
  if (video.finalizedAt !== undefined) {
    // What the real one does then is not documented: a client must not find out.
    world.complain('linkedin', 'finalizeUpload was sent again for a video that had it');
    throw refusal(400, 'The upload is finalized already');
  }
  const wanted = video.parts.map(({ etag }) => etag);
  const given = Array.isArray(uploadedPartIds) ? uploadedPartIds : [];
  const whole =
    wanted.length === given.length &&
    wanted.every((etag, index) => etag !== undefined && etag === given[index]);
  if (!whole || uploadToken !== video.uploadToken)
    throw badInput(400, 'Uploaded parts do not match', [
      { code: 'INVALID_VALUE', description: 'does not match what was uploaded', field: 'uploadedPartIds' },
    ]);
  video.finalizedAt = world.clock.now();
  video.fate = spendOne(quirks, 'processingTimes') ? quirks.processing : 'available';
  video.sha256 = world.keepMedia(Buffer.concat(video.parts.map(({ body }) => body ?? Buffer.alloc(0))));
  for (const part of video.parts) delete part.body;
  return { status: 200 };
}
