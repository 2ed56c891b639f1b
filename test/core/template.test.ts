import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTemplate, render } from '../../src/core/template.ts';

const video = {
  caption: 'Pasta in ten minutes @chef.anna #cooking #हिन्दी https://example.com/r',
  url: 'https://www.tiktok.com/@creator/video/1',
  publishedAt: Date.UTC(2026, 10, 22, 23, 30),
  remoteId: '1',
  source: 'tiktok:@creator',
};

describe('a template', () => {
  it.each([
    ['{caption}', video.caption],
    ['{title}', 'Pasta in ten minutes @chef.anna https://example.com/r'],
    ['{title|strip_mentions|strip_links}', 'Pasta in ten minutes'],
    ['{hashtags} from {handle}', '#cooking #हिन्दी from @creator'],
    ['{date} {id} {url}', '2026-11-22 1 https://www.tiktok.com/@creator/video/1'],
    ['{title|truncate:5|upper}', 'PAST…'],
    ['{{caption}} {caption|strip_hashtags|truncate:5}', '{caption} Past…'],
    ['no braces', 'no braces'],
  ])('%s', (template, text) => expect(render(template, video)).toBe(text));

  it('means dates in the rule’s zone', () => {
    expect(render('{date}', { ...video, timeZone: 'Europe/Rome' })).toBe('2026-11-23');
  });

  it.each([
    ['{titel}', /unknown variable “titel”/],
    ['{caption|shout}', /unknown filter “shout”/],
    ['{caption|truncate:x}', /truncate needs a number/],
    ['{caption|truncate}', /truncate needs a number/],
    ['{caption', /not closed/],
    ['{__proto__}', /unknown variable/],
    ['{caption|constructor}', /unknown filter/],
    ['{', /not closed/],
    ['x'.repeat(20_001), /at most/],
  ])('%.20s is refused', (template, message) => expect(() => checkTemplate(template)).toThrow(message));

  it('lists the known names', () => {
    expect(() => checkTemplate('{x}')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/caption, title.*handle/) }),
    );
  });

  it('ends soon and never throws anything else, whatever is written', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '{{',
      '|',
      ':',
      'caption',
      'truncate',
      '9',
      ' ',
      '#',
      '@',
      'ä',
      '👩‍👩‍👧',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 200 }),
        fc.array(piece, { maxLength: 200 }),
        (parts, words) => {
          const startedAt = performance.now();
          try {
            render(parts.join(''), { ...video, caption: words.join('') });
          } catch (error) {
            expect(error).toMatchObject({ code: 'E_RULE' });
          }
          expect(performance.now() - startedAt).toBeLessThan(1_000);
        },
      ),
    );
    for (const hostile of ['{'.repeat(20_000), '{caption|'.repeat(2_000), '{caption}'.repeat(2_000)]) {
      const startedAt = performance.now();
      try {
        render(hostile, { ...video, caption: '#'.repeat(4_000) });
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_RULE' });
      }
      expect(performance.now() - startedAt).toBeLessThan(2_000);
    }
  });
});
