import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MediaFacts, MediaRules } from '../../src/core/media.ts';
import { checkMedia, sayBytes, sayDuration } from '../../src/core/media-rules.ts';

const facts: MediaFacts = {
  container: 'mp4',
  bytes: 31_000_000,
  durationMs: 60_000,
  width: 1080,
  height: 1920,
  videoCodec: 'h264',
  audioCodec: 'aac',
  frameRate: 30,
  bitRate: 4_100_000,
  fastStart: true,
  editList: false,
};

const rules: MediaRules = {
  containers: ['mp4', 'mov'],
  videoCodecs: ['h264', 'hevc'],
  audioCodecs: ['aac'],
  minDurationMs: 3000,
  maxDurationMs: 90_000,
  maxBytes: 100_000_000,
  minFrameRate: 23,
  maxFrameRate: 60,
  maxWidth: 1920,
  maxHeight: 1920,
  minAspect: 9 / 16,
  maxAspect: 16 / 9,
  maxBitRate: 25_000_000,
  fastStart: true,
  noEditList: true,
  source: 'https://example.org/',
};

/** The broken rules and their fixes. */
function broken(change: Partial<MediaFacts>, changedRules: Partial<MediaRules> = {}): Record<string, string> {
  const check = checkMedia({ ...facts, ...change }, { ...rules, ...changedRules });
  return check.ok ? {} : Object.fromEntries(check.problems.map(({ rule, fix }) => [rule, fix]));
}

describe('checkMedia', () => {
  test('a file that keeps to all rules', () => {
    expect(checkMedia(facts, rules)).toEqual({ ok: true });
  });

  test.each([
    [{ container: 'mkv' }, { containers: 'remux' }],
    [{ videoCodec: 'av1' }, { videoCodecs: 'transcode' }],
    [{ audioCodec: 'opus' }, { audioCodecs: 'transcode' }],
    [{ durationMs: 2900 }, { minDurationMs: 'none' }],
    [{ durationMs: 90_001 }, { maxDurationMs: 'trim' }],
    [{ bytes: 100_000_001 }, { maxBytes: 'transcode' }],
    [{ frameRate: 15 }, { minFrameRate: 'transcode' }],
    [{ frameRate: 120 }, { maxFrameRate: 'transcode' }],
    [
      { width: 2160, height: 3840 },
      { maxWidth: 'transcode', maxHeight: 'transcode' },
    ],
    [{ width: 400 }, { minAspect: 'none' }],
    [{ height: 500 }, { maxAspect: 'none' }],
    [{ bitRate: 26_000_000 }, { maxBitRate: 'transcode' }],
    [{ fastStart: false }, { fastStart: 'remux' }],
    [{ editList: true }, { noEditList: 'remux' }],
  ] as const)('%j breaks %j', (change, expected) => {
    expect(broken(change)).toEqual(expected);
  });

  test('each limit itself is kept', () => {
    const most = { durationMs: 90_000, bytes: 100_000_000, frameRate: 60, bitRate: 25_000_000 };
    expect(broken({ ...most, width: 1080, height: 1920 })).toEqual({});
    expect(broken({ durationMs: 3000, frameRate: 23, width: 576, height: 1024 })).toEqual({});
  });

  test('rounding breaks nothing: 60000/1001 frames/s, sides rounded to even', () => {
    expect(broken({ frameRate: 30.0003 }, { maxFrameRate: 30 })).toEqual({});
    expect(broken({ width: 406, height: 720 })).toEqual({});
  });

  test('what is not told counts as kept; no sound is no wrong sound', () => {
    const { audioCodec: _sound, frameRate: _rate, bitRate: _bits, ...silent } = facts;
    const { fastStart: _front, editList: _edits, ...untold } = silent;
    expect(checkMedia(untold, rules)).toEqual({ ok: true });
  });

  test('says limit and file in words', () => {
    const check = checkMedia({ ...facts, durationMs: 200_000 }, rules);
    expect(check.ok ? [] : check.problems).toEqual([
      {
        rule: 'maxDurationMs',
        limit: 'at most 1 min 30 s',
        actual: '3 min 20 s',
        fix: 'trim',
        message: 'length: 3 min 20 s; allowed: at most 1 min 30 s',
      },
    ]);
  });

  test('looser rules never break more', () => {
    const anyFacts = fc.record({ durationMs: fc.integer({ min: 1, max: 300_000 }), bytes: fc.nat(2e8) });
    fc.assert(
      fc.property(anyFacts, fc.nat(100_000), fc.nat(1e8), (some, moreMs, moreBytes) => {
        const looser = { maxDurationMs: 90_000 + moreMs, maxBytes: 1e8 + moreBytes };
        const before = Object.keys(broken(some));
        for (const rule of Object.keys(broken(some, looser))) expect(before).toContain(rule);
      }),
    );
  });
});

test('lengths and sizes as people say them', () => {
  expect([900, 34_240, 60_000, 140_000].map(sayDuration)).toEqual(['0.9 s', '34.2 s', '1 min', '2 min 20 s']);
  expect([512, 31_000, 31_200_000, 4e9].map(sayBytes)).toEqual(['512 bytes', '31 kB', '31.2 MB', '4 GB']);
});
