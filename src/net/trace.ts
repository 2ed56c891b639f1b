import type { TracedExchange } from '../core/session.ts';
import { isFilePart } from './body.ts';
import { mask, maskBody, maskHeaders } from './redact.ts';
import type { RawBody, RawRequest, RawResponse } from './wire.ts';

/** Most characters of a body that a trace keeps. */
const keptChars = 4096;

/** An exchange as it may be stored and shown: secrets masked, bodies bounded, file bytes only named. */
export function describeExchange(exchange: {
  request: RawRequest;
  response: RawResponse | null;
  startedAt: number;
  endedAt: number;
  call: string | undefined;
}): TracedExchange {
  const { request, response, startedAt, endedAt, call } = exchange;
  return {
    method: request.method,
    url: mask(request.url),
    requestHeaders: maskHeaders(request.headers),
    requestBody: maskBody(describeBody(request.body), keptChars),
    status: response?.status ?? null,
    responseHeaders: maskHeaders(response?.headers ?? {}),
    responseBody: maskBody(response?.text ?? '', keptChars),
    startedAt,
    endedAt,
    sentBytes: bytesOf(request.body),
    call,
  };
}

function describeBody(body: RawBody | undefined): string {
  if (body === undefined) return '';
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return `<${body.length} bytes>`;
  if (isFilePart(body)) return `<file bytes ${body.start}-${body.end}>`;
  return body.fields.map(({ name, value }) => `${name}=${describeBody(value)}`).join('\n');
}

/** Bytes of the content: the lines between the parts of a multipart body are not counted. */
function bytesOf(body: RawBody | undefined): number {
  if (body === undefined) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  if (body instanceof Uint8Array) return body.length;
  if (isFilePart(body)) return body.end - body.start;
  return body.fields.reduce((sum, { value }) => sum + bytesOf(value), 0);
}
