import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitText } from '../../src/platforms/x-text.ts';
import { topLevelDomains } from '../../src/platforms/x-tlds.ts';
import { findUrls } from '../../src/platforms/x-urls.ts';
import { weigh } from '../../src/platforms/x-weight.ts';

interface Weights {
  weighted: { description: string; text: string; weightedLength: number }[];
  directional: { description: string; text: string; weightedLength: number }[];
}
interface Recorded {
  captions: number;
  cases: { text: string; urls: [number, number][]; weightedLength: number }[];
}
const fixture = <T>(name: string) =>
  JSON.parse(readFileSync(new URL(`../fixtures/x/${name}.json`, import.meta.url), 'utf8')) as T;

const textOf = (
  caption: string,
  options: Record<string, unknown> = {},
  accountSettings: Record<string, unknown> = {},
) => fitText({ caption, url: 'https://www.tiktok.com/@creator/video/1', options, accountSettings });

describe('weigh', () => {
  const { weighted, directional } = fixture<Weights>('twitter-text-weights');
  it.each([...weighted, ...directional])('official vector: $description', ({ text, weightedLength }) => {
    expect(weigh(text)).toBe(weightedLength);
  });

  it.each([
    ['Hello', 5],
    ['café', 4],
    ['cafe\u0301', 4],
    ['日本語', 6],
    ['ok…', 4],
    ['€', 2],
    ['a–b', 3],
    ['한글', 4],
    ['🫠', 2],
    ['🐦‍🔥', 2],
    ['👨‍👩', 5],
    ['🇩🇪', 2],
    ['🇦🇦', 4],
    ['©', 1],
    ['1️⃣', 2],
    ['123', 3],
    ['https://www.youtube.com/watch?v=abc', 23],
  ])('%s weighs %i', (text, weight) => {
    expect(weigh(text)).toBe(weight);
  });
});

describe('findUrls', () => {
  const { captions, cases } = fixture<Recorded>('twitter-text-urls');

  it('finds exactly what twitter-text finds in captions as people write them', () => {
    for (const { text, urls } of cases.slice(0, captions))
      expect({ text, urls: findUrls(text).map(({ start, end }) => [start, end]) }).toEqual({ text, urls });
  });

  it('misses next to nothing that twitter-text finds in heaps of fragments', () => {
    const missed = cases.filter(({ text, urls }) => findUrls(text).length < urls.length);
    const found = cases.reduce((sum, { urls }) => sum + urls.length, 0);
    expect(found).toBeGreaterThan(290);
    expect(missed.length).toBeLessThanOrEqual(1);
  });

  it('knows every official ending', () => {
    const { country, generic } = fixture<{ country: string; generic: string }>('twitter-text-tlds');
    const endings = [...country.split(' '), ...generic.split(' ')];
    expect(endings).toHaveLength(1574);
    for (const ending of endings) {
      expect(topLevelDomains).toContain(ending);
      const url = `https://twitter.${ending}`;
      expect(findUrls(url)).toEqual([{ start: 0, end: url.length }]);
    }
  });
});

describe('fit', () => {
  it('defuses links and bare domains by default', () => {
    const text = textOf('See https://shop.example.com/a?b=c or it.so now');
    expect(text.body).toBe('See shop[.]example[.]com/a?b=c or it[.]so now');
    expect(text.notes).toEqual(['2 links defused']);
  });

  it('strips them, or keeps and counts them', () => {
    expect(textOf('Shop: example.com now', { links: 'strip' })).toMatchObject({
      body: 'Shop: now',
      notes: ['1 link removed'],
    });
    expect(textOf('Shop: example.com now', { links: 'keep' })).toMatchObject({
      body: 'Shop: example.com now',
      count: { used: 33, max: 280 },
      notes: [],
    });
  });

  it('never makes a link by making a handle plain', () => {
    expect(textOf('with @john.co and @mary').body).toBe('with john[.]co and mary');
  });

  it('leaves e-mail addresses and handles that shall stay', () => {
    expect(textOf('write me@example.com').body).toBe('write me@example.com');
    expect(textOf('with @mary', { handles: 'keep' }).body).toBe('with @mary');
    expect(textOf('youtube.com/@mary', { links: 'keep' }).body).toBe('youtube.com/@mary');
  });

  it('keeps one cashtag', () => {
    expect(textOf('$TSLA and $AAPL cost $5')).toMatchObject({
      body: '$TSLA and AAPL cost $5',
      notes: ['1 $cashtag made plain'],
    });
  });

  it('cuts the prose and keeps the hashtags', () => {
    const text = textOf(`${'word '.repeat(100)}\n#cats #dogs`);
    expect(text.body).toMatch(/word…\n#cats #dogs$/);
    expect(text.count.used).toBeLessThanOrEqual(280);
    expect(text.notes).toEqual(['cut at 280']);
  });

  it('drops whole hashtags where they alone are too long', () => {
    const { body } = textOf('#hashtag '.repeat(60));
    expect(body).toMatch(/^(#hashtag )+#hashtag$/);
    expect(weigh(body)).toBeGreaterThan(265);
  });

  it('never halves a word, a hashtag, an emoji', () => {
    expect(textOf(`${'x'.repeat(270)} #longhashtag rest of it`).body).toBe(`${'x'.repeat(270)}…`);
    expect(textOf('👨‍👩‍👧‍👦'.repeat(200)).body).toBe(`${'👨‍👩‍👧‍👦'.repeat(139)}…`);
  });

  it('never makes a link by cutting', () => {
    // 'example.comx' is none; cut after 'com' it would be one.
    for (let length = 255; length < 285; length += 1)
      expect(
        findUrls(textOf(`${'日'.repeat(3)}${'y'.repeat(length - 20)} a.comxyzw.orgq.netz`).body),
      ).toEqual([]);
  });

  it('is long only for subscribers who asked for it', () => {
    const long = 'word '.repeat(1000).trim();
    expect(textOf(long, { long: true }, { subscriptionType: 'Premium' }).body).toBe(long);
    expect(textOf(long, { long: true }, { subscriptionType: 'None' }).count.max).toBe(280);
    expect(textOf(long, {}, { subscriptionType: 'Premium' }).count.max).toBe(280);
  });

  it('takes an empty caption and one of nothing visible', () => {
    expect(textOf('').body).toBe('');
    expect(textOf('\u0000\ud800\uFEFF ').body).toBe('');
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
      '\u2066',
      '\u0000',
      '\uD83D',
      '\uDE00',
      'e\u0301',
      '\u0301',
    ),
    fc.constantFrom(
      'example.com',
      'https://a.b.co/x?y=z.de',
      'it.so',
      '.com',
      'http://',
      'foo.',
      '日本.com',
      'пример.рф',
    ),
    fc.constantFrom('@name', '@', '$ABC', '$', '#tag', '#', '_', '-', '/', '\n', ' ', '…', 'word '),
  );
  const caption = fc.oneof(
    { weight: 12, arbitrary: fc.array(fragment, { maxLength: 30 }).map((parts) => parts.join('')) },
    {
      weight: 1,
      arbitrary: fc
        .array(fragment, { minLength: 200, maxLength: 260 })
        .map((parts) => parts.join('').padEnd(4000, ' and so on').slice(0, 4000)),
    },
  );
  const pieces = new Intl.Segmenter('und', { granularity: 'grapheme' });
  const bounds = (text: string) => new Set(Array.from(pieces.segment(text), ({ index }) => index));

  it('stays inside the limit, without links, handles, half characters or a second cashtag', () => {
    fc.assert(
      fc.property(caption, fc.constantFrom('defuse', 'strip'), (text, links) => {
        const { body, count } = textOf(text, { links });
        expect(count.used).toBe(weigh(body));
        expect(count.used).toBeLessThanOrEqual(280);
        expect(findUrls(body)).toEqual([]);
        expect(body).not.toMatch(/(?<![A-Za-z0-9_])[@＠]\w/u);
        expect(body).not.toMatch(/\p{Cs}|\0/u);
        expect((body.match(/(?<![A-Za-z0-9$])\$(?=[A-Za-z])/gu) ?? []).length).toBeLessThanOrEqual(1);
        expect(textOf(body, { links }).body).toBe(body);
      }),
      { numRuns: 10_000 },
    );
  });

  it('cuts only between graphemes', () => {
    const words = fc.constantFrom(
      '👩🏽‍🚀',
      'e\u0301',
      '🇩🇪',
      'नि',
      '한',
      'a',
      ' ',
      '日',
      '\u200D',
      '👨‍👩‍👧‍👦',
    );
    fc.assert(
      fc.property(fc.array(words, { minLength: 100, maxLength: 400 }), (parts) => {
        const text = parts.join('').normalize('NFC').trim();
        const { body } = textOf(text);
        if (body === text) return;
        const head = body.slice(0, -1);
        expect(body.endsWith('…')).toBe(true);
        expect(text.startsWith(head)).toBe(true);
        expect(bounds(text).has(head.length)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never cuts a kept link in two', () => {
    const links = fc.array(
      fc.constantFrom('https://example.com/a/long/path', 'shop.example.com', 'word', '日本'),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(links, (parts) => {
        const text = parts.join(' ');
        const { body, count } = textOf(text, { links: 'keep' });
        expect(count.used).toBeLessThanOrEqual(280);
        const whole = new Set(findUrls(text).map(({ start, end }) => text.slice(start, end)));
        for (const { start, end } of findUrls(body)) expect(whole).toContain(body.slice(start, end));
      }),
      { numRuns: 2_000 },
    );
  });
});
