import { join } from 'node:path';
import { MINUTE } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import type { MediaFile, MediaRules } from '../core/media.ts';
import { checkMedia } from '../core/media-rules.ts';
import type { MediaCache } from './cache.ts';
import { derivedOrigin } from './cache.ts';
import { fileArgument, inputGuards } from './ffprobe.ts';
import { probe } from './probe.ts';
import type { MediaTools } from './program.ts';
import { lastLine, runProgram } from './program.ts';
import type { FitOptions, Recipe } from './recipe.ts';
import { AUDIO_BIT_RATE, chooseRecipe, unfit } from './recipe.ts';

export interface FitContext {
  cache: MediaCache;
  tools: MediaTools;
  /** Done so far, 0 to 1. */
  onProgress?: (done: number) => void;
}

/** x264 at `veryfast` makes 2.5 times real time on two cores; a loaded single one gets this much for each second. */
const ENCODE_TIMEOUT_FACTOR = 30;

/** An encode takes all cores: two at a time would only make both late. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * The file itself where it keeps to the rules (no process is started), else one made from it by ffmpeg: streams
 * copied where that is enough, only the sound or all of it re-encoded where allowed. Results are cached.
 * Throws Failure E_MEDIA_UNFIT (limits against the file), E_TOOL_MISSING, E_TOOL_FAILED, E_DISK_FULL.
 */
export async function makeFit(
  file: MediaFile,
  rules: MediaRules,
  options: FitOptions,
  context: FitContext,
): Promise<MediaFile> {
  const recipe = chooseRecipe(file, rules, options);
  if (recipe === undefined) return file;
  const mine = turn.then(() => prepare(file, recipe, rules, context));
  turn = mine.catch(() => undefined);
  return await mine;
}

async function prepare(
  file: MediaFile,
  recipe: Recipe,
  rules: MediaRules,
  context: FitContext,
): Promise<MediaFile> {
  const { cache, tools } = context;
  const name = JSON.stringify(recipe);
  const made = await cache.derived(file.sha256, name);
  if (made !== undefined) return made;
  return await cache.withWorkspace(async (workspace) => {
    const output = join(workspace, `fitted.${recipe.container}`);
    for (const args of commands(file, recipe, workspace, output))
      await runFfmpeg(args, file, recipe, context);
    const verifyOutput = async (path: string) => {
      const facts = await probe(path, tools);
      const expectedMs = recipe.trimMs ?? file.durationMs;
      if (Math.abs(facts.durationMs - expectedMs) > 1500)
        throw new Failure('E_TOOL_FAILED', {
          message: `ffmpeg made a video of ${facts.durationMs} ms from one of ${expectedMs} ms.`,
        });
      const check = checkMedia(facts, rules);
      if (!check.ok) throw unfit(check.problems, 'ffmpeg could not make it fit; give a file that does.');
      return facts;
    };
    return await cache.add({
      path: output,
      adopt: true,
      origin: derivedOrigin(file.sha256, name),
      verify: verifyOutput,
    });
  });
}

/** One command, or two where a size is to be met. */
function commands(file: MediaFile, recipe: Recipe, workspace: string, output: string): string[][] {
  const input = ['-nostdin', '-hide_banner', '-v', 'error', '-nostats', '-progress', 'pipe:1'];
  input.push(...inputGuards, '-i', fileArgument(file.path));
  if (recipe.trimMs !== undefined) input.push('-t', String(recipe.trimMs / 1000));
  const video = ['-map', '0:v:0', ...videoOptions(file, recipe)];
  const last = [
    ...input,
    ...video,
    ...audioOptions(recipe),
    ...outputOptions(file, recipe),
    fileArgument(output),
  ];
  if (recipe.targetVideoBitRate === undefined) return [last];
  const log = ['-passlogfile', join(workspace, 'pass')];
  const first = [...input, ...video, '-pass', '1', ...log, '-an', '-sn', '-dn', '-f', 'null', '-'];
  last.splice(last.length - 1, 0, '-pass', '2', ...log);
  return [first, last];
}

function videoOptions(file: MediaFile, recipe: Recipe): string[] {
  // Apple's players know H.265 only under this name.
  if (recipe.video === 'copy')
    return file.videoCodec === 'hevc' ? ['-c:v', 'copy', '-tag:v', 'hvc1'] : ['-c:v', 'copy'];
  const filters = [`scale=${recipe.width}:${recipe.height}:flags=lanczos`, 'setsar=1'];
  if (recipe.frameRate !== undefined) filters.push(`fps=${recipe.frameRate}`);
  const options = ['-vf', filters.join(','), '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'high'];
  options.push('-pix_fmt', 'yuv420p');
  if (recipe.targetVideoBitRate === undefined) options.push('-crf', '20');
  else options.push('-b:v', String(recipe.targetVideoBitRate));
  if (recipe.maxVideoBitRate !== undefined)
    options.push('-maxrate', String(recipe.maxVideoBitRate), '-bufsize', String(recipe.maxVideoBitRate));
  return options;
}

function audioOptions({ audio }: Recipe): string[] {
  if (audio === 'none') return ['-an'];
  const codec = audio === 'copy' ? ['copy'] : ['aac', '-b:a', String(AUDIO_BIT_RATE), '-ac', '2'];
  return ['-map', '0:a:0', '-c:a', ...codec];
}

function outputOptions(file: MediaFile, recipe: Recipe): string[] {
  // Metadata stay behind: a phone writes the place where it was filmed.
  const options = [
    '-sn',
    '-dn',
    '-map_metadata',
    '-1',
    '-map_chapters',
    '-1',
    '-max_muxing_queue_size',
    '4096',
  ];
  // Negative offsets take the place of the edit list that would say "the first picture comes two frames late".
  options.push('-movflags', '+faststart+negative_cts_offsets', '-use_editlist', '0');
  const copied = Math.ceil(file.bytes * 1.05) + 1_000_000;
  const cap = recipe.video === 'copy' ? copied : (recipe.maxBytes ?? Math.max(copied, 10 * file.bytes));
  options.push('-fs', String(cap), '-f', recipe.container, '-y');
  return options;
}

async function runFfmpeg(
  args: string[],
  file: MediaFile,
  recipe: Recipe,
  { tools, onProgress }: FitContext,
): Promise<void> {
  const wholeMs = recipe.trimMs ?? file.durationMs;
  const factor = recipe.video === 'copy' ? 2 : ENCODE_TIMEOUT_FACTOR;
  const end = await runProgram({
    program: tools.ffmpeg ?? 'ffmpeg',
    args,
    debianPackage: 'ffmpeg',
    timeoutMs: 2 * MINUTE + factor * wholeMs,
    clock: tools.clock,
    background: true,
    onLine: (line) => {
      const doneUs = Number(/^out_time_us=(\d+)$/.exec(line)?.[1]);
      if (doneUs >= 0) onProgress?.(Math.min(1, doneUs / 1000 / wholeMs));
    },
    ...(tools.signal === undefined ? {} : { signal: tools.signal }),
  });
  if (end.timedOut)
    throw new Failure('E_TOOL_FAILED', { message: 'ffmpeg took far too long and was stopped.' });
  if (/No space left on device/.test(end.stderr))
    throw new Failure('E_DISK_FULL', {
      kind: 'later',
      reason: 'media',
      notBefore: tools.clock.now() + 5 * MINUTE,
      message: 'The disk filled up while ffmpeg was at work.',
    });
  if (end.exitCode !== 0)
    throw new Failure('E_TOOL_FAILED', {
      message: `ffmpeg failed: ${lastLine(end.stderr) || 'it said nothing'}`,
    });
}
