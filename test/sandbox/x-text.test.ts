import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { x } from '../../src/platforms/x.ts';
import { cashtagsIn, lengthOf, linksIn } from '../../src/sandbox/x-text.ts';

describe('its own view of a text', () => {
  interface Recorded {
    captions: number;
    cases: { text: string; urls: [number, number][] }[];
  }
  const { captions, cases } = JSON.parse(
    readFileSync(new URL('../fixtures/x/twitter-text-urls.json', import.meta.url), 'utf8'),
  ) as Recorded;

  it('agrees with twitter-text on whether a caption holds a link', () => {
    const written = cases.slice(0, captions).filter(({ text }) => /^[\x20-\x7e]*$/u.test(text));
    expect(written.length).toBeGreaterThan(35);
    for (const { text, urls } of written)
      expect({ text, links: linksIn(text).length > 0 }).toEqual({ text, links: urls.length > 0 });
  });

  it.each([
    ['Hello', 5],
    ['日本語', 6],
    ['ok…', 4],
    ['👨‍👩‍👧‍👦', 2],
    ['see https://example.com/a/very/long/path/that/counts/as/one', 27],
  ])('%s is %i long', (text, length) => {
    expect(lengthOf(text)).toBe(length);
  });

  it('takes whatever the client has fitted', () => {
    const fragment = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.constantFrom(
        '👨‍👩‍👧‍👦',
        '🏽',
        '🇩🇪',
        'e\u0301',
        '\u200D',
        'example.com ',
        'https://a.b.co/x ',
        '@name',
        '$ABC ',
        '#tag ',
        ' ',
        '日本',
        '.',
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fragment, { maxLength: 60 }),
        fc.constantFrom('defuse', 'strip'),
        (parts, links) => {
          const { body } = x.fit({
            caption: parts.join(''),
            url: '',
            options: { links },
            accountSettings: {},
          });
          expect(linksIn(body)).toEqual([]);
          expect(lengthOf(body)).toBeLessThanOrEqual(280);
          expect(cashtagsIn(body)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
