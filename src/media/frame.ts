import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { FrameWish, MediaFile } from '../core/media.ts';
import { fileArgument, inputGuards } from './ffprobe.ts';
import { lastLine, type MediaTools, runProgram } from './program.ts';

/** ffmpeg's scale of JPEG quality, from good to poor: the first that is small enough is taken. */
const qualities = [3, 8, 16, 31] as const;

/** The last picture begins before the end: asked for the end itself, ffmpeg gives none. */
const BEFORE_END_SECONDS = 0.2;

/**
 * One picture of a video as JPEG, no larger than wished; past the end, the last one. Throws Failure E_TOOL_MISSING,
 * E_TOOL_FAILED, or the signal's reason.
 */
export async function takeFrame(file: MediaFile, wish: FrameWish, tools: MediaTools): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'repost-cover-'));
  try {
    for (const quality of qualities) {
      const picture = await takeOnce(file, wish, quality, join(folder, 'cover.jpg'), tools);
      if (picture.length <= wish.maxBytes) return picture;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  throw failed(`the cover could not be made as small as ${wish.maxBytes} bytes`);
}

async function takeOnce(
  file: MediaFile,
  { atSeconds, maxSide }: FrameWish,
  quality: number,
  output: string,
  tools: MediaTools,
): Promise<Uint8Array> {
  const last = Math.max(0, file.durationMs / 1000 - BEFORE_END_SECONDS);
  const at = Math.min(Math.max(0, atSeconds), last);
  const scale = `scale=w='min(${maxSide},iw)':h='min(${maxSide},ih)':force_original_aspect_ratio=decrease`;
  const end = await runProgram({
    program: tools.ffmpeg ?? 'ffmpeg',
    args: [
      ...['-nostdin', '-hide_banner', '-v', 'error', '-ss', at.toFixed(3), ...inputGuards],
      ...['-i', fileArgument(file.path), '-map', '0:v:0', '-frames:v', '1', '-vf', scale],
      ...['-q:v', String(quality), '-pix_fmt', 'yuvj420p', '-map_metadata', '-1', '-f', 'mjpeg', '-y'],
      fileArgument(output),
    ],
    debianPackage: 'ffmpeg',
    timeoutMs: MINUTE,
    clock: tools.clock,
    background: true,
    ...(tools.signal === undefined ? {} : { signal: tools.signal }),
  });
  if (end.timedOut) throw failed('ffmpeg took far too long with the cover');
  if (end.exitCode !== 0) throw failed(`ffmpeg failed: ${lastLine(end.stderr) || 'it said nothing'}`);
  const picture = await readFile(output).catch(() => undefined);
  if (!picture?.length) throw failed('the video has no picture there');
  return picture;
}

const failed = (why: string) => new Failure('E_TOOL_FAILED', { message: `No cover: ${why}.` });
