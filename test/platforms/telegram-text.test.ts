import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from './telegram-stage.ts';

describe('a caption for Telegram', () => {
  it('that fits stays as it is, markup signs and all', () => {
    expect(textOf('<b>1 < 2 & 3</b> *bold* _x_ [a](b) \\ `c`\n#tag')).toEqual({
      body: '<b>1 < 2 & 3</b> *bold* _x_ [a](b) \\ `c`\n#tag',
      count: { used: 45, max: 1024, unit: 'characters' },
      notes: [],
    });
  });

  it('loses the @ of names, which are somebody else’s here, unless the rule keeps them', () => {
    expect(textOf('with @friend.one, (@two) and a@b.example')).toMatchObject({
      body: 'with friend.one, (two) and a@b.example',
      notes: ['2 @names made plain'],
    });
    expect(textOf('with @friend', { mentions: 'keep' }).body).toBe('with @friend');
  });

  it('is cut between graphemes, and says so', () => {
    const { body, notes } = textOf(`${'a'.repeat(1018)}👨‍👩‍👧‍👦`);
    expect(body).toBe(`${'a'.repeat(1018)}…`);
    expect(notes).toEqual(['cut at 1024']);
    expect(textOf('b'.repeat(1024)).body).toBe('b'.repeat(1024));
  });

  it('loses halves of characters and control characters', () => {
    expect(textOf('a\ud800b\u0000c\r\nd\te').body).toBe('abc\nd e');
  });

  const pieces = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '#tag ',
      '@',
      '@@',
      '＠x',
      '@name ',
      'a@b.c',
      '<b>',
      '&amp;',
      '*',
      '_',
      '\\',
      '\n',
      '\u200d',
      '👨‍👩‍👧',
      '\u0301',
      '\ud83d',
    ),
  );
  const captions = fc
    .tuple(fc.array(pieces, { maxLength: 60 }), fc.constantFrom(1, 1, 1, 40))
    .map(([parts, times]) => parts.join('').repeat(times));

  it('never passes the limit, never cuts a grapheme, never throws, whatever it is', () => {
    fc.assert(
      fc.property(captions, fc.constantFrom('plain', 'keep', undefined), (caption, mentions) => {
        const { body, count } = textOf(caption, { mentions });
        expect(body.length).toBeLessThanOrEqual(1024);
        expect(count).toEqual({ used: body.length, max: 1024, unit: 'characters' });
        expect(body).not.toMatch(/\p{Cs}/u);
        if (mentions !== 'keep') expect(body).not.toMatch(/(?<![\p{L}\p{N}_])[@＠]+[\p{L}\p{N}_]/u);
        if (body.endsWith('…') && !caption.includes('…')) {
          const graphemes = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(body)];
          expect(graphemes.at(-1)?.segment).toBe('…');
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
