import { closeSync, fstatSync, openSync, read as readFd, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { Failure } from '../core/failure.ts';
import type { FilePart, MultipartField } from '../core/http.ts';
import { giveBack, lend } from './buffers.ts';
import type { RawBody } from './wire.ts';

const read = promisify(readFd);

/**
 * Less than this a socket may keep and ask for more at once: such a piece is sent from a copy. Well above every
 * socket's high-water mark (64 KiB), past which it asks for the next piece only once it has let go of the last.
 */
const smallBytes = 2 ** 17;

/**
 * What is kept of a body for its very end: little enough for every socket to take without asking to wait (16 KiB in Node
 * 20). undici counts a body as sent once its last piece was taken; an answer that is there sooner costs the connection,
 * and over TLS, where a large piece is long under way, each chunk then wanted a handshake of its own.
 */
const endBytes = 2 ** 13;

/** A request body, opened: its exact length and the bytes. */
export interface OpenBody {
  bytes: number;
  /** May be read once. */
  source: Uint8Array | AsyncIterable<Uint8Array> | null;
  /** To be called when the request is over, however it ended. */
  close(): Promise<void>;
}

interface OpenPart {
  part: FilePart;
  fd: number;
  /** The read that is under way, if any: until it has ended the file stays open. */
  reading?: Promise<unknown>;
  /** The last piece was not in memory. */
  slow: boolean;
}

type Segment = Uint8Array | OpenPart;

/** Opens a body before anything is sent, so that a missing file is found while nothing has happened yet. */
export async function openBody(
  body: RawBody | undefined,
  onProgress?: (sentBytes: number) => void,
): Promise<OpenBody> {
  if (body === undefined) return { bytes: 0, source: null, close: async () => {} };
  const segments: Segment[] = [];
  const close = async () => {
    for (const segment of segments) {
      if (segment instanceof Uint8Array) continue;
      await segment.reading?.catch(() => {});
      closeSync(segment.fd);
    }
  };
  try {
    for (const part of layOut(body)) segments.push(isFilePart(part) ? openPart(part) : bytesOf(part));
  } catch (error) {
    await close();
    throw error;
  }
  const bytes = segments.reduce((sum, segment) => sum + lengthOf(segment), 0);
  const first = segments[0];
  const plain = segments.length === 1 && first instanceof Uint8Array;
  return { bytes, source: plain ? first : readSegments(segments, onProgress), close };
}

export function isFilePart(value: unknown): value is FilePart {
  return typeof value === 'object' && value !== null && 'path' in value;
}

/** The body as a row of bytes and file parts, neighbouring bytes joined into one buffer. */
function layOut(body: RawBody): (string | Uint8Array | FilePart)[] {
  if (typeof body === 'string' || body instanceof Uint8Array || isFilePart(body)) return [body];
  const row: (Uint8Array | FilePart)[] = [];
  let small: Uint8Array[] = [];
  for (const field of body.fields) {
    small.push(bytesOf(partHead(body.boundary, field)));
    if (isFilePart(field.value)) {
      row.push(Buffer.concat(small), field.value);
      small = [];
    } else small.push(bytesOf(field.value));
    small.push(bytesOf('\r\n'));
  }
  small.push(bytesOf(`--${body.boundary}--\r\n`));
  return [...row, Buffer.concat(small)];
}

/** The lines above one part (RFC 7578); names are escaped the way browsers do it. */
function partHead(boundary: string, field: MultipartField): string {
  const quote = (text: string) =>
    `"${text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')}"`;
  const type =
    field.contentType ?? (typeof field.value === 'string' ? undefined : 'application/octet-stream');
  const filename = field.filename === undefined ? '' : `; filename=${quote(field.filename)}`;
  return (
    `--${boundary}\r\nContent-Disposition: form-data; name=${quote(field.name)}${filename}\r\n` +
    `${type === undefined ? '' : `Content-Type: ${type}\r\n`}\r\n`
  );
}

/** At once, not by the thread pool: three trips there for each of a video's segments cost more than the calls. */
function openPart(part: FilePart): Segment {
  let fd: number;
  try {
    fd = openSync(part.path, 'r');
  } catch (error) {
    throw lostFile(part, (error as NodeJS.ErrnoException).code ?? 'it can’t be opened', error);
  }
  const { size } = fstatSync(fd);
  if (part.start >= 0 && part.start <= part.end && part.end <= size) return { part, fd, slow: false };
  closeSync(fd);
  throw lostFile(part, `bytes ${part.start} to ${part.end} were wanted and it has ${size}`);
}

/** `retry`, for the cache may have dropped it: the engine fetches it anew. Nothing was sent yet. */
function lostFile(part: FilePart, why: string, cause?: unknown): Failure {
  const message = `The file to upload, ${part.path}, can’t be read: ${why}.`;
  return new Failure('E_NO_MEDIA', { kind: 'retry', certain: true, message, cause });
}

/**
 * The bytes in pieces as large as one buffer, small ones and those of a file packed together: a segment of a video, with
 * the lines around it, is one piece. Memory stays flat whatever the file’s size. The buffer is filled anew only when the
 * next piece is asked for, which undici does once the last one has drained; nothing may keep a piece. And it is lent to
 * others only where the last piece was asked past: that of a request that broke off may still be on its way out.
 */
async function* readSegments(
  segments: readonly Segment[],
  onProgress?: (sentBytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const buffer = lend();
  let filled = 0;
  /** Bytes of files: those that have left, and those in the buffer. */
  let [sent, packed] = [0, 0];
  function* leave(end = 0): Generator<Uint8Array> {
    const piece = buffer.subarray(0, filled - end);
    if (piece.length > 0) yield piece.length < smallBytes ? Buffer.from(piece) : piece;
    if (end > 0) yield Buffer.from(buffer.subarray(filled - end, filled));
    // Asked for more: what was given has left.
    sent += packed;
    if (packed > 0) onProgress?.(sent);
    [filled, packed] = [0, 0];
  }
  for (const segment of segments) {
    const bytes = lengthOf(segment);
    for (let at = 0; at < bytes; ) {
      if (filled === buffer.length) yield* leave();
      const wanted = Math.min(buffer.length - filled, bytes - at);
      if (segment instanceof Uint8Array) buffer.set(segment.subarray(at, at + wanted), filled);
      else {
        await fill(segment, buffer.subarray(filled, filled + wanted), at);
        packed += wanted;
      }
      filled += wanted;
      at += wanted;
    }
  }
  if (filled > 0) yield* leave(Math.min(endBytes, filled));
  giveBack(buffer);
}

/** A piece that took longer was not in memory. */
const slowMs = 5;

/**
 * At once, because most files were just written and lie in memory: there the thread pool costs more than the reading.
 * From a disk that is slower, the next piece is read beside the event loop.
 */
async function fill(open: OpenPart, buffer: Buffer, at: number): Promise<void> {
  const { part, fd } = open;
  for (let filled = 0; filled < buffer.length; ) {
    const [rest, from] = [buffer.length - filled, part.start + at + filled];
    const startedAt = performance.now();
    let got: number;
    if (open.slow) {
      const reading = read(fd, buffer, filled, rest, from);
      open.reading = reading;
      got = (await reading).bytesRead;
    } else got = readSync(fd, buffer, filled, rest, from);
    open.slow = performance.now() - startedAt > slowMs;
    if (got === 0) {
      const message = `The file to upload, ${part.path}, became shorter while it was sent.`;
      throw new Failure('E_NO_MEDIA', { kind: 'retry', message });
    }
    filled += got;
  }
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function lengthOf(segment: Segment): number {
  return segment instanceof Uint8Array ? segment.length : segment.part.end - segment.part.start;
}
