import { SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { fileArgument, inputGuards } from './ffprobe.ts';
import { lastLine, type MediaTools, runProgram } from './program.ts';

/** Wide enough for a tile on a dense screen; some 10 KB. */
const WIDTH = 270;

/**
 * Takes a picture of a video near its beginning and writes it to `target` (JPEG). Throws E_TOOL_MISSING without
 * ffmpeg, E_TOOL_FAILED where it can't read the file.
 */
export async function takeStill(path: string, target: string, tools: MediaTools): Promise<void> {
  const end = await runProgram({
    program: tools.ffmpeg ?? 'ffmpeg',
    args: [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...inputGuards],
      ...['-i', fileArgument(path), '-map', '0:v:0', '-frames:v', '1'],
      // The most telling of the first pictures: many videos begin black.
      ...['-vf', `thumbnail=24,scale=${WIDTH}:-2`, '-q:v', '5', '-f', 'mjpeg', fileArgument(target)],
    ],
    debianPackage: 'ffmpeg',
    timeoutMs: 20 * SECOND,
    clock: tools.clock,
    background: true,
  });
  if (end.timedOut || end.exitCode !== 0)
    throw new Failure('E_TOOL_FAILED', { message: `No still could be taken: ${lastLine(end.stderr)}` });
}
