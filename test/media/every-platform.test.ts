import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { MediaFile } from '../../src/core/media.ts';
import { checkMedia } from '../../src/core/media-rules.ts';
import { openCache } from '../../src/media/cache.ts';
import { makeFit } from '../../src/media/fit.ts';
import { outcomeUnder } from '../../src/media/outcome.ts';
import { probe } from '../../src/media/probe.ts';
import { registry } from '../../src/platforms/index.ts';
import { describeWith } from '../tools.ts';
import { freshFolder } from './fixtures.ts';
import { phoneFile } from './phone-file.ts';
import { memoryRegister } from './register.ts';

const { platforms } = registry;

/** As each platform's own pages have it: what happens by default, and what re-encoding would change. */
const expected: Readonly<Record<string, readonly [byDefault: string, withTranscode: string]>> = {
  TikTok: ['fits', 'fits'],
  YouTube: ['fits', 'fits'],
  Instagram: ['copied', 'copied'],
  X: ['refused', 'encoded'],
  Facebook: ['fits', 'fits'],
  Threads: ['copied', 'copied'],
  Bluesky: ['refused', 'encoded'],
  Mastodon: ['fits', 'fits'],
  LinkedIn: ['refused', 'encoded'],
  Pinterest: ['fits', 'fits'],
  Telegram: ['refused', 'encoded'],
};

describeWith({ ffmpeg: 'ffmpeg' }, 'a minute from a phone: H.265, edit list, index at the end', () => {
  let file: MediaFile;
  /** The same, of a length that can be encoded anew four times within a test. */
  let brief: MediaFile;
  let cache: Awaited<ReturnType<typeof openCache>>;
  const tools = { clock: systemClock };
  beforeAll(async () => {
    const folder = freshFolder();
    const register = memoryRegister();
    cache = await openCache({ dir: folder, limitBytes: 1e9, register, clock: systemClock });
    const verify = (path: string) => probe(path, tools);
    file = await cache.add({ path: phoneFile(folder, 60), origin: 'test', verify });
    brief = await cache.add({ path: phoneFile(folder, 4), origin: 'test', verify });
  });

  it('is what it should be', () => {
    expect(file).toMatchObject({
      container: 'mp4',
      videoCodec: 'hevc',
      audioCodec: 'aac',
      width: 1080,
      height: 1920,
      fastStart: false,
      editList: true,
    });
    expect(file.frameRate).toBeCloseTo(29.97, 2);
    expect(Math.round(file.durationMs / 1000)).toBe(60);
  });

  it('is taken, fixed or refused by each platform as its own pages say', () => {
    const found = platforms.map(({ name, media }) => [
      name,
      [outcomeUnder(file, media, {}).outcome, outcomeUnder(file, media, { fit: 'transcode' }).outcome],
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  it('where it is refused, the reason names limit and file, and what would help', () => {
    for (const { name, media } of platforms.filter((one) => expected[one.name]?.[0] === 'refused')) {
      const { problems, hint } = outcomeUnder(file, media, {});
      expect([name, problems.map(({ message }) => message)]).toEqual([
        name,
        expect.arrayContaining(['codec: hevc; allowed: h264']),
      ]);
      expect(hint).toContain('fit=transcode');
    }
  });

  it.each(Object.keys(expected).filter((name) => expected[name]?.[1] !== 'fits'))(
    '%s gets a file that keeps to its rules',
    async (name) => {
      const { media } = platforms.find((one) => one.name === name)!;
      const copied = expected[name]?.[1] === 'copied';
      const given = copied ? file : brief;
      expect(outcomeUnder(brief, media, { fit: 'transcode' })).toEqual(
        outcomeUnder(file, media, { fit: 'transcode' }),
      );
      const fitted = await makeFit(given, media, { fit: 'transcode' }, { cache, tools });
      expect(checkMedia(fitted, media)).toEqual({ ok: true });
      expect(fitted).toMatchObject({ fastStart: true, editList: false, width: 1080, height: 1920 });
      expect(fitted.videoCodec).toBe(copied ? 'hevc' : 'h264');
      expect(fitted.frameRate).toBeCloseTo(29.97, 2);
      expect(Math.abs(fitted.durationMs - given.durationMs)).toBeLessThan(1000);
    },
    120_000,
  );
});

describe('the page on files', () => {
  it('has this table', () => {
    const words: Readonly<Record<string, string>> = {
      fits: 'taken as it is',
      copied: 'copied into a new container',
      encoded: 're-encoded',
      refused: 'refused: codec hevc, allowed h264',
    };
    const rows = platforms.map(({ name }) => {
      const [byDefault = '', withTranscode = ''] = expected[name] ?? [];
      return `| ${name} | ${words[byDefault]} | ${words[withTranscode]} |`;
    });
    const page = readFileSync(new URL('../../docs/files.md', import.meta.url), 'utf8');
    for (const row of rows) expect(page).toContain(row);
  });
});
