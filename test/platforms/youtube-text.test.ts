import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { youtube } from '../../src/platforms/youtube.ts';

const fitted = (caption: string, title?: string) =>
  youtube.fit({
    caption,
    url: 'https://www.tiktok.com/@creator/video/1',
    options: {},
    accountSettings: {},
    ...(title === undefined ? {} : { title }),
  });

const graphemes = (text: string) =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);

/** YouTube's arithmetic: `["Foo Baz"]` is 9, `["a","bc"]` is 4. */
function tagsLength(tags: readonly string[]): number {
  return tags.reduce((sum, tag) => sum + tag.length + (tag.includes(' ') ? 2 : 0), tags.length - 1);
}

describe('YouTube’s title', () => {
  it.each([
    ['My clip', 'My clip'],
    ['\n\n  Two  spaces\nand more', 'Two spaces'],
    ['Morning walk #fyp #walk', 'Morning walk'],
    ['#sunrise over the bay #fyp', '#sunrise over the bay'],
    ['#cat #funny', '#cat #funny'],
    ['I <3 you > me', 'I ‹3 you › me'],
    ['null\0byte\u0007 and \ud800 half', 'nullbyte and half'],
  ])('of %j is %j', (caption, title) => {
    expect(fitted(caption).title).toBe(title);
  });

  it.each(['', '   \n\t ', '\u200b\u200d', '\0', '\ud83d'])(
    'has a fallback where %j says nothing',
    (caption) => {
      const { title, notes } = fitted(caption);
      expect(title).toBe('Video');
      expect(notes).toContain('no text for a title: “Video” is used');
    },
  );

  it('is the rule’s own where there is one', () => {
    expect(fitted('A caption', 'My\ntitle').title).toBe('My title');
    expect(fitted('A caption', ' ').title).toBe('A caption');
  });

  it('ends with the last sentence that fits', () => {
    const caption = `First we walk to the harbour. Then we see it! ${'And then more happens '.repeat(9)}`;
    const { title, notes } = fitted(caption);
    expect(title).toBe('First we walk to the harbour. Then we see it!');
    expect(notes).toContain('title cut at 100 characters');
  });

  it('else with the last word that fits', () => {
    const { title } = fitted('word '.repeat(40));
    expect(title).toBe(`${'word '.repeat(19).trim()}…`);
    expect(fitted('日'.repeat(150)).title).toBe(`${'日'.repeat(99)}…`);
  });

  it('keeps a family together', () => {
    const family = '👨‍👩‍👧‍👦';
    const { title } = fitted(family.repeat(20));
    expect(title).toBe(`${family.repeat(9)}…`);
    expect(title!.length).toBe(100);
  });
});

describe('YouTube’s description and tags', () => {
  it('counts bytes', () => {
    const { body, count, notes } = fitted('ё'.repeat(3000));
    expect(body).toBe(`${'ё'.repeat(2498)}…`);
    expect(count).toEqual({ used: 4999, max: 5000, unit: 'bytes' });
    expect(notes).toContain('description cut at 5000 bytes');
    expect(fitted('x'.repeat(5000)).body).toHaveLength(5000);
  });

  it('keeps hashtags in the text and takes each once for the tags', () => {
    const { body, tags } = fitted('Hi #Sea, #sea! #сад #ขนม #1 #_ a#b ##c # d');
    expect(body).toBe('Hi #Sea, #sea! #сад #ขนม #1 #_ a#b ##c # d');
    expect(tags).toEqual(['Sea', 'сад', 'ขนม', '1', 'b', 'c']);
  });

  it('leaves tags out that no longer fit, and room for its mark', () => {
    const { tags, notes } = fitted(
      Array.from({ length: 40 }, (_, n) => `#${String(n).padStart(20, 'x')}`).join(' '),
    );
    expect(tagsLength([...tags!, 'repost-0123456789ab'])).toBeLessThanOrEqual(500);
    expect(tags).toHaveLength(22);
    expect(notes).toContain('18 hashtags left out of the tags');
  });
});

/** Text as people, phones and attackers write it: emoji, families, flags, both directions, NUL, halves. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '👨‍👩‍👧‍👦',
      '🇩🇪🇫🇷',
      '👍🏽',
      '1️⃣',
      'e\u0301\u0323',
      'क्षि',
      'ภาษา',
      '한국어',
      '\u202eabc\u202c',
      '\u2066x\u2069',
      '\0',
      '\ud83d',
      '\udc4d',
      '<b>',
      '>',
      '#fyp',
      '#сад',
      '##',
      '# ',
      ' ',
      '\n',
      '\r\n',
      '\u2028',
      'word ',
      'Done. ',
      '。',
      '\u0600',
      '\u200d',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4000 }).map((n) => 'x\u0300'.repeat(n)) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4000 }).map((n) => `o${'\u0301'.repeat(n)}`) },
);
const joined = (maxLength: number, maxChars: number) =>
  fc.array(piece, { maxLength }).map((pieces) => pieces.join('').slice(0, maxChars));
const caption = fc.oneof(
  { weight: 9, arbitrary: joined(12, 400) },
  { weight: 1, arbitrary: joined(80, 4000) },
);

/** Where graphemes of a text begin and end. */
function bordersOf(parts: readonly string[]): Set<number> {
  const borders = new Set([0]);
  let position = 0;
  for (const part of parts) {
    position += part.length;
    borders.add(position);
  }
  return borders;
}

/** True where `part`, but for a final ellipsis, is made of whole graphemes of `whole`. */
function isUncut(part: string, whole: string, borders: ReadonlySet<number>): boolean {
  const kept = part.endsWith('…') && !whole.includes(part) ? part.slice(0, -1) : part;
  for (let at = whole.indexOf(kept); at >= 0; at = whole.indexOf(kept, at + 1))
    if (borders.has(at) && borders.has(at + kept.length)) return true;
  return false;
}

/** What YouTube is known to refuse is taken out before anything is counted. */
function readable(text: string): string {
  return text
    .replace(/\r\n?/gu, '\n')
    .replace(/\t/gu, ' ')
    .replace(/[\p{Cs}\u2028\u2029]/gu, '')
    .replace(/(?!\n)\p{Cc}/gu, '')
    .replace(/</gu, '‹')
    .replace(/>/gu, '›');
}

describe('whatever the caption', () => {
  it('no limit is passed and no grapheme is cut', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(caption, (text) => {
        const { title, body, tags, count } = fitted(text);
        expect(title!.length).toBeGreaterThan(0);
        expect(title!.length).toBeLessThanOrEqual(100);
        expect(title!.trim()).not.toBe('');
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(5000);
        expect(count.used).toBe(Buffer.byteLength(body));
        expect(tagsLength([...tags!, 'repost-0123456789ab'])).toBeLessThanOrEqual(500);
        for (const one of [title!, body, ...tags!]) expect(one).not.toMatch(/[<>\0\p{Cs}]/u);

        const whole = readable(text);
        const borders = bordersOf(graphemes(whole));
        expect(isUncut(body, whole, borders)).toBe(true);
        for (const tag of tags!) expect(isUncut(tag, whole, borders)).toBe(true);
        if (title === 'Video') return;
        // Spaces between the words of a title are made one each; the words must be whole.
        const start = title!.slice(0, 1);
        const lines = whole.split('\n').filter((line) => line.includes(start));
        expect(
          lines.some((line) => {
            const parts = graphemes(line)
              .map((part) => (/^\s+$/u.test(part) ? ' ' : part))
              .filter((part, at, all) => part !== ' ' || all[at - 1] !== ' ');
            return isUncut(title!, parts.join(''), bordersOf(parts));
          }),
        ).toBe(true);
      }),
      { numRuns: 10_000, seed: 20261122 },
    );
  });
});
