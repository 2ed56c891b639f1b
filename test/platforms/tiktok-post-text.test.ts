import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from './tiktok-post-stage.ts';

describe('a caption for TikTok', () => {
  it('stays as it is: its hashtags and names are TikTok’s own', () => {
    expect(textOf('with @friend.one #tag\nand more')).toEqual({
      body: 'with @friend.one #tag\nand more',
      count: { used: 30, max: 2200, unit: 'characters' },
      notes: [],
    });
  });

  it('is cut between graphemes, and says so', () => {
    const { body, notes } = textOf(`${'a'.repeat(2194)}👨‍👩‍👧‍👦`);
    expect(body).toBe(`${'a'.repeat(2194)}…`);
    expect(notes).toEqual(['cut at 2200']);
    expect(textOf('b'.repeat(2200)).body).toBe('b'.repeat(2200));
  });

  const pieces = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('#tag ', '@name ', '\n', '\u200d', '👨‍👩‍👧', '\u0301', '\ud83d', ' '),
  );
  const captions = fc
    .tuple(fc.array(pieces, { maxLength: 60 }), fc.constantFrom(1, 1, 1, 60))
    .map(([parts, times]) => parts.join('').repeat(times));

  it('never passes the limit, never cuts a grapheme, never throws, whatever it is', () => {
    fc.assert(
      fc.property(captions, (caption) => {
        const { body, count } = textOf(caption);
        expect(body.length).toBeLessThanOrEqual(2200);
        expect(count).toEqual({ used: body.length, max: 2200, unit: 'characters' });
        expect(body).not.toMatch(/\p{Cs}/u);
        if (body.endsWith('…') && !caption.includes('…')) {
          const graphemes = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(body)];
          expect(graphemes.at(-1)?.segment).toBe('…');
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
