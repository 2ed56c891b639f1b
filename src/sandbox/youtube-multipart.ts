import type { SimRequest } from './types.ts';
import { refuse } from './youtube-answers.ts';

/** `multipart/related` of two parts: metadata as JSON, then the media. */
export function readMultipart({ headers, body }: SimRequest): { json: Buffer; media: Buffer; type: string } {
  const boundary = /;\s*boundary="?([^";]+)"?/iu.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return broken();
  const [json, media] = partsBetween(body, `--${boundary}`);
  if (!json || !media) return broken();
  return { json: json.content, media: media.content, type: media.type };
}

interface Part {
  type: string;
  content: Buffer;
}

function partsBetween(body: Buffer, line: string): Part[] {
  const parts: Part[] = [];
  let at = body.indexOf(line);
  while (at >= 0) {
    const start = at + line.length;
    const next = body.indexOf(`\r\n${line}`, start);
    if (next < 0) break;
    const head = body.indexOf('\r\n\r\n', start);
    if (head < 0 || head > next) break;
    const type = /^content-type:\s*(\S+)/imu.exec(body.toString('latin1', start, head))?.[1] ?? '';
    parts.push({ type, content: body.subarray(head + 4, next) });
    at = next + 2;
  }
  return parts;
}

function broken(): never {
  refuse(400, 'badRequest', 'Malformed multipart body.');
}
