import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ffmpeg = (args: readonly string[]) =>
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args]);

/**
 * A video as a phone leaves it: 1080×1920 in H.265 at 29.97 frames/s with sound in AAC, its index at the end and an
 * edit list that cuts off the first half second. Two seconds are encoded and repeated.
 */
export function phoneFile(folder: string, seconds: number): string {
  const [short, path] = [join(folder, 'short.mp4'), join(folder, `phone-${seconds}.mp4`)];
  if (!existsSync(short)) encode(short);
  ffmpeg([
    ...['-stream_loop', String(seconds / 2 - 1), '-i', `file:${short}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
    ...['-c:v', 'copy', '-tag:v', 'hvc1', '-c:a', 'aac', `file:${path}`],
  ]);
  const bytes = readFileSync(path);
  // version and flags, count, the first entry's length, then where it begins: in units of the track.
  const entry = bytes.indexOf('elst') + 4 + 12;
  bytes.writeInt32BE(bytes.readInt32BE(entry) + 15_000, entry);
  writeFileSync(path, bytes);
  return path;
}

function encode(path: string): void {
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'color=c=0x336699:size=1080x1920:rate=30000/1001:duration=2'],
    ...['-pix_fmt', 'yuv420p', '-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none'],
    `file:${path}`,
  ]);
}
