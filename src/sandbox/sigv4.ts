import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { SimRequest } from './types.ts';

/** Why a signature is no good: S3's own codes. */
export type SignatureFault =
  | 'AccessDenied'
  | 'AuthorizationHeaderMalformed'
  | 'InvalidAccessKeyId'
  | 'MissingSecurityHeader'
  | 'RequestTimeTooSkewed'
  | 'ExpiredSignature'
  | 'SignatureDoesNotMatch'
  | 'XAmzContentSHA256Mismatch';

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
}

interface Signature {
  credential: string;
  signedHeaders: string;
  signature: string;
  date: string;
  payload: string;
  /** Query-signed: seconds that it holds. */
  expires?: number;
}

const MINUTE = 60_000;
/** A week: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const LONGEST_SECONDS = 604_800;

/**
 * Judges the signature of a request by AWS's description of version 4, in the header or in the query:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 * Undefined: it is good.
 */
export function signatureFault(request: SimRequest, keys: Keys, now: number): SignatureFault | undefined {
  const found = signatureOf(request);
  if (!found) return 'AccessDenied';
  if (found === 'malformed') return 'AuthorizationHeaderMalformed';
  const [keyId, day, region, service, end] = found.credential.split('/');
  if (keyId !== keys.accessKeyId) return 'InvalidAccessKeyId';
  if (region !== keys.region || service !== 's3' || end !== 'aws4_request')
    return 'AuthorizationHeaderMalformed';
  const at = instantOf(found.date);
  if (Number.isNaN(at) || found.date.slice(0, 8) !== day) return 'AccessDenied';
  if (found.expires === undefined) {
    if (Math.abs(now - at) > 15 * MINUTE) return 'RequestTimeTooSkewed';
    if (found.payload === '') return 'MissingSecurityHeader';
    if (found.payload !== 'UNSIGNED-PAYLOAD' && found.payload !== hex(request.body))
      return 'XAmzContentSHA256Mismatch';
  } else {
    if (!(found.expires >= 1 && found.expires <= LONGEST_SECONDS)) return 'AuthorizationHeaderMalformed';
    if (now < at - 15 * MINUTE || now > at + found.expires * 1000) return 'ExpiredSignature';
  }
  if (!covers(request, found)) return 'SignatureDoesNotMatch';
  const key = signingKey(keys, day ?? '');
  const scope = `${day}/${region}/${service}/${end}`;
  const toSign = ['AWS4-HMAC-SHA256', found.date, scope, hex(canonical(request, found))].join('\n');
  const right = createHmac('sha256', key).update(toSign).digest('hex');
  return same(right, found.signature) ? undefined : 'SignatureDoesNotMatch';
}

function signatureOf(request: SimRequest): Signature | 'malformed' | undefined {
  const { query, headers } = request;
  const header = headers['authorization'];
  if (header !== undefined) {
    const part = (name: string) => new RegExp(`${name}=([^,\\s]+)`, 'u').exec(header)?.[1] ?? '';
    if (!header.startsWith('AWS4-HMAC-SHA256 ')) return 'malformed';
    return {
      credential: part('Credential'),
      signedHeaders: part('SignedHeaders'),
      signature: part('Signature'),
      date: headers['x-amz-date'] ?? '',
      payload: headers['x-amz-content-sha256'] ?? '',
    };
  }
  const signature = query.get('X-Amz-Signature');
  if (signature === null) return undefined;
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return 'malformed';
  return {
    credential: query.get('X-Amz-Credential') ?? '',
    signedHeaders: query.get('X-Amz-SignedHeaders') ?? '',
    signature,
    date: query.get('X-Amz-Date') ?? '',
    payload: 'UNSIGNED-PAYLOAD',
    expires: Number(query.get('X-Amz-Expires') ?? Number.NaN),
  };
}

/** The host and every x-amz- header that was sent must be signed. */
function covers({ headers }: SimRequest, { signedHeaders, expires }: Signature): boolean {
  const signed = signedHeaders.split(';');
  const must = Object.keys(headers).filter((name) => name.startsWith('x-amz-'));
  return signed.includes('host') && (expires !== undefined || must.every((name) => signed.includes(name)));
}

function canonical(request: SimRequest, { signedHeaders, payload }: Signature): string {
  const path = decodeURIComponent(request.path).split('/').map(encoded).join('/');
  const query = [...request.query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort();
  const headers = signedHeaders
    .split(';')
    .map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/gu, ' ')}\n`);
  return [request.method, path, query.join('&'), headers.join(''), signedHeaders, payload].join('\n');
}

/** RFC 3986, stricter than encodeURIComponent. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signingKey({ secretAccessKey, region }: Keys, day: string): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
  for (const part of [day, region, 's3', 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest();
  return key;
}

function instantOf(date: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/u.exec(date) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function hex(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
