import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import type { MediaFacts } from '../../src/core/media.ts';
import { readMp4 } from '../../src/media/mp4.ts';
import { box, buildMp4 } from './build-mp4.ts';
import { failureOf, freshFolder } from './fixtures.ts';

const folder = freshFolder();
let count = 0;

async function read(bytes: Buffer): Promise<MediaFacts | undefined> {
  count += 1;
  const path = join(folder, `${count % 8}.mp4`);
  writeFileSync(path, bytes);
  const handle = await open(path);
  try {
    return readMp4(handle.fd, bytes.length);
  } finally {
    await handle.close();
  }
}

describe('the box reader', () => {
  test('reads an ordinary file', async () => {
    const bytes = buildMp4();
    expect(await read(bytes)).toEqual({
      container: 'mp4',
      bytes: bytes.length,
      durationMs: 12_000,
      width: 576,
      height: 1024,
      videoCodec: 'h264',
      audioCodec: 'aac',
      frameRate: 30,
      bitRate: Math.round((bytes.length * 8) / 12),
      fastStart: true,
      editList: false,
      pixelFormat: 'yuv420p',
      rotation: 0,
    });
  });

  test('tells MOV, codecs, silence, an index at the end', async () => {
    expect(await read(buildMp4({ brand: 'qt  ' }))).toMatchObject({ container: 'mov' });
    expect(await read(buildMp4({ sampleEntry: 'hvc1' }))).toMatchObject({ videoCodec: 'hevc' });
    expect(await read(buildMp4({ sampleEntry: 'vp09' }))).toMatchObject({ videoCodec: 'vp9' });
    expect(await read(buildMp4({ sampleEntry: 'av01' }))).toMatchObject({ videoCodec: 'av1' });
    expect(await read(buildMp4({ indexLast: true }))).toMatchObject({ fastStart: false });
    expect(await read(buildMp4({ sound: false }))).not.toHaveProperty('audioCodec');
  });

  test('gives the sides as shown', async () => {
    const turned = { width: 1920, height: 1080, matrix: [0, 1, -1, 0] } as const;
    expect(await read(buildMp4(turned))).toMatchObject({ width: 1080, height: 1920, rotation: 90 });
    expect(await read(buildMp4({ ...turned, matrix: [-1, 0, 0, -1] }))).toMatchObject({
      width: 1920,
      rotation: 180,
    });
    expect(await read(buildMp4({ ...turned, matrix: [0, -1, 1, 0] }))).toMatchObject({
      width: 1080,
      rotation: 270,
    });
  });

  test.each([
    ['one over the whole', [[12_000, 0]], false],
    ['a shifted start', [[11_000, 12_000]], true],
    [
      'an empty edit before it',
      [
        [500, -1],
        [12_000, 0],
      ],
      true,
    ],
    ['a trimmed end', [[10_000, 0]], true],
    ['a length of zero: to the end', [[0, 0]], false],
  ] as const)('an edit list with %s', async (_name, edits, expected) => {
    expect(await read(buildMp4({ edits }))).toMatchObject({ editList: expected });
  });

  test('leaves what it can’t tell to a foreign reader', async () => {
    expect(await read(buildMp4({ fragmented: true }))).toBeUndefined();
    expect(await read(buildMp4({ sampleEntry: 'zzzz' }))).toBeUndefined();
    expect(await read(buildMp4({ seconds: 0 }))).toBeUndefined();
    expect(await read(buildMp4({ matrix: [1, 1, -1, 1] }))).toBeUndefined();
    expect(await read(box('ftyp', Buffer.from('isom0000')))).toBeUndefined();
  });

  test('sees a file that is cut short', async () => {
    const whole = buildMp4();
    const cut = await failureOf(read(whole.subarray(0, whole.length - 500)));
    expect(cut.code).toBe('E_MEDIA_INVALID');
    expect(cut.message).toContain('last 500 bytes are missing');
    const noPictures = await failureOf(read(whole.subarray(0, whole.length - 2008)));
    expect(noPictures.message).toContain('pictures are missing');
    const last = buildMp4({ indexLast: true });
    const noIndex = await failureOf(read(last.subarray(0, 2032)));
    expect(noIndex.message).toContain('no index');
  });

  test('stops in a file of endless boxes', async () => {
    const many = Buffer.concat(Array.from({ length: 5000 }, () => box('free')));
    expect(await read(many)).toBeUndefined();
  });

  test('whatever the bytes: facts within reason, nothing, or a Failure', async () => {
    const shapes = [
      buildMp4(),
      buildMp4({ edits: [[12_000, 0]], indexLast: true }),
      buildMp4({ brand: 'qt  ', sampleEntry: 'hvc1' }),
    ];
    const mutation = fc.record({
      shape: fc.integer({ min: 0, max: shapes.length - 1 }),
      at: fc.array(
        fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 0, max: 255 })),
        {
          minLength: 1,
          maxLength: 12,
        },
      ),
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    });
    const damaged = mutation.map(({ shape, at, cut }) => {
      const bytes = Buffer.from(shapes[shape] ?? '');
      // The index is what is worth damaging: all but the 2,000 bytes of pictures.
      for (const [place, value] of at) bytes[Math.floor(place * (bytes.length - 1900))] = value;
      return cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length));
    });
    const random = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(fc.oneof({ arbitrary: damaged, weight: 5 }, random), async (bytes) => {
        const facts = await read(bytes).catch((error: unknown) => {
          if (error instanceof Failure) return undefined;
          throw error;
        });
        if (facts === undefined) return;
        expect(facts.durationMs).toBeGreaterThan(0);
        expect(Number.isFinite(facts.durationMs) && facts.width > 0 && facts.height > 0).toBe(true);
        expect(facts.frameRate === undefined || Number.isFinite(facts.frameRate)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
