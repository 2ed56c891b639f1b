import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromLittle, toLittle } from '../../src/platforms/linkedin-text.ts';
import { readLittle } from '../../src/sandbox/linkedin-little.ts';
import { textOf } from './linkedin-stage.ts';

describe('little text', () => {
  it.each([
    ['hello (world)', 'hello \\(world\\)'],
    ['a_b *c* ~d~ [e] {f} <g> h|i', 'a\\_b \\*c\\* \\~d\\~ \\[e\\] \\{f\\} \\<g\\> h\\|i'],
    ['C:\\temp', 'C:\\\\temp'],
    ['#food #日本語 #हिन्दी', '#food #日本語 #हिन्दी'],
    ['#my_tag', '\\#my\\_tag'],
    ['#1 for C# and a#b', '\\#1 for C\\# and a\\#b'],
    ['## #', '\\#\\# \\#'],
    ['#️⃣ five', '\\#️⃣ five'],
    ['me@example.com', 'me\\@example.com'],
    ['see https://a.example/x_y(1)~z, now', 'see https://a.example/x%5Fy%281%29%7Ez, now'],
    ['(https://a.example/b)', '\\(https://a.example/b\\)'],
    ['https://a_b.example/@c#top', 'https://a\\_b.example/%40c\\#top'],
    ['http://', 'http://'],
  ])('%s', (text, little) => {
    expect(toLittle(text)).toBe(little);
    expect(readLittle(little).cut).toBe(false);
  });

  it.each([
    ['hello \\(world\\) #tag', 'hello (world) #tag'],
    ['{hashtag|\\#|my\\_tag} by @[Alice \\(A\\)](urn:li:person:1)', '#my_tag by Alice (A)'],
  ])('is read back: %s', (little, text) => {
    expect(fromLittle(little)).toBe(text);
    expect(readLittle(little).visible).toBe(text);
  });
});

describe('fit', () => {
  it('shows a caption of TikTok to its end', () => {
    const { body, notes } = textOf('New drop! (link in bio) @brand_x #fyp#cats #my_tag <3');
    const { visible, hashtags, cut } = readLittle(body);
    expect(visible).toBe('New drop! (link in bio) brand_x #fyp #cats #my_tag <3');
    expect(hashtags).toEqual(['fyp', 'cats']);
    expect(cut).toBe(false);
    expect(notes).toEqual(['1 @name made plain']);
  });

  it('keeps names that shall stay, and addresses', () => {
    expect(readLittle(textOf('with @mary', { mentions: 'keep' }).body).visible).toBe('with @mary');
    expect(textOf('write me@example.com').notes).toEqual([]);
    expect(readLittle(textOf('https://www.tiktok.com/@mary').body).visible).toBe(
      'https://www.tiktok.com/%40mary',
    );
  });

  it('cuts at the end of a word and says so', () => {
    const { body, notes, count } = textOf('word (and) '.repeat(500));
    expect(body).toMatch(/(word|\\\(and\\\))…$/u);
    expect(count).toMatchObject({ used: body.length, max: 3000 });
    expect(body.length).toBeGreaterThan(2970);
    expect(notes).toEqual(['cut at 3000']);
  });

  it('never halves an emoji, a hashtag or a link', () => {
    expect(textOf('👨‍👩‍👧‍👦'.repeat(600)).body).toBe(`${'👨‍👩‍👧‍👦'.repeat(272)}…`);
    expect(textOf(`${'x'.repeat(2990)} #longhashtaghere and more`).body).toBe(`${'x'.repeat(2990)}…`);
    expect(textOf(`${'x'.repeat(2990)} https://example.com/a/b/c and more`).body).toBe(
      `${'x'.repeat(2990)}…`,
    );
  });

  it('has a title only where the rule gives one', () => {
    expect(textOf('a')).not.toHaveProperty('title');
    expect(textOf('a', {}, ' My\nclip ').title).toBe('My clip');
    expect(textOf('a', {}, '🦊'.repeat(100)).title).toBe(`${'🦊'.repeat(49)}…`);
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
    fc.constantFrom(...'\\|{}@[]()<>#*_~'),
    fc.constantFrom('https://a.b.co/x_y?(z)#t', 'http://', 'https://', '://', 'HTTPS://a_b.c/'),
    fc.constantFrom(
      '@name',
      '#tag',
      '#my_tag',
      '#日本',
      '＃x',
      '＠y',
      '\n',
      ' ',
      '…',
      'word ',
      '{hashtag|\\#|x}',
    ),
  );
  const caption = fc.oneof(
    { weight: 12, arbitrary: fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')) },
    {
      weight: 1,
      arbitrary: fc
        .array(fragment, { minLength: 1, maxLength: 12 })
        .map((parts) => parts.join('').repeat(Math.ceil(4000 / Math.max(1, parts.join('').length)))),
    },
  );

  it('is inside the limit, shown to its end, and never a cut grapheme', () => {
    fc.assert(
      fc.property(caption, fc.constantFrom('plain', 'keep'), (text, mentions) => {
        const { body, count, notes } = textOf(text, { mentions });
        expect(body.length).toBeLessThanOrEqual(3000);
        expect(count.used).toBe(body.length);
        const { visible, cut } = readLittle(body);
        expect(cut).toBe(false);
        expect(visible).not.toMatch(/\p{Cs}/u);
        expect(fromLittle(body)).toBe(visible);
        if (notes.some((note) => note.startsWith('cut'))) expect(body.endsWith('…')).toBe(true);
        // The same words again, for the filter of duplicates.
        expect(textOf(text, { mentions })).toEqual({ body, count, notes });
      }),
      { numRuns: 10_000, seed: 20_261_122 },
    );
  }, 240_000);

  it('cuts between graphemes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), {
          minLength: 60,
          maxLength: 120,
        }),
        (parts) => {
          const whole = parts
            .join('')
            .replace(/[^\p{L}\p{M}\p{N}\p{Emoji_Presentation}]/gu, 'x')
            .repeat(3)
            .slice(0, 9000);
          const text = whole.replace(/\p{Cs}/gu, '').trim();
          const { body } = textOf(text);
          if (!body.endsWith('…')) return;
          const kept = readLittle(body).visible.slice(0, -1);
          const all = Array.from(new Intl.Segmenter('en').segment(text), ({ segment }) => segment);
          let length = 0;
          const edges = new Set(all.map((part) => (length += part.length)));
          expect(text.startsWith(kept)).toBe(true);
          expect(edges.has(kept.length)).toBe(true);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  }, 240_000);
});
