import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TestClock } from '../../src/core/clock.ts';
import { probeByFfprobe } from '../../src/media/ffprobe.ts';
import { probe } from '../../src/media/probe.ts';
import { lengthFits, verify } from '../../src/media/verify.ts';
import { describeWith } from '../tools.ts';
import { buildMp4 } from './build-mp4.ts';
import { clip } from './clips.ts';
import { failureOf, freshFolder } from './fixtures.ts';

const folder = freshFolder();
const demoVideos = new URL('../../src/sandbox/videos/', import.meta.url).pathname;

function put(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** No program may be asked. */
const noTools = { clock: new TestClock(), ffprobe: '/nonexistent/ffprobe' };

describe('probe', () => {
  test('an ordinary file needs no program', async () => {
    expect(await probe(put('a.mp4', buildMp4()), noTools)).toMatchObject({ videoCodec: 'h264', width: 576 });
  });

  test.each([
    ['a text file', 'this is no video\n'.repeat(9)],
    ['a web page', '<!DOCTYPE html><html><body>Log in</body></html>'],
    ['an empty file', ''],
    ['a JPEG picture', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['a sound file (MP3)', Buffer.from('ID3\x04\x00bytes', 'latin1')],
    ['a ZIP archive', Buffer.from('PK\x03\x04bytes', 'latin1')],
    ['a playlist', '#EXTM3U\nhttp://127.0.0.1/x.ts\n'],
  ])('%s named .mp4 is called by its name', async (what, content) => {
    const failure = await failureOf(probe(put('wrong.mp4', content), noTools));
    expect(failure).toMatchObject({ code: 'E_MEDIA_INVALID', kind: 'reject' });
    expect(failure.message).toContain(what);
  });

  test('follows no symbolic link and opens no folder', async () => {
    const link = join(folder, 'link.mp4');
    symlinkSync(put('target.mp4', buildMp4()), link);
    expect((await failureOf(probe(link, noTools))).message).toContain('symbolic link');
    mkdirSync(join(folder, 'folder.mp4'));
    expect((await failureOf(probe(join(folder, 'folder.mp4'), noTools))).code).toBe('E_MEDIA_INVALID');
  });

  test('does not wait at a named pipe', async () => {
    const pipe = join(folder, 'pipe.mp4');
    execFileSync('mkfifo', [pipe]);
    expect((await failureOf(probe(pipe, noTools))).message).toContain('no regular file');
  });

  test('bounds what a file may claim', async () => {
    const huge = put('huge.mp4', buildMp4({ width: 65_000, height: 65_000 }));
    expect((await failureOf(probe(huge, noTools))).message).toContain('65000 × 65000');
    const endless = put('endless.mp4', buildMp4({ seconds: 50_000 }));
    expect((await failureOf(probe(endless, noTools))).message).toContain('12 hours');
  });

  test('says which package has the program that is missing', async () => {
    const failure = await failureOf(probe(put('odd.mp4', buildMp4({ sampleEntry: 'zzzz' })), noTools));
    expect(failure).toMatchObject({ code: 'E_TOOL_MISSING', kind: 'later', reason: 'media' });
    expect(failure.hint).toContain('apt install ffmpeg');
  });

  test('kills a program that does not end', async () => {
    const clock = new TestClock();
    const slow = put('slow', '#!/bin/sh\nsleep 1000\n');
    chmodSync(slow, 0o755);
    const work = failureOf(
      probe(put('odd2.mp4', buildMp4({ sampleEntry: 'zzzz' })), { clock, ffprobe: slow }),
    );
    while (clock.nextWakeAt() === undefined) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(20_000);
    expect(await work).toMatchObject({ code: 'E_TOOL_FAILED', kind: 'retry' });
  });

  test('the demo’s videos keep to the platforms’ least', async () => {
    for (const [name, codec, seconds] of [
      ['sunrise.mp4', 'h264', 12],
      ['waves.mp4', 'hevc', 9],
      ['long-walk.mp4', 'h264', 64],
    ] as const) {
      const facts = await probe(join(demoVideos, name), noTools);
      expect(facts).toMatchObject({
        videoCodec: codec,
        audioCodec: 'aac',
        width: 576,
        height: 1024,
        editList: false,
      });
      expect(facts).toMatchObject({
        fastStart: true,
        pixelFormat: 'yuv420p',
        frameRate: 24,
        container: 'mp4',
      });
      expect(Math.round(facts.durationMs / 1000)).toBe(seconds);
      expect(facts.bytes).toBeLessThanOrEqual(200_000);
    }
  });
});

describe('verify', () => {
  test('the stated length, with a second of tolerance and its rounding', () => {
    expect([10_400, 10_600, 12_000, 13_400, 13_600].map((ms) => lengthFits(ms, 12))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(lengthFits(5, undefined) && lengthFits(5, 0)).toBe(true);
  });

  test('another video is refused in plain words', async () => {
    const path = put('other.mp4', buildMp4({ seconds: 20 }));
    expect(await verify(path, { durationSeconds: 20 }, noTools)).toMatchObject({ durationMs: 20_000 });
    const failure = await failureOf(verify(path, { durationSeconds: 12 }, noTools));
    expect(failure).toMatchObject({ code: 'E_MEDIA_INVALID', kind: 'reject' });
    expect(failure.message).toContain('20 s long');
    expect(failure.message).toContain('12 s');
  });
});

describeWith({ ffmpeg: 'ffmpeg', ffprobe: 'ffmpeg' }, 'box reader and ffprobe agree', () => {
  const tools = { clock: new TestClock() };
  const corpus: Record<string, { args: string[]; expected: Record<string, unknown> }> = {
    'plain.mp4': {
      args: ['-c:v', 'libx264', '-c:a', 'aac'],
      expected: { fastStart: false, editList: false },
    },
    'front.mp4': {
      args: ['-c:v', 'libx264', '-c:a', 'aac', '-movflags', '+faststart'],
      expected: { fastStart: true },
    },
    'ntsc.mp4': { args: ['-r', '30000/1001', '-c:v', 'libx264', '-c:a', 'aac'], expected: {} },
    'hevc.mp4': {
      args: ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-tag:v', 'hvc1', '-c:a', 'aac'],
      expected: {},
    },
    'ten.mp4': { args: ['-c:v', 'libx264', '-pix_fmt', 'yuv420p10le', '-c:a', 'aac'], expected: {} },
    'full.mp4': { args: ['-c:v', 'libx264', '-pix_fmt', 'yuv444p', '-c:a', 'aac'], expected: {} },
    'vp9.mp4': { args: ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-c:a', 'libopus'], expected: {} },
    'old.mp4': { args: ['-c:v', 'mpeg4', '-c:a', 'libmp3lame'], expected: {} },
    'silent.mp4': { args: ['-c:v', 'libx264', '-an'], expected: {} },
    'apple.mov': { args: ['-c:v', 'libx264', '-c:a', 'aac'], expected: { container: 'mov' } },
    'pcm.mov': { args: ['-c:v', 'libx264', '-c:a', 'pcm_s16le'], expected: { audioCodec: 'pcm_s16le' } },
    'av1.mp4': { args: ['-c:v', 'libaom-av1', '-cpu-used', '8', '-c:a', 'aac'], expected: {} },
    'no-reorder.mp4': { args: ['-c:v', 'libx264', '-bf', '0', '-c:a', 'aac'], expected: { editList: false } },
  };

  test.each(Object.entries(corpus))('%s', async (name, { args, expected }) => {
    const path = clip(join(folder, name), args);
    const mine = await probe(path, noTools);
    const theirs = await probeByFfprobe(path, mine.container, mine.bytes, tools);
    const { fastStart: _front, editList: _edits, durationMs, frameRate, bitRate, ...told } = mine;
    expect(told).toEqual({
      container: theirs.container,
      bytes: theirs.bytes,
      width: theirs.width,
      height: theirs.height,
      videoCodec: theirs.videoCodec,
      rotation: theirs.rotation,
      ...(theirs.audioCodec === undefined ? {} : { audioCodec: theirs.audioCodec }),
      // Old codecs keep it in their stream, where the box reader does not look.
      ...(name === 'old.mp4' ? {} : { pixelFormat: theirs.pixelFormat }),
    });
    expect(Math.abs(durationMs - theirs.durationMs)).toBeLessThanOrEqual(50);
    expect(Math.abs((frameRate ?? 0) - (theirs.frameRate ?? 0))).toBeLessThan(0.02);
    expect(Math.abs((bitRate ?? 0) / (theirs.bitRate ?? 1) - 1)).toBeLessThan(0.03);
    expect(mine).toMatchObject(expected);
  });

  test('rotation', async () => {
    const plain = clip(join(folder, 'upright.mp4'), ['-c:v', 'libx264', '-c:a', 'aac']);
    const turned = join(folder, 'turned.mp4');
    const args = ['-v', 'error', '-y', '-display_rotation:v:0', '90', '-i', plain, '-c', 'copy', turned];
    try {
      execFileSync('ffmpeg', args, { stdio: 'pipe' });
    } catch {
      // Before ffmpeg 6 there is no such option, but a tag.
      execFileSync('ffmpeg', [
        '-v',
        'error',
        '-y',
        '-i',
        plain,
        '-c',
        'copy',
        '-metadata:s:v:0',
        'rotate=270',
        turned,
      ]);
    }
    const mine = await probe(turned, noTools);
    const theirs = await probeByFfprobe(turned, 'mp4', mine.bytes, tools);
    expect(mine).toMatchObject({ width: 180, height: 320 });
    expect([90, 270]).toContain(mine.rotation);
    expect(theirs).toMatchObject({ rotation: mine.rotation, width: 180, height: 320 });
  });

  test('an edit list that trims the start is seen', async () => {
    const plain = clip(join(folder, 'whole.mp4'), ['-c:v', 'libx264', '-g', '250', '-c:a', 'aac']);
    const cut = join(folder, 'cut.mp4');
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-ss', '0.7', '-i', plain, '-c', 'copy', cut]);
    expect(await probe(cut, noTools)).toMatchObject({ editList: true });
  });

  test('what has no boxes goes to ffprobe: WebM, Matroska, fragments', async () => {
    const webm = clip(join(folder, 'v.webm'), ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-c:a', 'libopus']);
    expect(await probe(webm, tools)).toMatchObject({
      container: 'webm',
      videoCodec: 'vp9',
      audioCodec: 'opus',
    });
    const mkv = clip(join(folder, 'v.mkv'), ['-c:v', 'libx264', '-c:a', 'aac']);
    expect(await probe(mkv, tools)).toMatchObject({ container: 'mkv', videoCodec: 'h264' });
    const pieces = clip(join(folder, 'f.mp4'), [
      '-c:v',
      'libx264',
      '-c:a',
      'aac',
      '-movflags',
      'frag_keyframe+empty_moov',
    ]);
    expect(await probe(pieces, tools)).toMatchObject({ container: 'mp4', videoCodec: 'h264' });
  });

  test('a playlist in disguise is followed nowhere', async () => {
    const path = put('concat.mkv', Buffer.from('1a45dfa3', 'hex'));
    expect((await failureOf(probe(path, tools))).code).toBe('E_MEDIA_INVALID');
    const hls = put('hls.mp4', '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n');
    const failure = await failureOf(probeByFfprobe(hls, 'mp4', 10, tools));
    expect(failure.message).toMatch(/whitelist|can’t read/);
    expect(failure.message).not.toContain(folder);
  });

  test('a name that looks like an option or a protocol is a name', async () => {
    const path = clip(join(folder, '-x:concat.webm'), ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-an']);
    expect(await probe(path, tools)).toMatchObject({ container: 'webm' });
  });
});
