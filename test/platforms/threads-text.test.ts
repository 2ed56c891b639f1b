import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitThreads, threadsLength } from '../../src/platforms/threads-text.ts';

const fitted = (caption: string, options: Record<string, unknown> = {}) =>
  fitThreads({ caption, url: 'https://www.tiktok.com/@c/video/1', options, accountSettings: {} });

/** Threads' rule, counted another way: https://developers.facebook.com/documentation/threads/posts */
function countedApart(text: string): number {
  let length = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text))
    length += /\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{RI}|\p{EMod}|\u20e3/u.test(segment)
      ? new TextEncoder().encode(segment).length
      : segment.length;
  return length;
}

const links = (text: string) => new Set(text.match(/\bhttps?:\/\/[^\s<>"]+|\bwww\.[^\s<>"]+/giu) ?? []);

describe('the text', () => {
  it('counts an emoji as its bytes and everything else as it is', () => {
    expect(threadsLength('abc')).toBe(3);
    expect(threadsLength('ñandú')).toBe(5);
    expect(threadsLength('😀')).toBe(4);
    expect(threadsLength('👩‍👩‍👧‍👦')).toBe(25);
    expect(threadsLength('🇩🇪')).toBe(8);
    expect(threadsLength('1️⃣')).toBe(7);
    expect(threadsLength('#1')).toBe(2);
  });

  it('makes the first hashtag the topic and leaves the row at the end out', () => {
    expect(fitted('A morning ride #bike #fyp #viral')).toMatchObject({
      body: 'A morning ride',
      tags: ['bike'],
    });
    expect(fitted('The #best ride ever')).toMatchObject({ body: 'The best ride ever', tags: ['best'] });
    expect(fitted('No tags').tags).toBeUndefined();
    expect(fitted('#only #tags')).toMatchObject({ body: '', tags: ['only'] });
  });

  it.each([
    ['none', undefined],
    ['Cycling in Berlin', ['Cycling in Berlin']],
    ['#Cycling', ['Cycling']],
    ['no.periods', undefined],
    ['a&b', undefined],
    ['x'.repeat(51), undefined],
  ])('takes the rule’s own topic: %s', (topic, tags) => {
    expect(fitted('A ride #bike', { topic }).tags).toEqual(tags);
  });

  it('makes names plain, and keeps what the rule wants to keep', () => {
    expect(fitted('With @friend and a@b.de').body).toBe('With friend and a@b.de');
    expect(fitted('With @friend #x', { mentions: 'keep', hashtags: 'keep' }).body).toBe('With @friend #x');
  });

  it('keeps links whole: a # inside one is no hashtag, and the cut never parts one', () => {
    const link = 'https://example.com/a#part?x=1';
    expect(fitted(`See ${link}, now #tag`).body).toBe(`See ${link}, now`);
    const long = fitted(`${'word '.repeat(96)}${link} and more words behind it`).body;
    expect(long.includes(link) || !long.includes('https://example')).toBe(true);
  });

  it('keeps five different links', () => {
    const caption = Array.from({ length: 7 }, (_, n) => `https://example.com/${n}`).join(' ');
    const { body, notes } = fitted(caption);
    expect(links(body).size).toBe(5);
    expect(notes).toContain('2 links left out');
  });

  it('cuts between words, and says so', () => {
    const { body, notes, count } = fitted('Word '.repeat(200));
    expect(body).toMatch(/Word…$/u);
    expect(notes).toContain('cut at 500');
    expect(count.used).toBeLessThanOrEqual(500);
  });

  it('is never over a limit, never broken, for 10,000 captions', () => {
    const unit = fc.oneof(
      { weight: 6, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
      fc.constantFrom(
        '😀',
        '👩‍👩‍👧‍👦',
        '🇩🇪',
        '#tag ',
        '＃tag ',
        '@name ',
        '\n',
        ' ',
        '1️⃣',
        '\ud800',
        '\u200d',
        '🏽',
      ),
      fc.webUrl({ withFragments: true, withQueryParameters: true }).map((url) => ` ${url} `),
      fc.string({ unit: 'grapheme', minLength: 200, maxLength: 500 }),
    );
    const options = fc.record({
      topic: fc.constantFrom('auto', 'none', 'My topic', 'a.b'),
      hashtags: fc.constantFrom('plain', 'keep'),
      mentions: fc.constantFrom('plain', 'keep'),
    });
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 9 }), options, (units, chosen) => {
        const caption = units.join('');
        const { body, tags = [], count } = fitted(caption, chosen);
        expect(countedApart(body)).toBeLessThanOrEqual(500);
        expect(count.used).toBe(countedApart(body));
        expect(body).not.toMatch(/\p{Cs}/u);
        expect(links(body).size).toBeLessThanOrEqual(5);
        for (const tag of tags) expect(tag).toMatch(/^[^.&]{1,50}$/u);
      }),
      { numRuns: 10_000 },
    );
  });
});
