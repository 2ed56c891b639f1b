import { resolve } from 'node:path';
import { SECOND } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { MediaFacts } from '../core/media.ts';
import type { MediaTools } from './program.ts';
import { lastLine, runProgram } from './program.ts';

/**
 * What ffmpeg and ffprobe may open, whatever the file claims to be: a playlist named .mp4 would otherwise be
 * followed to other files and hosts. https://ffmpeg.org/ffmpeg-protocols.html, https://ffmpeg.org/ffmpeg-formats.html
 */
export const inputGuards: readonly string[] = [
  '-protocol_whitelist',
  'file,pipe',
  '-format_whitelist',
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm',
];

/** A name with a colon or a leading dash would be taken for a protocol or an option. */
export function fileArgument(path: string): string {
  return `file:${resolve(path)}`;
}

const PROBE_TIMEOUT_MS = 20 * SECOND;
const MOST_STREAMS = 32;

interface Stream {
  codec_type?: unknown;
  codec_name?: unknown;
  width?: unknown;
  height?: unknown;
  pix_fmt?: unknown;
  avg_frame_rate?: unknown;
  disposition?: { attached_pic?: unknown };
  side_data_list?: readonly { rotation?: unknown }[];
}

interface Report {
  format?: { duration?: unknown };
  streams?: readonly Stream[];
}

/**
 * The facts of a file by ffprobe: for what the box reader can't tell. Faststart and edit lists stay untold.
 * Throws Failure E_MEDIA_INVALID, E_TOOL_MISSING, E_TOOL_FAILED (time-out).
 */
export async function probeByFfprobe(
  path: string,
  container: MediaFacts['container'],
  bytes: number,
  tools: MediaTools,
): Promise<MediaFacts> {
  const end = await runProgram({
    program: tools.ffprobe ?? 'ffprobe',
    args: [
      '-v',
      'error',
      ...inputGuards,
      '-show_format',
      '-show_streams',
      '-of',
      'json',
      '-i',
      fileArgument(path),
    ],
    debianPackage: 'ffmpeg',
    timeoutMs: PROBE_TIMEOUT_MS,
    clock: tools.clock,
    ...(tools.signal === undefined ? {} : { signal: tools.signal }),
  });
  if (end.timedOut)
    throw new Failure('E_TOOL_FAILED', { message: 'ffprobe did not get done with the file in 20 s.' });
  if (end.exitCode !== 0) throw invalid(`ffprobe can’t read it: ${lastLine(end.stderr)}`);
  return readReport(end.stdout, container, bytes);
}

function readReport(json: string, container: MediaFacts['container'], bytes: number): MediaFacts {
  let report: Report;
  try {
    report = JSON.parse(json) as Report;
  } catch {
    throw invalid('ffprobe’s report on it is not whole');
  }
  const streams = Array.isArray(report.streams) ? (report.streams as readonly Stream[]) : [];
  if (streams.length > MOST_STREAMS) throw invalid(`it has ${streams.length} streams`);
  const video = streams.find(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  );
  if (video === undefined) throw invalid('it has no picture');
  const sound = streams.find(({ codec_type }) => codec_type === 'audio');
  const durationMs = Math.round(Number(report.format?.duration) * 1000);
  const [width, height] = [Number(video.width), Number(video.height)];
  if (!(durationMs > 0)) throw invalid('it has no length');
  if (!(width > 0 && height > 0)) throw invalid('its picture has no size');
  const rotation = readRotation(video);
  const upright = rotation % 180 === 0;
  const frameRate = readRate(video.avg_frame_rate);
  return {
    container,
    bytes,
    durationMs,
    width: upright ? width : height,
    height: upright ? height : width,
    videoCodec: String(video.codec_name ?? 'unknown'),
    ...(sound === undefined ? {} : { audioCodec: String(sound.codec_name ?? 'unknown') }),
    ...(frameRate === undefined ? {} : { frameRate }),
    bitRate: Math.round((bytes * 8000) / durationMs),
    ...(typeof video.pix_fmt === 'string' ? { pixelFormat: video.pix_fmt } : {}),
    rotation,
  };
}

/** ffprobe counts counter-clockwise, from -180 to 180. */
function readRotation(video: Stream): number {
  const turned = Number(video.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0);
  return Number.isFinite(turned) ? (((Math.round(-turned / 90) * 90) % 360) + 360) % 360 : 0;
}

/** `30000/1001`; `0/0` where it doesn't know. */
function readRate(text: unknown): number | undefined {
  const [over, under] = String(text).split('/').map(Number);
  const rate = (over ?? 0) / (under ?? 1);
  return Number.isFinite(rate) && rate > 0 ? rate : undefined;
}

function invalid(why: string): Failure {
  return new Failure('E_MEDIA_INVALID', { message: `The file is not a usable video: ${why}.` });
}
