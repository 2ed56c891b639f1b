import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altTextOf } from '../../src/platforms/pinterest-text.ts';
import { textOf } from './pinterest-stage.ts';

describe('fit', () => {
  it('takes the first line for a title and the whole for a description', () => {
    expect(textOf('A morning ride #bike #fyp\nwith @mary')).toEqual({
      title: 'A morning ride',
      body: 'A morning ride #bike #fyp\nwith mary',
      count: { used: 35, max: 800, unit: 'characters' },
      notes: ['1 @name made plain'],
    });
  });

  it.each([
    ['#only #tags', '#only #tags'],
    ['\n\n…\nsecond line', 'second line'],
    ['', undefined],
    ['#1 of 5 #x', '#1 of 5'],
  ])('%j has the title %j', (caption, title) => {
    expect(textOf(caption).title).toBe(title);
  });

  it('takes the rule’s own title as it is', () => {
    expect(textOf('caption', {}, 'My\nclip #one').title).toBe('My clip #one');
  });

  it('cuts a title at a word', () => {
    const { title } = textOf('word '.repeat(50));
    expect(title).toMatch(/word…$/u);
    expect(title!.length).toBeLessThanOrEqual(100);
    expect(textOf('🦊'.repeat(80)).title).toBe(`${'🦊'.repeat(49)}…`);
  });

  it('cuts the words and keeps the hashtags', () => {
    const { body, notes } = textOf(`${'word '.repeat(300)}\n#cats #dogs`);
    expect(body).toMatch(/word…\n#cats #dogs$/u);
    expect(body.length).toBeLessThanOrEqual(800);
    expect(body.length).toBeGreaterThan(790);
    expect(notes).toEqual(['cut at 800']);
    expect(textOf(`a ${'#hashtag '.repeat(200)}`).body).toMatch(/^a( #hashtag)+$/u);
    expect(textOf(`#${'x'.repeat(900)}`).body).toBe(`#${'x'.repeat(798)}…`);
  });

  it('keeps names that shall stay, and those in addresses', () => {
    expect(textOf('with @mary', { mentions: 'keep' }).body).toBe('with @mary');
    expect(textOf('https://www.tiktok.com/@mary and me@example.com').notes).toEqual([]);
  });

  it('has a description for people who can’t see, from the rule only', () => {
    expect(altTextOf({})).toBe('');
    expect(altTextOf({ altText: 'A fox' })).toBe('A fox');
    expect(altTextOf({ altText: '🦊'.repeat(300) })).toBe('🦊'.repeat(250));
    expect(altTextOf({ altText: 7 })).toBe('');
  });
});

describe('fit, for any text', () => {
  const fragment = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '👨‍👩‍👧‍👦',
      '🏽',
      '\u200D',
      '\u202E',
      '\u0000',
      '\uD83D',
      '\uDE00',
      'e\u0301',
      '\u0301',
      '\uFE0F\u20E3',
    ),
    fc.constantFrom(
      '@name',
      '＠y',
      '@',
      '#tag',
      '#',
      '＃x',
      '#日本',
      '\n',
      ' ',
      '…',
      'word ',
      'https://a.b.co/@x',
    ),
  );
  const caption = fc.oneof(
    { weight: 8, arbitrary: fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')) },
    {
      weight: 1,
      arbitrary: fc
        .array(fragment, { minLength: 1, maxLength: 12 })
        .map((parts) => parts.join('').repeat(Math.ceil(1200 / Math.max(1, parts.join('').length)))),
    },
  );

  it('is inside every limit, and never a cut grapheme', () => {
    fc.assert(
      fc.property(caption, fc.option(fragment, { nil: undefined }), (text, own) => {
        const fitted = textOf(text, {}, own);
        const { body, title = '', count, notes } = fitted;
        expect(body.length).toBeLessThanOrEqual(800);
        expect(title.length).toBeLessThanOrEqual(100);
        expect(count).toMatchObject({ used: body.length, max: 800 });
        expect(body + title).not.toMatch(/\p{Cs}/u);
        expect(body + title).not.toMatch(/(?!\n)\p{Cc}/u);
        expect(title).not.toContain('\n');
        expect(fitted.title).not.toBe('');
        expect(textOf(text, {}, own)).toEqual(fitted);
        if (!notes.includes('cut at 800')) expect(body.endsWith('…') && !text.includes('…')).toBe(false);
      }),
      { numRuns: 10_000, seed: 20_261_122 },
    );
  }, 240_000);

  it('cuts between graphemes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 20, maxLength: 60 }), {
          minLength: 20,
          maxLength: 40,
        }),
        (parts) => {
          const text = parts.join('').replace(/[^\p{L}\p{M}\p{N}\p{Emoji_Presentation}]/gu, 'x');
          const { body } = textOf(text);
          if (!body.endsWith('…')) return;
          const kept = body.slice(0, -1);
          let length = 0;
          const edges = new Set(
            Array.from(new Intl.Segmenter('en').segment(text), ({ segment }) => (length += segment.length)),
          );
          expect(text.startsWith(kept)).toBe(true);
          expect(edges.has(kept.length)).toBe(true);
        },
      ),
      { numRuns: 500, seed: 7 },
    );
  }, 240_000);
});
