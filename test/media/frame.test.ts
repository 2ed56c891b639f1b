import { expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { takeFrame } from '../../src/media/frame.ts';
import { demoFile } from '../contract/home.ts';
import { describeWith } from '../tools.ts';

const usual = { maxSide: 1920, maxBytes: 2_000_000 };
const tools = { clock: systemClock };

/** Width and height of a JPEG, from its frame header. */
function sidesOf(picture: Uint8Array): [number, number] {
  const bytes = Buffer.from(picture);
  expect(bytes.toString('hex', 0, 3)).toBe('ffd8ff');
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xc2) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
  }
  throw new Error('there is no frame in it');
}

describeWith({ ffmpeg: 'ffmpeg', ffprobe: 'ffmpeg' }, 'a picture of a video', () => {
  it('is a JPEG as large as the video', async () => {
    const file = await demoFile();
    expect(sidesOf(await takeFrame(file, { ...usual, atSeconds: 1 }, tools))).toEqual([
      file.width,
      file.height,
    ]);
  });

  it('keeps to the bounds, and to its shape', async () => {
    const file = await demoFile();
    const wish = { atSeconds: 1, maxSide: 100, maxBytes: 20_000 };
    const picture = await takeFrame(file, wish, tools);
    const [width, height] = sidesOf(picture);
    expect(Math.max(width, height)).toBe(100);
    expect(width / height).toBeCloseTo(file.width / file.height, 1);
    expect(picture.length).toBeLessThanOrEqual(20_000);
    await expect(takeFrame(file, { ...wish, maxBytes: 100 }, tools)).rejects.toMatchObject({
      code: 'E_TOOL_FAILED',
    });
  });

  it('is the last one past the end, and another one elsewhere', async () => {
    const file = await demoFile();
    const first = await takeFrame(file, { ...usual, atSeconds: 0 }, tools);
    const last = await takeFrame(file, { ...usual, atSeconds: 9999 }, tools);
    expect(sidesOf(last)).toEqual(sidesOf(first));
    expect(Buffer.from(last).equals(Buffer.from(first))).toBe(false);
  });

  it('without ffmpeg says so', async () => {
    const failed = takeFrame(await demoFile(), { ...usual, atSeconds: 0 }, { ...tools, ffmpeg: 'no-such' });
    await expect(failed).rejects.toMatchObject({ code: 'E_TOOL_MISSING' });
  });
});
