import { randomBytes } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { MediaHost, Offer } from '../core/host.ts';
import { hostTrouble, OFFER_MS } from '../core/host.ts';
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts';
import { checkHost } from './host-check.ts';
import { fileEnding, publicUrl } from './host-names.ts';

export interface S3Options {
  /** `https://s3.eu-central-1.amazonaws.com`; with `{bucket}` in it the bucket stands in the name, not the path. */
  endpoint: string;
  bucket: string;
  region: string;
  /** What object names begin with: `repost/`. */
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Where the bucket is public: the address below which its objects are. Empty: addresses are signed. */
  publicBase?: string;
  /** Without credentials: requests are signed here. */
  http: Http;
}

/** Statuses that a bucket answers with and that are read here by their body. */
const refusals = [301, 307, 400, 401, 403, 404, 405, 409, 411, 412, 413, 429, 500, 502, 503] as const;

/**
 * A bucket on any S3-compatible service. Objects are private; the address handed out is signed for this one
 * object and some hours. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function s3Host(options: S3Options): MediaHost {
  const { http, bucket, prefix, publicBase = '' } = options;
  const base = bucketUrl(options);
  const objectUrl = (handle: string) => publicUrl(base, handle);

  async function send(request: HttpRequest): Promise<HttpResponse> {
    const headers = await signedHeaders(options, request);
    const response = await http.send({ ...request, headers, accept: refusals });
    if (response.status >= 200 && response.status < 300) return response;
    throw refusalOf(response, options);
  }

  const host: MediaHost = {
    kind: 's3',
    place: `bucket ${bucket} at ${new URL(base).origin}`,
    newHandle: (file) => `${prefix}${randomBytes(24).toString('hex')}${fileEnding(file)}`,
    async offer(handle, file, signal) {
      const stored = await send({
        method: 'PUT',
        url: objectUrl(handle),
        body: { path: file.path, start: 0, end: file.bytes },
        headers: {
          'content-type': file.mimeType,
          // A copy of minutes has no business in anybody's cache.
          'cache-control': 'no-store',
          // The service compares what arrives with it.
          'x-amz-content-sha256': file.sha256 || 'UNSIGNED-PAYLOAD',
        },
        ...(signal ? { signal } : {}),
      });
      // Every S3 names what it stored; a page of somebody in between doesn't.
      if (stored.headers['etag'] === undefined)
        throw new Failure('E_BAD_ANSWER', {
          message: 'The bucket’s service did not say that it stored the file.',
        });
      return publicBase === ''
        ? await signedOffer(options, objectUrl(handle))
        : { url: publicUrl(publicBase, handle), until: http.clock.now() + OFFER_MS };
    },
    async withdraw(handle) {
      // Deleting what isn't there is no error here, but some services say 404.
      try {
        await send({ method: 'DELETE', url: objectUrl(handle) });
      } catch (error) {
        if (!(error instanceof Failure) || error.status !== 404 || error.message.includes('NoSuchBucket'))
          throw error;
      }
    },
    check: () =>
      checkHost(host, http, { signed: publicBase === '', listings: [base, publicBase].filter(Boolean) }),
  };
  return host;
}

function bucketUrl({ endpoint, bucket }: S3Options): string {
  const trimmed = endpoint.replace(/\/+$/u, '');
  return trimmed.includes('{bucket}') ? trimmed.replace('{bucket}', bucket) : `${trimmed}/${bucket}`;
}

/** `20261122T120000Z` */
function stamp(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d{3}/gu, '');
}

async function signedHeaders(options: S3Options, request: HttpRequest): Promise<Record<string, string>> {
  const { region, accessKeyId, secretAccessKey, http } = options;
  const signed = await new AwsV4Signer({
    method: request.method ?? 'GET',
    url: request.url,
    headers: { 'x-amz-content-sha256': emptySha256, ...request.headers },
    service: 's3',
    region,
    accessKeyId,
    secretAccessKey,
    datetime: stamp(http.clock.now()),
  }).sign();
  return Object.fromEntries(signed.headers);
}

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

async function signedOffer(options: S3Options, url: string): Promise<Offer> {
  const { region, accessKeyId, secretAccessKey, http } = options;
  const now = http.clock.now();
  const asked = new URL(url);
  asked.searchParams.set('X-Amz-Expires', String(OFFER_MS / SECOND));
  const signed = await new AwsV4Signer({
    method: 'GET',
    url: asked.href,
    service: 's3',
    region,
    accessKeyId,
    secretAccessKey,
    signQuery: true,
    datetime: stamp(now),
  }).sign();
  return { url: signed.url.href, until: now + OFFER_MS };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function refusalOf(response: HttpResponse, { bucket, region, http }: S3Options): Failure {
  const { status, text } = response;
  const code = within(text, 'Code');
  const said = `${within(text, 'Message') || `HTTP ${status}`}${code === '' ? '' : ` (${code})`}`;
  const trouble = (what: string, hint?: string) => {
    const failure = hostTrouble(http.clock, `${what} The bucket’s service says: “${said}”`, hint);
    return Object.assign(failure, { status });
  };
  if (status === 429 || status >= 500)
    return new Failure('E_HOST', {
      kind: 'retry',
      certain: true,
      status,
      message: `The bucket’s service has trouble: “${said}”`,
      hint: 'Nothing to do; it is tried again.',
    });
  switch (code) {
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
      return trouble(
        'The access key is not accepted.',
        'Give the right pair: repost host set s3 --access-key-id ID --secret-key-stdin.',
      );
    case 'RequestTimeTooSkewed':
      return trouble('The clocks differ too much.', 'Set this machine’s clock right.');
    case 'NoSuchBucket':
      return trouble(`There is no bucket ${bucket}.`, 'Create it, or name the right one.');
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
    case 'TemporaryRedirect': {
      const wanted = within(text, 'Region');
      return trouble(
        `The bucket is not in ${region}.`,
        wanted === '' ? 'Name its region and that region’s address.' : `Its region is ${wanted}.`,
      );
    }
    default:
      return trouble(
        `The bucket ${bucket} refused.`,
        'The key needs the rights to put, get and delete objects there.',
      );
  }
}

/** The text of one element of S3's error document. */
function within(xml: string, name: string): string {
  return (new RegExp(`<${name}>([^<]*)</${name}>`, 'u').exec(xml)?.[1] ?? '').slice(0, 300);
}
