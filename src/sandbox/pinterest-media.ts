import { SECOND } from '../core/clock.ts';
import { jsonOf, refusal, storageError } from './pinterest-answers.ts';
import type { PinterestQuirks } from './pinterest-quirks.ts';

import { spendOne } from './quirks.ts';
import type { SimRequest, SimResponse, World } from './types.ts';
import { type FormPart, partsOf } from './x-multipart.ts';

export interface Media {
  id: string;
  accountId: string;
  parameters: Readonly<Record<string, string>>;
  policyEndsAt: number;
  uploadedAt?: number;
  fate: PinterestQuirks['processing'];
  sha256: string;
  bytes: number;
  /** Pins that were made from it. */
  used: number;
}

export interface PinterestMedia {
  register(request: SimRequest, accountId: string): SimResponse;
  /** The storage's form endpoint. */
  upload(request: SimRequest): SimResponse;
  status(id: string, accountId: string): SimResponse;
  find(id: string, accountId: string): Media | undefined;
  stateOf(media: Media): string;
}

const UPLOADS = 'https://pinterest-media-upload.s3-accelerate.amazonaws.com/';
const MOST_BYTES = 2_147_483_648;

/** https://developers.pinterest.com/docs/api/v5/media-create */
export function createMedia(world: World, quirks: PinterestQuirks): PinterestMedia {
  const stored = new Map<string, Media>();
  const find = (id: string, accountId: string) => {
    const media = stored.get(id);
    return media?.accountId === accountId ? media : undefined;
  };

  function stateOf({ uploadedAt, fate }: Media): string {
    if (uploadedAt === undefined) return 'registered';
    const elapsed = world.clock.now() - uploadedAt;
    if (elapsed < quirks.noticeSeconds * SECOND) return 'registered';
    if (elapsed < quirks.processingSeconds * SECOND || fate === 'stuck') return 'processing';
    return fate;
  }

  return {
    find,
    stateOf,
    register: (request, accountId) => register(world, quirks, stored, request, accountId),
    upload: (request) => upload(world, quirks, stored, request),
    status(id, accountId) {
      const media = find(id, accountId);
      if (!media) throw refusal(404, 2700, 'Media not found.');
      return { status: 200, body: { media_id: id, media_type: 'video', status: stateOf(media) } };
    },
  };
}

function register(
  world: World,
  quirks: PinterestQuirks,
  stored: Map<string, Media>,
  request: SimRequest,
  accountId: string,
): SimResponse {
  const wish = jsonOf(request);
  if (wish?.['media_type'] !== 'video' || Object.keys(wish).length !== 1) {
    world.complain('pinterest', 'POST /v5/media wants {"media_type": "video"} and nothing else');
    throw refusal(400, 1, "Invalid parameter 'media_type'");
  }
  const now = world.clock.now();
  const policyEndsAt = now + quirks.policySeconds * SECOND;
  const id = world.snowflake();
  const policy = { expiration: new Date(policyEndsAt).toISOString(), conditions: [{ key: `uploads/${id}` }] };
  const media: Media = {
    id,
    accountId,
    parameters: {
      'x-amz-date': new Date(now).toISOString().replace(/[-:]|\.\d+/gu, ''),
      'x-amz-signature': world.token('', 64).toLowerCase(),
      'x-amz-security-token': world.token('FwoGZXIvYXdz', 200),
      'x-amz-algorithm': 'AWS4-HMAC-SHA256',
      key: `uploads/${id}:video:${world.token('', 8)}`,
      policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
      'x-amz-credential': `${world.token('ASIA', 16).toUpperCase()}/20261122/us-east-1/s3/aws4_request`,
      'Content-Type': 'multipart/form-data',
    },
    policyEndsAt,
    fate: 'succeeded',
    sha256: '',
    bytes: 0,
    used: 0,
  };
  stored.set(id, media);
  return {
    status: 201,
    body: { media_id: id, media_type: 'video', upload_url: UPLOADS, upload_parameters: media.parameters },
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html */
function upload(
  world: World,
  quirks: PinterestQuirks,
  stored: Map<string, Media>,
  request: SimRequest,
): SimResponse {
  const { headers, body } = request;
  if (spendOne(quirks, 'slowDownTimes'))
    return storageError(503, 'SlowDown', 'Please reduce your request rate.');
  if (headers['content-length'] === undefined) {
    world.complain('pinterest', 'an upload came without its length');
    return storageError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (headers['authorization'] !== undefined) {
    world.complain('pinterest', 'a token was sent to the storage');
    return storageError(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  }
  const parts = partsOf(headers['content-type'] ?? '', body);
  if (!parts)
    return storageError(400, 'MalformedPOSTRequest', 'The body of your POST request is not well-formed.');
  // What follows the file is not looked at.
  const at = parts.findIndex(({ name }) => name === 'file');
  const fields = new Map(
    parts.slice(0, at < 0 ? undefined : at).map(({ name, value }) => [name, String(value)]),
  );
  const media = [...stored.values()].find(({ parameters }) => parameters['key'] === fields.get('key'));
  const file: FormPart | undefined = parts[at];
  if (!file)
    return storageError(400, 'InvalidArgument', 'POST requires exactly one file upload per request.');
  if (at !== parts.length - 1) world.complain('pinterest', 'a field came after the file');
  const missing = Object.entries(media?.parameters ?? { key: '' }).find(
    ([name, value]) => fields.get(name) !== value,
  );
  if (!media || missing) {
    world.complain('pinterest', `the form lacks ${missing?.[0] ?? 'a known key'}`);
    return storageError(403, 'AccessDenied', 'Invalid according to Policy: Policy Condition failed');
  }
  if (world.clock.now() >= media.policyEndsAt)
    return storageError(403, 'AccessDenied', 'Invalid according to Policy: Policy expired.');
  if (file.value.length > MOST_BYTES)
    return storageError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  if (file.value.length === 0)
    return storageError(
      400,
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size',
    );
  media.sha256 = world.keepMedia(file.value);
  media.bytes = file.value.length;
  media.uploadedAt = world.clock.now();
  media.fate = spendOne(quirks, 'processingTimes') ? quirks.processing : 'succeeded';
  return { status: 204, headers: { etag: `"${media.sha256.slice(0, 32)}"` } };
}
