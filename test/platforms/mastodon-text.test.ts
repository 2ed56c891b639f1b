import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/platforms/mastodon-lookups.ts';
import type { ServerFacts } from '../../src/platforms/mastodon-server.ts';
import { fitText, weigh } from '../../src/platforms/mastodon-text.ts';
import { htmlOf, lengthOf, mentionsIn } from '../../src/sandbox/mastodon-text.ts';

const stock: ServerFacts = {
  domain: 'mastodon.social',
  version: '4.6.0',
  genuine: true,
  maxCharacters: 500,
  urlCharacters: 23,
  altCharacters: 1500,
  maxVideoBytes: 1,
  readAt: 1,
};
const foreign: ServerFacts = { ...stock, genuine: false };

const textOf = (caption: string, options: Record<string, unknown> = {}, server: ServerFacts = stock) =>
  fitText({
    caption,
    url: 'https://www.tiktok.com/@creator/video/1',
    options,
    accountSettings: { server },
  });

describe('weigh', () => {
  it.each([
    ['Hello', 5, 5],
    ['日本語', 3, 3],
    ['👨‍👩‍👧‍👦', 1, 11],
    ['🇩🇪', 1, 4],
    ['e\u0301', 1, 2],
    ['한글', 2, 2],
    // One letter by the newest rules, two or three by those that many servers have.
    ['क्ष', 2, 3],
    ['https://www.tiktok.com/@creator/video/7575000000000000123', 23, 57],
    ['http://a.co', 23, 23],
    ['see https://a.co/b and http://a.co', 4 + 23 + 5 + 23, 4 + 23 + 5 + 23],
    // Where a link ends is not sure: as much as it can be.
    ['https://example.notatld/abcdefghijklmnopqrstuvwxyz', 63, 63],
    ['https://example.com/abcdefghijklmnopqrstuvwxyz,', 60, 60],
    ['xhttps://example.com/abcdefghijklmnopqrstuvwxyz', 60, 60],
    ['https://', 8, 8],
    ['http://x.y,https://a.com/b', 52, 52],
    ['https://a.com/b!', 29, 29],
    ['#tag', 4, 4],
  ])('%s: %i on Mastodon, %i elsewhere', (text, onMastodon, elsewhere) => {
    expect([weigh(text, stock), weigh(text, foreign)]).toEqual([onMastodon, elsewhere]);
    expect(weigh(text, stock)).toBeGreaterThanOrEqual(lengthOf(text));
  });
});

describe('fit', () => {
  it('makes handles plain, who may be somebody else here', () => {
    expect(textOf('with @mary, ＠bob and @@kim')).toMatchObject({
      body: 'with mary, bob and kim',
      notes: ['3 @handles made plain'],
    });
    expect(textOf('with @mary', { handles: 'keep' })).toMatchObject({ body: 'with @mary', notes: [] });
  });

  it('leaves links and e-mail addresses as they are', () => {
    const text = 'https://medium.com/@mary me@example.com https://x.org/?u=@mary';
    expect(textOf(text)).toMatchObject({ body: text, notes: [] });
  });

  it('takes as much as the account’s server takes', () => {
    const text = 'word '.repeat(900).trim();
    expect(textOf(text).count.max).toBe(500);
    expect(textOf(text, {}, { ...stock, maxCharacters: 5000 }).body).toBe(text);
    expect(fitText({ caption: text, url: '', options: {}, accountSettings: {} }).count.max).toBe(500);
  });

  it('counts a content warning with the text', () => {
    const text = textOf('x'.repeat(600), { spoilerText: 'y'.repeat(100) });
    expect(text.body).toBe(`${'x'.repeat(399)}…`);
    expect(text.count).toEqual({ used: 500, max: 500, unit: 'characters' });
    expect(textOf('words', { spoilerText: 'y'.repeat(500) }).body).toBe('');
  });

  it('cuts the prose and keeps the hashtags', () => {
    const text = textOf(`${'word '.repeat(150)}\n#cats #dogs`);
    expect(text.body).toMatch(/word…\n#cats #dogs$/u);
    expect(text.count.used).toBeLessThanOrEqual(500);
    expect(text.notes).toEqual(['cut at 500']);
    expect(textOf('#hashtag '.repeat(80)).body).toMatch(/^(#hashtag )+#hashtag$/u);
  });

  it('never halves a word, a hashtag, an emoji, a link', () => {
    expect(textOf(`${'x'.repeat(490)} #longhashtag rest of it`).body).toBe(`${'x'.repeat(490)}…`);
    expect(textOf('👨‍👩‍👧‍👦'.repeat(600)).body).toBe(`${'👨‍👩‍👧‍👦'.repeat(499)}…`);
    const link = 'https://example.com/a/long/path';
    expect(textOf(`${'x'.repeat(485)} ${link} more`).body).toBe(`${'x'.repeat(485)}…`);
    expect(textOf(`${'x'.repeat(470)} ${link} ${'z'.repeat(50)}`).body).toBe(`${'x'.repeat(470)} ${link} …`);
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
      '\u0000',
      '\uD83D',
      '\uDE00',
      'e\u0301',
      '\u0301',
      'क्ष',
    ),
    fc.constantFrom(
      'https://a.com/b',
      'http://',
      'https://www.tiktok.com/@x/video/1',
      'http://x.y,',
      '日本.com',
    ),
    fc.constantFrom('@name', '@', '＠', '#tag', '#', '_', '-', '/', '=', ',', '\n', ' ', '…', 'word '),
  );
  const caption = fc.oneof(
    { weight: 12, arbitrary: fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join('')) },
    {
      weight: 1,
      arbitrary: fc
        .array(fragment, { minLength: 100, maxLength: 260 })
        .map((parts) => parts.join('').padEnd(1500, ' and so on').slice(0, 4000)),
    },
  );
  const pieces = new Intl.Segmenter('und', { granularity: 'grapheme' });
  const bounds = (text: string) => new Set(Array.from(pieces.segment(text), ({ index }) => index));

  it('stays inside the limit by the server’s own count, and calls nobody', () => {
    const servers = fc.constantFrom(
      stock,
      foreign,
      { ...stock, maxCharacters: 40 },
      { ...foreign, maxCharacters: 9 },
    );
    fc.assert(
      fc.property(caption, servers, fc.constantFrom('', 'Food ⚠️'), (text, server, spoilerText) => {
        const { body, count } = textOf(text, { spoilerText }, server);
        expect(count.used).toBe(weigh(body, server) + weigh(spoilerText, server));
        expect(count.used).toBeLessThanOrEqual(Math.max(server.maxCharacters, weigh(spoilerText, server)));
        expect(lengthOf(spoilerText + body)).toBeLessThanOrEqual(count.used);
        if (!server.genuine) expect((spoilerText + body).length).toBeLessThanOrEqual(count.used);
        expect(mentionsIn(body)).toEqual([]);
        expect(body).not.toMatch(/\p{Cs}|\0/u);
        expect(textOf(body, { spoilerText }, server).body).toBe(body);
      }),
      { numRuns: 10_000 },
    );
  });

  it('cuts only between graphemes', () => {
    const words = fc.constantFrom('👩🏽‍🚀', 'e\u0301', '🇩🇪', 'नि', 'क्ष', '한', 'a', ' ', '日', '👨‍👩‍👧‍👦');
    fc.assert(
      fc.property(fc.array(words, { minLength: 60, maxLength: 200 }), (parts) => {
        const text = parts.join('').normalize('NFC').trim();
        const { body } = textOf(text, {}, { ...stock, maxCharacters: 80 });
        if (body === text) return;
        const head = body.slice(0, -1);
        expect(body.endsWith('…')).toBe(true);
        expect(text.startsWith(head)).toBe(true);
        expect(bounds(text).has(head.length)).toBe(true);
        // And it doesn't give away more than a word's length.
        expect(weigh(body, stock)).toBeGreaterThan(80 - 30);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never cuts a link in two', () => {
    const links = fc.array(
      fc.constantFrom('https://example.com/a/long/path', 'https://日本.example/ä', 'word', '日本'),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(links, fc.constantFrom(stock, foreign), (parts, server) => {
        const { body } = textOf(parts.join(' '), {}, server);
        for (const [url] of body.matchAll(/https?:\S*/gu)) expect(parts).toContain(url);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the text that servers make of it', () => {
  it.each([
    ['<p>one</p>', 'one'],
    ['<p>one<br>two<br/>three<br />four</p>', 'one\ntwo\nthree\nfour'],
    ['<p>one</p><p>two</p>\n<p class="x">three</p>', 'one\n\ntwo\n\nthree'],
    [
      '<p>&lt;b&gt; &amp;amp; &quot;x&quot; &#39;y&#39; &#x27;z&apos; a&nbsp;b</p>',
      "<b> &amp; \"x\" 'y' 'z' a\u00a0b",
    ],
    ['<p><span class="h-card"><a href="#">@<span>mary</span></a></span> #<span>x</span></p>', '@mary #x'],
    ['&#0; &#x110000; &unknown;', '&unknown;'],
    ['', ''],
  ])('%j is %j', (html, text) => {
    expect(plainText(html)).toBe(text);
  });

  it('comes back as it was sent', () => {
    const words = fc.array(
      fc.constantFrom(
        'Salt & pepper',
        '<b>',
        '"x"',
        '\n',
        '\n\n',
        ' ',
        '#food',
        'https://a.com/b?c=d&e=f',
        'ü',
        '&lt;',
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(words, (parts) => {
        const text = textOf(parts.join('')).body;
        const plain = (one: string) => one.replace(/\s+/gu, ' ').trim();
        expect(plain(plainText(htmlOf(text, 'mastodon.social')))).toBe(plain(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is nothing where there is none', () => {
    expect(plainText(undefined)).toBe('');
    expect(plainText(7)).toBe('');
  });
});
