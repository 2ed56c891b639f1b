import { expect, it } from 'vitest';
import { shorten } from '../../src/cli/io.ts';
import { cellWidth } from '../../src/cli/table.ts';
import { graphemes, isSimple, segments as partsOf } from '../../src/core/graphemes.ts';

const unicode = new Intl.Segmenter('en', { granularity: 'grapheme' });
const segments = (text: string) => [...unicode.segment(text)].map(({ segment }) => segment);

it('takes for simple only what Unicode takes for one letter each, of one column', () => {
  const simple: string[] = [];
  for (let code = 0; code < 0x1_0000; code += 1)
    if (isSimple(String.fromCharCode(code))) simple.push(String.fromCharCode(code));
  expect(simple.length).toBeGreaterThan(500);
  const all = simple.join('');
  expect(segments(all)).toEqual(simple);
  const lines = simple.toReversed().join('\n');
  expect(Array.from(partsOf(lines), ({ segment }) => segment)).toEqual(segments(lines));
  // With a sign behind that is none, Unicode is asked: it gives each letter the same width.
  for (const letter of simple) expect(cellWidth(`${letter} 🎬`), letter).toBe(cellWidth(letter) + 3);
});

it('asks Unicode about all else', () => {
  for (const text of ['👩‍👩‍👧', 'e\u0301', '©', '한국어', 'a\r\nb', '\u200d']) {
    expect(isSimple(text), text).toBe(false);
    expect(graphemes(text)).toEqual(segments(text));
  }
  expect(shorten('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 2)).toBe('👩‍👩‍👧…');
  expect(shorten('abc', 3)).toBe('abc');
  expect(shorten('abcd', 3)).toBe('ab…');
});

it.each(['', 'two\nlines\n\n', 'a\r\nb', 'e\u0301', '👩‍👩‍👧 and', '🇩🇪🇫🇷', '한국\n어'])(
  'parts %j where Unicode does',
  (text) => {
    expect(Array.from(partsOf(text), ({ segment, index }) => [index, segment])).toEqual(
      Array.from(unicode.segment(text), ({ segment, index }) => [index, segment]),
    );
  },
);
