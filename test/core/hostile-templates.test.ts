import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { checkTemplate, render } from '../../src/core/template.ts';

const video = {
  caption: 'Zürich 👩‍👩‍👧 #été #हिन्दी @anna https://example.com/r',
  url: 'https://www.tiktok.com/@creator/video/1',
  publishedAt: 0,
  remoteId: '1',
  source: 'tiktok:@creator',
};

/** Far more than any of these needs, on a machine that does other things as well. */
const MOST_MS = 4000;

/** The text, or the code of the error; throws where it takes too long or fails otherwise. */
function outcomeOf(work: () => unknown): unknown {
  const startedAt = performance.now();
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.message.length).toBeLessThan(60_000);
    return error.code;
  } finally {
    expect(performance.now() - startedAt).toBeLessThan(MOST_MS);
  }
}

describe('a template that means harm', () => {
  const hostile: readonly (readonly [string, string])[] = [
    ['ten million letters', 'a'.repeat(10_000_000)],
    ['a hundred thousand filters', `{caption${'|upper'.repeat(100_000)}}`],
    ['a hundred thousand cuts', `{caption${'|truncate:9'.repeat(100_000)}}`],
    ['braces in braces, deep', '{'.repeat(100_001) + '}'.repeat(100_000)],
    ['pairs of braces without end', '{{}}'.repeat(100_000)],
    ['an open brace at the end of much', `${'{caption} '.repeat(50_000)}{`],
    ['a name of a million letters', `{${'a'.repeat(1_000_000)}}`],
    ['pipes alone', `{${'|'.repeat(100_000)}}`],
  ];

  it.each(hostile)('%s: refused as too long when a rule is made', (_name, template) => {
    expect(outcomeOf(() => checkTemplate(template))).toBe('E_RULE');
  });

  it.each(hostile)('%s: an error or an end, where it comes in all the same', (_name, template) => {
    outcomeOf(() => render(template, video));
  });

  it('just short enough: many filters, many variables', () => {
    expect(outcomeOf(() => checkTemplate(`{caption${'|upper'.repeat(3000)}}`))).toBeUndefined();
    const many = '{caption|strip_links|strip_mentions}'.repeat(500);
    expect(String(outcomeOf(() => render(many, video))).length).toBeGreaterThan(5000);
  });

  it.each([
    ['{constructor}', 'E_RULE'],
    ['{__proto__}', 'E_RULE'],
    ['{caption|toString}', 'E_RULE'],
    ['{caption|__proto__:1}', 'E_RULE'],
    ['{caption|truncate:-1}', 'E_RULE'],
    ['{caption|truncate:1e99}', 'E_RULE'],
    ['{caption|truncate:NaN}', 'E_RULE'],
    ['{сaption}', 'E_RULE'],
    ['{cap\u200btion}', 'E_RULE'],
    ['{\u202ecaption}', 'E_RULE'],
    ['{}', 'E_RULE'],
    ['{ caption', 'E_RULE'],
  ])('%j is a mistake that is told', (template, code) => {
    expect(outcomeOf(() => checkTemplate(template))).toBe(code);
  });

  it('keeps what stands outside of braces as it is, whatever it is', () => {
    const odd = '\u202e\u0000\ud800 ﷽ e\u0301 \u{1F469}\u200d\u{1F469}';
    expect(render(odd, video)).toBe(odd);
  });

  it('never looks into what it has put in', () => {
    const caption = '{url} {{ }} {nothing|';
    expect(render('{caption}', { ...video, caption })).toBe(caption);
  });

  it('a caption that means harm: an end', () => {
    const captions = [
      '#'.repeat(100_000),
      '@a'.repeat(50_000),
      'http://'.repeat(20_000),
      ' '.repeat(200_000),
    ];
    const zalgo = `e${'\u0301'.repeat(100_000)}`;
    for (const caption of [...captions, zalgo, `${'a'.repeat(100_000)}#`])
      outcomeOf(() =>
        render('{title|strip_mentions|strip_links|truncate:50} {hashtags}', { ...video, caption }),
      );
  });
});
