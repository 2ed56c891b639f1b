import { createHash } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { isPublicHost } from './addresses.ts';
import { standardFailure } from './classify.ts';
import { privateFailure } from './faults.ts';
import type { OriginMap } from './origins.ts';
import { toResponse } from './request.ts';
import type { RawHead, Transport } from './wire.ts';

export interface DownloadRequest {
  transport: Transport;
  origins: OriginMap;
  clock: Clock;
  url: string;
  /** Written anew; removed again where the download fails. */
  path: string;
  maxBytes: number;
  /** For the whole download, redirects included. */
  timeoutMs: number;
  headers?: Readonly<Record<string, string>>;
  onProgress?: (receivedBytes: number, totalBytes: number | undefined) => void;
  signal?: AbortSignal;
}

export interface Downloaded {
  bytes: number;
  /** Hex, taken while the bytes came in. */
  sha256: string;
  /** As the server says: not to be trusted. */
  contentType: string | undefined;
}

const mostHops = 5;

/**
 * Fetches a link that a platform or an export gave into a file. Only https and only public addresses, at every
 * redirect, unless the origins map leads elsewhere. Throws E_REFUSED for links that lead inside, E_MEDIA_UNFIT
 * past `maxBytes`, E_NO_ANSWER where it was cut short, E_DISK_FULL, and what the status means.
 */
export async function download(request: DownloadRequest): Promise<Downloaded> {
  const until = request.clock.now() + request.timeoutMs;
  let url = request.url;
  for (let hop = 0; hop <= mostHops; hop += 1) {
    const publicOnly = guard(url, request.origins);
    const timeoutMs = Math.max(1, until - request.clock.now());
    const got = await fetchOnce({ ...request, url, timeoutMs }, publicOnly);
    if ('bytes' in got) return got;
    url = new URL(got.location, url).href;
  }
  throw new Failure('E_BAD_ANSWER', { message: `${new URL(url).host} keeps sending on to other addresses.` });
}

/** Throws where a link may not be followed; says whether names must resolve to public addresses. */
function guard(url: string, origins: OriginMap): boolean {
  if (!URL.canParse(url))
    throw new Failure('E_REFUSED', { certain: true, message: 'The link is no address.' });
  // The person who runs it has said where this goes.
  if (origins.map(url) !== url) return false;
  const parsed = new URL(url);
  if (!isPublicHost(parsed)) throw privateFailure(parsed.host);
  if (parsed.protocol !== 'https:')
    throw new Failure('E_REFUSED', {
      certain: true,
      message: `The link to ${parsed.host} is not https; repost does not fetch over open connections.`,
    });
  return true;
}

async function fetchOnce(
  request: DownloadRequest,
  publicOnly: boolean,
): Promise<Downloaded | { location: string }> {
  const { host } = new URL(request.url);
  const file = openFile(request.path);
  let head: RawHead = { status: 0, headers: {} };
  let done = false;
  try {
    await request.transport.download({
      method: 'GET',
      url: request.url,
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'repost', ...request.headers },
      timeoutMs: request.timeoutMs,
      signal: request.signal,
      publicOnly,
      onHead: (received) => {
        head = received;
        if (received.status === 200) checkHead(received, host, request.maxBytes);
      },
      onData: (piece) => {
        if (head.status === 200) file.take(piece, host, lengthOf(head), request);
      },
    });
    if (head.status !== 200) return elsewhere(head, request);
    const expected = lengthOf(head);
    if (expected !== undefined && expected !== file.bytes())
      throw new Failure('E_NO_ANSWER', {
        message: `${host} announced ${expected} bytes and sent ${file.bytes()}.`,
      });
    done = true;
    return { bytes: file.bytes(), sha256: file.digest(), contentType: head.headers['content-type'] };
  } finally {
    file.close();
    if (!done) rmSync(request.path, { force: true });
  }
}

function elsewhere(head: RawHead, { clock, url }: DownloadRequest): { location: string } {
  const location = head.headers['location'];
  if ([301, 302, 303, 307, 308].includes(head.status) && location !== undefined) return { location };
  throw standardFailure(toResponse({ ...head, text: '' }, url), clock);
}

function checkHead({ headers }: RawHead, host: string, maxBytes: number): void {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new Failure('E_BAD_ANSWER', {
      message: `${host} compressed the file although it was asked not to.`,
    });
  if ((lengthOf({ status: 200, headers }) ?? 0) > maxBytes) throw tooBig(host, maxBytes);
}

function lengthOf({ headers }: RawHead): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function tooBig(host: string, maxBytes: number): Failure {
  const message = `The file at ${host} is larger than the ${Math.floor(maxBytes / 2 ** 20)} MiB that are taken.`;
  return new Failure('E_MEDIA_UNFIT', { certain: true, message });
}

interface OpenFile {
  take(piece: Uint8Array, host: string, total: number | undefined, request: DownloadRequest): void;
  bytes(): number;
  digest(): string;
  close(): void;
}

/** Hashing in line saves the second reading; writing in place keeps memory flat without a queue of pieces. */
function openFile(path: string): OpenFile {
  const hash = createHash('sha256');
  const file = onDisk(path, () => openSync(path, 'w', 0o600));
  let bytes = 0;
  return {
    take(piece, host, total, { maxBytes, onProgress }) {
      if (bytes + piece.length > maxBytes) throw tooBig(host, maxBytes);
      let written = 0;
      while (written < piece.length) written += onDisk(path, () => writeSync(file, piece, written));
      hash.update(piece);
      bytes += piece.length;
      onProgress?.(bytes, total);
    },
    bytes: () => bytes,
    digest: () => hash.digest('hex'),
    close: () => closeSync(file),
  };
}

function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new Failure('E_DISK_FULL', { message: `There is no space left for ${path}.`, cause: error });
    throw new Failure('E_HOME', { message: `${path} can’t be written (${code}).`, cause: error });
  }
}
