import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Makes a clip of two seconds, 320×180 at 30 frames/s with a tone, by ffmpeg and the given options. */
export function clip(path: string, options: readonly string[], seconds = 2): string {
  if (existsSync(path)) return path;
  execFileSync('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y'],
    ...['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=30:duration=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`],
    ...(options.includes('-pix_fmt') ? [] : ['-pix_fmt', 'yuv420p']),
    ...options,
    `file:${path}`,
  ]);
  return path;
}
