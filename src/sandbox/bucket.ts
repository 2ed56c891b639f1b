import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rangeOf } from './range.ts';
import type { Keys, SignatureFault } from './sigv4.ts';
import { signatureFault } from './sigv4.ts';
import type { SimRequest, SimResponse, SimulatorFactory, World } from './types.ts';

const s3Origin = 'https://s3.sandbox.example';
const webOrigin = 'https://files.sandbox.example';

/** What can be turned on both places, and how it stands usually. */
interface BucketQuirks {
  /** Requests that are told to slow down, from now on. */
  slowDowns: number;
  /** Anybody may read objects without a signature. */
  publicRead: boolean;
  /** Anybody may read the list of names. */
  publicList: boolean;
  /** Objects vanish as soon as they are written. */
  vanishing: boolean;
  /** The web server: whether it answers byte ranges and HEAD, what type it says, whether it lists. */
  ranges: boolean;
  head: boolean;
  contentType: string;
  listing: boolean;
  robots: string;
  /** Another status for every file: 200 is none. */
  status: number;
}

const usual: Readonly<BucketQuirks> = {
  slowDowns: 0,
  publicRead: false,
  publicList: false,
  vanishing: false,
  ranges: true,
  head: true,
  contentType: 'video/mp4',
  listing: false,
  robots: '',
  status: 200,
};

interface StoredObject {
  bytes: Buffer;
  type: string;
}

/**
 * Where a user keeps videos for platforms to fetch: an S3-compatible bucket that checks every signature, and a
 * web server over a folder on this machine. The keys are for everybody to read: lever `keys`.
 */
export const createBucket: SimulatorFactory = (world) => {
  const keys: Keys = {
    accessKeyId: 'SANDBOXACCESSKEY0001',
    secretAccessKey: 'sandbox/secret+access/key/0000000000000001',
    region: 'us-east-1',
  };
  const bucket = 'repost-videos';
  const quirks: BucketQuirks = { ...usual };
  const objects = new Map<string, StoredObject>();
  let folder: string | undefined;

  return {
    platform: 'bucket',
    origins: [s3Origin, webOrigin],
    handle(request) {
      if (request.origin === webOrigin) return webServer(request, folder, quirks);
      if (quirks.slowDowns > 0) {
        quirks.slowDowns -= 1;
        return refuse(503, 'SlowDown', 'Please reduce your request rate.');
      }
      return s3(world, { keys, bucket, quirks, objects }, request);
    },
    posts: () => [],
    controls: {
      /** What a client is set to: endpoint, bucket, region and keys. */
      keys: () => ({ endpoint: s3Origin, bucket, ...keys, webOrigin }),
      objects: () => [...objects].map(([name, { bytes, type }]) => ({ name, bytes: bytes.length, type })),
      /** Deletes everything, as a rule of the bucket's may. */
      clear: () => objects.clear(),
      /** Serves this folder as the web server: `{folder: '/tmp/public'}`. */
      serve(input) {
        folder = (input as { folder: string }).folder;
        return { url: webOrigin, folder };
      },
      quirks(input) {
        for (const [name, value] of Object.entries((input ?? {}) as Record<string, unknown>)) {
          const known: unknown = (usual as unknown as Record<string, unknown>)[name];
          if (typeof known !== typeof value) throw new Error(`there is no quirk ${name} of that kind`);
          Object.assign(quirks, { [name]: value });
        }
        return quirks;
      },
    },
  };
};

interface Bucket {
  keys: Keys;
  bucket: string;
  quirks: BucketQuirks;
  objects: Map<string, StoredObject>;
}

function s3(world: World, { keys, bucket, quirks, objects }: Bucket, request: SimRequest): SimResponse {
  const [, name = '', key = ''] = /^\/([^/]*)\/?(.*)$/u.exec(decodeURIComponent(request.path)) ?? [];
  const reading = request.method === 'GET' || request.method === 'HEAD';
  const open = reading && (key === '' ? quirks.publicList : quirks.publicRead);
  if (!open) {
    const fault = signatureFault(request, keys, world.clock.now());
    if (fault) return refuseSignature(fault, keys, request.method);
  }
  if (name !== bucket) return refuse(404, 'NoSuchBucket', 'The specified bucket does not exist');
  if (key === '') return listOf(world, [...objects.keys()], open);
  switch (request.method) {
    case 'PUT':
      // Half an object is none.
      if (!request.complete) return refuse(400, 'IncompleteBody', 'You did not provide the number of bytes');
      if (request.headers['content-length'] === undefined)
        return refuse(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
      if (!/[0-9a-f]{32}/u.test(key)) world.complain('bucket', `a name that can be guessed: ${key}`);
      if (!quirks.vanishing)
        objects.set(key, {
          bytes: request.body,
          type: request.headers['content-type'] ?? 'binary/octet-stream',
        });
      return { status: 200, headers: { etag: '"00000000000000000000000000000000"' } };
    case 'DELETE':
      objects.delete(key);
      return { status: 204 };
    case 'GET':
    case 'HEAD':
      return objectOf(request, objects.get(key));
    default:
      return refuse(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
  }
}

function objectOf(request: SimRequest, object: StoredObject | undefined): SimResponse {
  if (!object) return refuse(404, 'NoSuchKey', 'The specified key does not exist.', request.method);
  const answer = rangeOf(object.bytes, object.type, request.headers['range']);
  return request.method === 'HEAD' ? headOf(answer) : answer;
}

function headOf({ status, headers, body }: ReturnType<typeof rangeOf>): SimResponse {
  return { status, headers: { ...headers, 'content-length': String(body.length) } };
}

/** Names are nobody's business: whoever lists with the keys is told off. */
function listOf(world: World, names: readonly string[], open: boolean): SimResponse {
  if (!open) world.complain('bucket', 'the bucket was listed');
  const contents = names.map((name) => `<Contents><Key>${name}</Key></Contents>`).join('');
  return xml(200, `<ListBucketResult>${contents}</ListBucketResult>`);
}

function refuseSignature(fault: SignatureFault, { region }: Keys, method: string): SimResponse {
  switch (fault) {
    case 'AuthorizationHeaderMalformed':
      return refuse(
        400,
        fault,
        `The authorization header is malformed; the region is wrong; expecting '${region}'`,
        method,
        `<Region>${region}</Region>`,
      );
    case 'MissingSecurityHeader':
    case 'XAmzContentSHA256Mismatch':
      return refuse(400, fault, 'The provided x-amz-content-sha256 header does not match.', method);
    case 'ExpiredSignature':
      return refuse(403, 'AccessDenied', 'Request has expired', method);
    case 'InvalidAccessKeyId':
      return refuse(403, fault, 'The access key Id you provided does not exist in our records.', method);
    case 'RequestTimeTooSkewed':
      return refuse(
        403,
        fault,
        'The difference between the request time and the server time is too large.',
        method,
      );
    case 'SignatureDoesNotMatch':
      return refuse(
        403,
        fault,
        'The request signature we calculated does not match the one you provided.',
        method,
      );
    case 'AccessDenied':
      return refuse(403, fault, 'Access Denied', method);
  }
}

function refuse(status: number, code: string, message: string, method = 'GET', more = ''): SimResponse {
  if (method === 'HEAD') return { status };
  return xml(status, `<Error><Code>${code}</Code><Message>${message}</Message>${more}</Error>`);
}

function xml(status: number, text: string): SimResponse {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}`,
  };
}

/** A plain web server over the folder. */
function webServer(request: SimRequest, folder: string | undefined, quirks: BucketQuirks): SimResponse {
  const name = decodeURIComponent(request.path).slice(1);
  if (name === 'robots.txt')
    return quirks.robots === '' ? { status: 404 } : { status: 200, body: quirks.robots };
  if (request.method === 'HEAD' && !quirks.head) return { status: 405 };
  if (name === '') return quirks.listing ? { status: 200, body: namesIn(folder) } : { status: 403 };
  if (quirks.status !== 200)
    return { status: quirks.status, headers: { location: `${webOrigin}/elsewhere` } };
  const bytes = folder !== undefined && /^[\w-]+\.\w+$/u.test(name) ? read(join(folder, name)) : undefined;
  if (!bytes) return { status: 404, body: '<html><body>Not Found</body></html>' };
  const range = quirks.ranges ? request.headers['range'] : undefined;
  const answer = rangeOf(bytes, quirks.contentType, range);
  return request.method === 'HEAD' ? headOf(answer) : answer;
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string | undefined): string {
  const names = folder === undefined ? [] : readdirSync(folder);
  return `<html><body>${names.map((name) => `<a href="${name}">${name}</a>`).join('')}</body></html>`;
}
