import { randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponse, MultipartField } from '../core/http.ts';
import { isFilePart } from './body.ts';
import { parseJson } from './json.ts';
import { mask } from './redact.ts';
import type { MultipartBody, RawBody, RawRequest, RawResponse } from './wire.ts';

/** Slowest way out that a file is still sent over, in bytes a second: the deadline grows with the file. */
const slowestBytesPerSecond = 32 * 2 ** 10;

/**
 * A request of platform code as it goes to the transport: address with its query, one body, default headers.
 * Without an own deadline, a request that carries a file gets time for it on top of `timeoutMs`.
 */
export function toRaw(request: HttpRequest, timeoutMs: number): RawRequest {
  const { body, type } = bodyOf(request);
  const deadline = request.timeoutMs ?? timeoutMs + (fileBytesOf(body) / slowestBytesPerSecond) * 1000;
  return {
    method: request.method ?? (body === undefined ? 'GET' : 'POST'),
    url: addressOf(request),
    headers: {
      accept: 'application/json, */*;q=0.5',
      'user-agent': 'repost',
      ...(type === undefined ? {} : { 'content-type': type }),
      ...lowerCase(request.headers),
    },
    body,
    effect: request.effect,
    timeoutMs: Math.ceil(deadline),
    onProgress: request.onProgress,
    signal: request.signal,
  };
}

/** An answer as platform code reads it. */
export function toResponse(raw: RawResponse, url: string, from?: string): HttpResponse {
  let parsed: { value: unknown } | undefined;
  return {
    status: raw.status,
    headers: raw.headers,
    text: raw.text,
    // Seldom asked for, and dear beside all else.
    get url() {
      return mask(url);
    },
    json<T>() {
      parsed ??= { value: parseJson(raw.text, from) };
      return parsed.value as T;
    },
  };
}

function addressOf(request: HttpRequest): string {
  if (request.query === undefined) return request.url;
  const url = new URL(request.url);
  for (const [name, value] of Object.entries(request.query))
    if (value !== undefined) url.searchParams.append(name, String(value));
  return url.href;
}

function bodyOf(request: HttpRequest): { body?: RawBody; type?: string } {
  if (request.json !== undefined) return { body: JSON.stringify(request.json), type: 'application/json' };
  if (request.form !== undefined)
    return { body: formOf(request.form), type: 'application/x-www-form-urlencoded' };
  if (request.multipart !== undefined) {
    const body = multipartOf(request.multipart);
    return { body, type: `multipart/form-data; boundary=${body.boundary}` };
  }
  return request.body === undefined ? {} : { body: request.body };
}

function formOf(form: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return new URLSearchParams(pairs).toString();
}

/** 144 random bits: no file holds this line by accident. */
function multipartOf(fields: readonly MultipartField[]): MultipartBody {
  return { boundary: `repost-${randomBytes(18).toString('hex')}`, fields };
}

function fileBytesOf(body: RawBody | undefined): number {
  if (body === undefined || typeof body === 'string') return 0;
  if (body instanceof Uint8Array) return body.length;
  if (isFilePart(body)) return body.end - body.start;
  return body.fields.reduce((sum, { value }) => sum + fileBytesOf(value), 0);
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
