import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TextInput } from '../../src/core/text.ts';
import { altOf, type Facet, facetsOf, fitText, langsOf } from '../../src/platforms/bluesky-text.ts';

const forBluesky = (caption: string, options: TextInput['options'] = {}) =>
  fitText({ caption, url: 'https://www.tiktok.com/@a/video/1', options, accountSettings: {} });

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const graphemes = (text: string) => [...segmenter.segment(text)].map(({ segment }) => segment);
const family = '👩‍👩‍👧‍👦';

/** The words that a facet covers, by its bytes. */
const covered = (text: string, { index }: Facet) =>
  Buffer.from(text).subarray(index.byteStart, index.byteEnd).toString();
const shown = (text: string, hashtags?: 'link' | 'plain') =>
  facetsOf(text, hashtags).map((facet) => {
    const [feature] = facet.features;
    return [covered(text, facet), feature && ('uri' in feature ? feature.uri : feature.tag)];
  });

describe('fitting a caption for Bluesky', () => {
  it('leaves alone what fits', () => {
    const caption = `A morning ride 🚴 ${family}\n\n#bike #sea`;
    expect(forBluesky(caption)).toEqual({
      body: caption,
      count: { used: graphemes(caption).length, max: 300, unit: 'characters' },
      notes: [],
    });
  });

  it('takes 300 characters as people see them, and not one more', () => {
    expect(forBluesky('x'.repeat(300)).body).toBe('x'.repeat(300));
    expect(forBluesky('x'.repeat(301)).body).toBe(`${'x'.repeat(299)}…`);
    expect(forBluesky('👍🏽'.repeat(300)).notes).toEqual([]);
    expect(forBluesky('👍🏽'.repeat(301))).toMatchObject({
      body: `${'👍🏽'.repeat(299)}…`,
      notes: ['cut at 300'],
    });
  });

  it('hits the bytes first with families', () => {
    const { body } = forBluesky(family.repeat(200));
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(3000);
    expect(body).toBe(`${family.repeat(119)}…`);
  });

  it('cuts at a word and keeps the hashtags', () => {
    const { body } = forBluesky(`${'some words here '.repeat(30)}\n#one #two`);
    expect(body).toMatch(/(some|words|here)…\n#one #two$/u);
    expect(graphemes(body).length).toBeLessThanOrEqual(300);
    expect(graphemes(body).length).toBeGreaterThan(280);
  });

  it('drops hashtags that would leave the words less than half', () => {
    const tags = Array.from({ length: 60 }, (_, n) => `#hashtag${n}`).join(' ');
    const { body } = forBluesky(`${'word '.repeat(80)}${tags}`);
    expect(body).toContain('…');
    expect(body.indexOf('#')).toBeGreaterThan(140);
    expect(forBluesky(tags).body).toMatch(/^#hashtag0 .*#hashtag\d+$/u);
  });

  it('never leaves half a link or half a hashtag', () => {
    const link = `https://example.com/${'a'.repeat(100)}`;
    expect(forBluesky(`${'x'.repeat(250)} ${link} end`).body).toBe(`${'x'.repeat(250)}…`);
    expect(forBluesky(`${'x'.repeat(290)} #neverending and more words`).body).toBe(`${'x'.repeat(290)}…`);
  });

  it.each([
    ['thanks @someone and ＠other', 'thanks someone and other', '2 @names made plain'],
    ['write to me@example.com', 'write to me@example.com', undefined],
    ['see https://example.com/@me', 'see https://example.com/@me', undefined],
    ['@@twice', 'twice', '1 @name made plain'],
  ])('%s', (caption, body, note) => {
    expect(forBluesky(caption)).toMatchObject({ body, notes: note === undefined ? [] : [note] });
    expect(forBluesky(caption, { mentions: 'keep' }).body).toBe(caption);
  });

  it('takes out what nobody can see', () => {
    expect(forBluesky('a\u0000b\u0007c\ud800d\ufeff\r\ne\t\tf\n\n\n\ng  \nh').body).toBe(
      'abcd\ne  f\n\ng\nh',
    );
  });

  it('gives an empty text for nothing', () => {
    expect(forBluesky('   ')).toMatchObject({ body: '', count: { used: 0 } });
  });
});

describe('links and hashtags', () => {
  it.each<[string, [string, string][]]>([
    [
      'hello #tag https://example.com',
      [
        ['#tag', 'tag'],
        ['https://example.com', 'https://example.com/'],
      ],
    ],
    [`${family} #Ünïcödé 日本`, [['#Ünïcödé', 'Ünïcödé']]],
    [
      '#one#two',
      [
        ['#one', 'one'],
        ['#two', 'two'],
      ],
    ],
    ['(see http://example.org/x_(y)).', [['http://example.org/x_(y)', 'http://example.org/x_(y)']]],
    ['https://example.com/#part and a#b', [['https://example.com/#part', 'https://example.com/#part']]],
    [
      'http://пример.рф/путь!',
      [['http://пример.рф/путь', 'http://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C']],
    ],
    ['#1 #2026 #️⃣ # ## #é', [['#é', 'é']]],
    ['https://localhost/x https:// http://', []],
    ['＃wide', [['＃wide', 'wide']]],
    [`#${'x'.repeat(65)} #${'y'.repeat(64)}`, [[`#${'y'.repeat(64)}`, 'y'.repeat(64)]]],
  ])('%s', (text, expected) => {
    expect(shown(text)).toEqual(expected);
  });

  it('leaves hashtags plain where the rule says so', () => {
    expect(shown('#tag https://example.com', 'plain')).toEqual([
      ['https://example.com', 'https://example.com/'],
    ]);
  });
});

describe('description and languages', () => {
  it('describes by the whole caption, by own words or not at all', () => {
    expect(altOf({}, ' A ride\u0000 ')).toBe('A ride');
    expect(altOf({ alt: 'none' }, 'A ride')).toBe('');
    expect(altOf({ alt: 'A person on a bike' }, 'A ride')).toBe('A person on a bike');
    expect(graphemes(altOf({}, 'x'.repeat(5000)))).toHaveLength(1000);
    expect(Buffer.byteLength(altOf({}, family.repeat(1000)))).toBeLessThanOrEqual(10_000);
  });

  it('keeps three languages in their proper spelling', () => {
    expect(langsOf({})).toEqual([]);
    expect(langsOf({ langs: 'EN, pt-br  xx_yy de en fr' })).toEqual(['en', 'pt-BR', 'de']);
  });
});

describe('any caption', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom(
      family,
      '🇩🇪',
      ' #tag',
      '#ä#日本語',
      ' https://example.com/a(b)?c=d#e. ',
      'http://пример.рф/ü',
      ' @name ',
      '\n',
      '\ud83d',
      'é'.normalize('NFD'),
      '…',
      'x'.repeat(120),
    ),
  );
  const caption = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));

  it('stays inside both limits, on whole characters, and its facets too', () => {
    fc.assert(
      fc.property(caption, fc.constantFrom('plain', 'keep'), (text, mentions) => {
        const { body, count } = forBluesky(text, { mentions });
        const whole = graphemes(body);
        expect(whole.length).toBe(count.used);
        expect(whole.length).toBeLessThanOrEqual(300);
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(3000);
        expect(body).not.toMatch(/\p{Cs}/u);
        // A second fitting has nothing left to do.
        expect(forBluesky(body, { mentions }).body).toBe(body);

        const bytes = Buffer.from(body);
        const starts = new Set([0]);
        let at = 0;
        for (const character of body) {
          at += Buffer.byteLength(character);
          starts.add(at);
        }
        let last = 0;
        for (const { index, features } of facetsOf(body)) {
          expect(starts.has(index.byteStart) && starts.has(index.byteEnd)).toBe(true);
          expect(index.byteStart).toBeGreaterThanOrEqual(last);
          expect(index.byteEnd).toBeGreaterThan(index.byteStart);
          expect(index.byteEnd).toBeLessThanOrEqual(bytes.length);
          expect(features).toHaveLength(1);
          last = index.byteEnd;
        }
      }),
      { numRuns: 10_000 },
    );
  }, 300_000);
});
