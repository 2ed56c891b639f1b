import { TextDecoder } from 'node:util';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { Failure } from '../core/failure.ts';

/**
 * An answer's bytes as text: decompressed as Content-Encoding says, at most `maxBytes`, then decoded.
 * Throws Failure: the answer came, but what it says can't be known.
 */
export function decodeText(
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
  { host, maxBytes }: { host: string; maxBytes: number },
): string {
  const encodings = (headers['content-encoding'] ?? '').toLowerCase().split(',');
  let plain = bytes;
  // The last one named was put on last.
  for (const encoding of encodings.map((name) => name.trim()).reverse())
    plain = decompress(plain, encoding, { host, maxBytes });
  return decoderOf(headers['content-type'] ?? '').decode(plain);
}

function decompress(bytes: Buffer, encoding: string, bound: { host: string; maxBytes: number }): Buffer {
  if (bytes.length === 0) return bytes;
  const options = { maxOutputLength: bound.maxBytes };
  try {
    switch (encoding) {
      case '':
      case 'identity':
        return bytes;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, options);
      case 'br':
        return brotliDecompressSync(bytes, options);
      case 'deflate':
        // Meant to have zlib's frame; some servers leave it out. The frame's first byte tells.
        return ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
    }
  } catch (error) {
    throw unreadable(error, bound);
  }
  throw new Failure('E_BAD_ANSWER', {
    message: `${bound.host} answered in the encoding ${encoding.slice(0, 20)}.`,
  });
}

function unreadable(error: unknown, { host, maxBytes }: { host: string; maxBytes: number }): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLong(host, maxBytes);
  if (code === 'Z_BUF_ERROR' || code === 'ERR__ERROR_FORMAT_UNEXPECTED_END')
    return new Failure('E_NO_ANSWER', { message: `${host}: the answer was cut short.`, cause: error });
  return new Failure('E_BAD_ANSWER', { message: `${host}: the answer can’t be decompressed.`, cause: error });
}

/** The answer is longer than anything an API says. */
export function tooLong(host: string, maxBytes: number): Failure {
  const size = `${Math.round(maxBytes / 2 ** 20)} MiB`;
  return new Failure('E_BAD_ANSWER', { message: `${host} answered with more than ${size}.` });
}

function decoderOf(contentType: string): TextDecoder {
  const charset = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
