import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Platform } from '../../src/core/platform.ts';
import type { FittedText } from '../../src/core/text.ts';
import { facebook } from '../../src/platforms/facebook.ts';
import { instagram } from '../../src/platforms/instagram.ts';

function fitted(platform: Platform, caption: string, options: Record<string, unknown> = {}): FittedText {
  return platform.fit({ caption, url: '', options, accountSettings: {} });
}

const on = (caption: string, options?: Record<string, unknown>) => fitted(instagram, caption, options);
const tags = (text: string) => text.match(/#/gu)?.length ?? 0;

describe('a caption', () => {
  it('that fits stays as it is', () => {
    expect(on('Two\nlines, an e-mail a@b.example and #one #two')).toEqual({
      body: 'Two\nlines, an e-mail a@b.example and #one #two',
      count: { used: 46, max: 2200, unit: 'characters' },
      notes: [],
    });
  });

  it('loses the @ of names, which are somebody else’s here', () => {
    expect(on('with @friend.one and (@two)')).toMatchObject({
      body: 'with friend.one and (two)',
      notes: ['2 @names made plain'],
    });
    expect(on('with @friend', { mentions: 'keep' }).body).toBe('with @friend');
  });

  it('keeps twenty names at most', () => {
    const names = Array.from({ length: 25 }, (_, n) => `@n${n}`).join(' ');
    const { body, notes } = on(names, { mentions: 'keep' });
    expect(body.match(/@/gu)).toHaveLength(20);
    expect(notes).toEqual(['5 @names made plain']);
  });

  it('keeps the first five hashtags; those inside a sentence stay as words', () => {
    expect(on('A #1 b #2 c #3 d #4 e #5 f #6 g #7\n#8 #9')).toMatchObject({
      body: 'A #1 b #2 c #3 d #4 e #5 f 6 g',
      notes: ['4 hashtags left out'],
    });
    expect(on('Word #1#2#3#4#5#6#7').body).toBe('Word #1#2#3#4#5');
    expect(on('#1 #2 #3', { hashtags: 0 }).body).toBe('');
    expect(tags(on('#x '.repeat(40), { hashtags: 99 }).body)).toBe(30);
    expect(tags(on('#x '.repeat(40), { hashtags: 'many' }).body)).toBe(5);
  });

  it('is cut between graphemes, and says so', () => {
    const family = '👨‍👩‍👧‍👦';
    const { body, count, notes } = on(`${'a'.repeat(2194)}${family}`);
    expect(body).toBe(`${'a'.repeat(2194)}…`);
    expect(count.used).toBe(2195);
    expect(notes).toEqual(['cut at 2200']);
  });

  it('loses halves of characters and control characters', () => {
    expect(on('a\ud800b\u0000c\r\nd\te').body).toBe('abc\nd e');
  });
});

const pieces = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '#',
    '＃',
    '##',
    '#tag ',
    ' #ein',
    '@',
    '@@',
    '＠x',
    '@name.x ',
    'a@b.c',
    '\n',
    '\u200d',
    '👨‍👩‍👧',
    '\u0301',
    ' ',
    'é',
    '\ud83d',
  ),
);
const captions = fc
  .tuple(fc.array(pieces, { maxLength: 60 }), fc.constantFrom(1, 1, 1, 40))
  .map(([parts, times]) => parts.join('').repeat(times));

describe.each([
  ['Instagram', instagram, 2200],
  ['Facebook', facebook, 63_206],
] as const)('%s: whatever the caption', (_name, platform, max) => {
  it('never passes a limit, never cuts a grapheme, never throws', () => {
    const options = fc.record({
      hashtags: fc.option(fc.integer({ min: -2, max: 40 }), { nil: undefined }),
      mentions: fc.constantFrom('plain', 'keep', undefined),
    });
    fc.assert(
      fc.property(captions, options, (caption, rule) => {
        const { body, count } = fitted(platform, caption, rule);
        expect(body.length).toBeLessThanOrEqual(max);
        expect(count).toEqual({ used: body.length, max, unit: 'characters' });
        expect(body).not.toMatch(/\p{Cs}/u);
        const wanted = Math.max(0, Math.min(30, rule.hashtags ?? (max === 2200 ? 5 : 30)));
        expect(body.match(/[#＃]+[^\s#＃]/gu)?.length ?? 0).toBeLessThanOrEqual(wanted);
        const names = body.match(/(?<![\p{L}\p{N}_])[@＠]+[\p{L}\p{N}_.]/gu)?.length ?? 0;
        expect(names).toBeLessThanOrEqual(rule.mentions === 'keep' ? 20 : 0);
        expect(body.match(/[@＠]/gu)?.length ?? 0).toBeLessThanOrEqual(20);
        if (body.endsWith('…') && !caption.includes('…')) expect(cutsNoGrapheme(body)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});

/** The ellipsis stands by itself: what was kept before it ends where a grapheme ends. */
function cutsNoGrapheme(body: string): boolean {
  const graphemes = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(body)];
  return graphemes.at(-1)?.segment === '…';
}
