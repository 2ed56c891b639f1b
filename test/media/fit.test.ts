import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import type { MediaFile, MediaRules } from '../../src/core/media.ts';
import { openCache } from '../../src/media/cache.ts';
import { makeFit } from '../../src/media/fit.ts';
import { probe } from '../../src/media/probe.ts';
import type { MediaTools } from '../../src/media/program.ts';
import type { FitOptions } from '../../src/media/recipe.ts';
import { describeWith } from '../tools.ts';
import { buildMp4 } from './build-mp4.ts';
import { clip } from './clips.ts';
import { failureOf, freshFolder } from './fixtures.ts';
import { memoryRegister } from './register.ts';

const rules: MediaRules = {
  containers: ['mp4', 'mov'],
  videoCodecs: ['h264'],
  audioCodecs: ['aac'],
  maxDurationMs: 90_000,
  fastStart: true,
  noEditList: true,
  source: 'https://example.org/',
};

async function setUp(tools: Partial<MediaTools> = {}) {
  const root = freshFolder();
  const clock = new TestClock();
  const register = memoryRegister();
  const cache = await openCache({ dir: join(root, 'cache'), limitBytes: 1e9, register, clock });
  const context = { cache, tools: { clock, ...tools } };
  const take = (path: string): Promise<MediaFile> =>
    cache.add({ path, origin: 'folder', verify: (copy) => probe(copy, { clock }) });
  const made = (name: string, options: string[], seconds?: number) =>
    take(clip(join(root, name), options, seconds));
  const adapt = (file: MediaFile, change: Partial<MediaRules> = {}, options: FitOptions = {}) =>
    makeFit(file, { ...rules, ...change }, options, context);
  const build = (options: Parameters<typeof buildMp4>[0]) => {
    const path = join(root, 'built.mp4');
    writeFileSync(path, buildMp4(options));
    return take(path);
  };
  return { root, context, register, take, made, adapt, build, clock };
}

/** A program that leaves a mark when it is started. */
function trap(folder: string): { program: string; started: () => boolean } {
  const program = join(folder, 'ffmpeg-trap');
  const mark = join(folder, 'started');
  writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\nexit 1\n`);
  chmodSync(program, 0o755);
  return { program, started: () => existsSync(mark) };
}

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];

describe('what needs no ffmpeg', () => {
  test('a file that fits is given back as it is, without a process', async () => {
    const { program, started } = trap(freshFolder());
    const { adapt, build } = await setUp({ ffmpeg: program });
    const file = await build({});
    expect(await adapt(file, {}, { fit: 'transcode', tooLong: 'trim' })).toBe(file);
    expect(started()).toBe(false);
  });

  test.each([
    ['re-encoding is not allowed', { sampleEntry: 'hvc1' }, {}, {}, 'fit=transcode'],
    ['nothing is allowed', { indexLast: true }, {}, { fit: 'none' }, 'fit=remux'],
    ['too long, and not to be cut', { seconds: 100 }, {}, { fit: 'transcode' }, 'tooLong=trim'],
    ['too short for anybody', { seconds: 2 }, { minDurationMs: 3000 }, { fit: 'transcode' }, 'Nothing'],
    [
      'a shape that is not taken',
      { width: 1024, height: 400 },
      { maxAspect: 1 },
      { fit: 'transcode' },
      'Nothing',
    ],
    [
      'a size that makes mush',
      { seconds: 60, pictureBytes: 1_000_000 },
      { maxBytes: 900_000 },
      { fit: 'transcode' },
      'worth watching',
    ],
    ['no container that can be made', { indexLast: true }, { containers: ['webm'] }, {}, 'container'],
    ['H.264 is not taken', { sampleEntry: 'hvc1' }, { videoCodecs: ['vp9'] }, { fit: 'transcode' }, 'H.264'],
  ] as const)('refused: %s', async (_name, file, change, options, hint) => {
    const { program, started } = trap(freshFolder());
    const { adapt, build } = await setUp({ ffmpeg: program });
    const failure = await failureOf(adapt(await build(file), change, options));
    expect(failure).toMatchObject({ code: 'E_MEDIA_UNFIT', kind: 'reject' });
    expect(failure.hint).toContain(hint);
    expect(failure.message).toMatch(/: .*; allowed: /);
    expect(started()).toBe(false);
  });

  test('lists each limit against the file', async () => {
    const { adapt, build } = await setUp();
    const file = await build({ sampleEntry: 'hvc1', seconds: 100 });
    const failure = await failureOf(adapt(file, { maxBytes: 1000 }, { tooLong: 'trim' }));
    expect(failure.message).toContain('codec: hevc; allowed: h264');
    expect(failure.message).toContain('length: 1 min 40 s; allowed: at most 1 min 30 s');
    expect(failure.message).toContain('size: 2.8 kB; allowed: at most 1 kB');
  });

  test('without ffmpeg: the package’s name, and waiting', async () => {
    const { adapt, build } = await setUp({ ffmpeg: '/nonexistent/ffmpeg' });
    const failure = await failureOf(adapt(await build({ indexLast: true })));
    expect(failure).toMatchObject({ code: 'E_TOOL_MISSING', kind: 'later', reason: 'media' });
    expect(failure.hint).toContain('apt install ffmpeg');
  });

  test('ffmpeg that fails or never ends', async () => {
    const { program } = trap(freshFolder());
    const failing = await setUp({ ffmpeg: program });
    const failure = await failureOf(failing.adapt(await failing.build({ indexLast: true })));
    expect(failure).toMatchObject({ code: 'E_TOOL_FAILED', kind: 'retry' });
    writeFileSync(program, '#!/bin/sh\nsleep 1000\n');
    const endless = await setUp({ ffmpeg: program });
    const work = failureOf(endless.adapt(await endless.build({ indexLast: true })));
    while (endless.clock.nextWakeAt() === undefined) await new Promise((resolve) => setImmediate(resolve));
    endless.clock.advance(200_000);
    expect((await work).message).toContain('far too long');
  });
});

describeWith({ ffmpeg: 'ffmpeg', ffprobe: 'ffmpeg' }, 'making it fit', () => {
  test('the index moves to the front; nothing is re-encoded; done once', async () => {
    const { made, adapt, context, register } = await setUp();
    const file = await made('back.mp4', [...H264, '-c:a', 'aac']);
    expect(file.fastStart).toBe(false);
    const fitted = await adapt(file);
    expect(fitted).toMatchObject({ fastStart: true, editList: false, videoCodec: 'h264', audioCodec: 'aac' });
    expect(fitted.sha256).not.toBe(file.sha256);
    expect(Math.abs(fitted.bytes - file.bytes)).toBeLessThan(5000);
    expect(Math.abs(fitted.durationMs - file.durationMs)).toBeLessThan(100);
    const { program, started } = trap(freshFolder());
    const again = makeFit(file, rules, {}, { ...context, tools: { ...context.tools, ffmpeg: program } });
    expect(await again).toEqual(fitted);
    expect(started()).toBe(false);
    expect(register.rows.get(fitted.sha256)?.origin).toContain(`made:${file.sha256}:`);
  });

  test('Matroska becomes MP4, an edit list goes, by copying', async () => {
    const { made, adapt, root, take } = await setUp();
    const mkv = await made('v.mkv', [...H264, '-c:a', 'aac']);
    expect(await adapt(mkv)).toMatchObject({ container: 'mp4', fastStart: true, editList: false });
    const cut = clip(join(root, 'cut.mp4'), [
      '-ss',
      '0.7',
      ...H264,
      '-c:a',
      'aac',
      '-movflags',
      '+faststart',
    ]);
    const edited = Buffer.from(readFileSync(cut));
    // The first entry's start, two frames in, moved by half a second: an edit list that trims.
    const entry = edited.indexOf('elst') + 4 + 12;
    edited.writeInt32BE(edited.readInt32BE(entry) + 7680, entry);
    writeFileSync(join(root, 'edited.mp4'), edited);
    const file = await take(join(root, 'edited.mp4'));
    expect(file.editList).toBe(true);
    expect(await adapt(file)).toMatchObject({ editList: false, fastStart: true });
  });

  test('a rotated video stays upright', async () => {
    const { root, take, adapt } = await setUp();
    const path = join(root, 'turned.mp4');
    const plain = readFileSync(clip(join(root, 'plain.mp4'), [...H264, '-c:a', 'aac']));
    const matrix = plain.indexOf('tkhd') + 4 + 40;
    for (const [index, value] of [0, 0x10000, 0, -0x10000, 0].entries())
      plain.writeInt32BE(value, matrix + index * 4);
    writeFileSync(path, plain);
    const file = await take(path);
    expect(file).toMatchObject({ rotation: 90, width: 180, height: 320 });
    expect(await adapt(file)).toMatchObject({ rotation: 90, width: 180, height: 320, fastStart: true });
    const encoded = await adapt(file, { maxFrameRate: 24 }, { fit: 'transcode' });
    expect(encoded).toMatchObject({ rotation: 0, width: 180, height: 320 });
  });

  test('only the sound is wrong: the pictures are copied', async () => {
    const { made, adapt } = await setUp();
    const file = await made('opus.mp4', [...H264, '-c:a', 'libopus', '-movflags', '+faststart']);
    expect((await failureOf(adapt(file))).hint).toContain('fit=transcode');
    const fitted = await adapt(file, {}, { fit: 'transcode' });
    expect(fitted).toMatchObject({ audioCodec: 'aac', videoCodec: 'h264', frameRate: 30 });
  });

  test('H.265, too large and too fast a picture: H.264 within the limits, progress told', async () => {
    const { made, context } = await setUp();
    const hevc = [
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=none',
      '-tag:v',
      'hvc1',
    ];
    const file = await made('hevc.mp4', [...hevc, '-c:a', 'aac'], 3);
    const seen: number[] = [];
    const limits = { ...rules, maxWidth: 240, maxFrameRate: 24, maxBitRate: 900_000 };
    const onProgress = (done: number) => seen.push(done);
    const fitted = await makeFit(file, limits, { fit: 'transcode' }, { ...context, onProgress });
    expect(fitted).toMatchObject({
      videoCodec: 'h264',
      width: 240,
      height: 134,
      frameRate: 24,
      pixelFormat: 'yuv420p',
    });
    expect(fitted.bitRate).toBeLessThanOrEqual(900_000);
    expect(seen.at(-1)).toBeGreaterThan(0.9);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(Math.max(...seen)).toBeLessThanOrEqual(1);
  });

  test('pictures that come unevenly: as many as before, evenly', async () => {
    const { made, adapt } = await setUp();
    const uneven = ['-vf', "select='mod(n\\,5)'", '-vsync', 'vfr', ...H264, '-c:a', 'aac'];
    const file = await made('uneven.mp4', uneven, 3);
    expect(file.frameRate).toBeCloseTo(24, 0);
    const fitted = await adapt(file, { maxWidth: 240 }, { fit: 'transcode' });
    expect(fitted.frameRate).toBeCloseTo(24, 1);
    expect(Math.abs(fitted.durationMs - file.durationMs)).toBeLessThan(150);
  });

  test('a size limit binds: two passes, just below it', async () => {
    const { made, adapt } = await setUp();
    const file = await made(
      'fat.mp4',
      ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '1', '-c:a', 'aac'],
      4,
    );
    const maxBytes = Math.floor(file.bytes / 3);
    const fitted = await adapt(file, { maxBytes }, { fit: 'transcode' });
    expect(fitted.bytes).toBeLessThanOrEqual(maxBytes);
    expect(fitted.bytes).toBeGreaterThan(maxBytes * 0.4);
    expect(Math.abs(fitted.durationMs - file.durationMs)).toBeLessThan(150);
  });

  test('too long: cut by copying, below the limit', async () => {
    const { made, adapt } = await setUp();
    const file = await made('long.mp4', [...H264, '-c:a', 'aac'], 6);
    const limits = { maxDurationMs: 4000, maxBytes: Math.floor(file.bytes * 0.9) };
    const fitted = await adapt(file, limits, { tooLong: 'trim' });
    expect(fitted.durationMs).toBeLessThanOrEqual(4000);
    expect(fitted.durationMs).toBeGreaterThan(3500);
    expect(fitted.videoCodec).toBe('h264');
  });

  test('the place where it was filmed stays behind', async () => {
    const { made, adapt } = await setUp();
    const file = await made('place.mp4', [
      ...H264,
      '-c:a',
      'aac',
      '-metadata',
      'location=+48.8584+002.2945/',
      '-metadata',
      'title=Secret',
    ]);
    expect(readFileSync(file.path, 'latin1')).toContain('Secret');
    const fitted = readFileSync((await adapt(file)).path, 'latin1');
    expect(fitted).not.toContain('Secret');
    expect(fitted).not.toContain('48.8584');
  });

  test('two jobs that want the same at once share one encode', async () => {
    const { made, adapt, register } = await setUp();
    const file = await made('both.mp4', [...H264, '-c:a', 'aac']);
    const [one, two] = await Promise.all([adapt(file), adapt(file)]);
    expect(one).toEqual(two);
    expect(register.rows.size).toBe(2);
  });
});
