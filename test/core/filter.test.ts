import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFilter, type Filter, type FilterSubject, passFilter } from '../../src/core/filter.ts';
import { matchesPattern } from '../../src/core/pattern.ts';
import { matchRule } from '../../src/core/rule.ts';

const video: FilterSubject = {
  caption: 'Pasta in ten minutes #Cooking #ad\nRecipe below',
  kind: 'video',
  publishedAt: Date.UTC(2026, 10, 22, 23, 30),
  durationSeconds: 42,
  width: 576,
  height: 1024,
  facts: { pinned: true, language: 'en-GB' },
};
const pass = (filter: Filter, change: Partial<FilterSubject> = {}) =>
  passFilter(filter, { ...video, ...change }, 'Europe/Rome');

describe('a condition', () => {
  it.each<[Filter, boolean | undefined, RegExp]>([
    [{ caption: 'PASTA' }, true, /contains “PASTA”/],
    [{ caption: ['soup', 'rice'] }, false, /none of “soup”, “rice”/],
    [{ pattern: '\\b(ad|promo)\\b' }, true, /fits/],
    [{ pattern: '^Recipe' }, false, /does not fit/],
    [{ pattern: '(?m)^Recipe' }, true, /fits/],
    [{ hashtags: 'cooking' }, true, /has #cooking/],
    [{ hashtags: ['#cook', 'food'] }, false, /none of #cook, #food/],
    [{ minDuration: '30s' }, true, /42 s/],
    [{ minDuration: '1m' }, false, /lasts 42 s, not at least 1 min/],
    [{ maxDuration: 41 }, false, /not at most 41 s/],
    // 23:30 UTC is half past midnight of the 23rd in Rome.
    [{ publishedAfter: '2026-11-23' }, true, /since 2026-11-23/],
    [{ publishedBefore: '2026-11-23' }, false, /since 2026-11-23/],
    [{ publishedBefore: '2026-11-22T23:31:00Z' }, true, /before/],
    [{ aspect: 'vertical' }, true, /vertical/],
    [{ aspect: ['square', 'horizontal'] }, false, /it is vertical/],
    [{ aiGenerated: false }, true, /not labelled/],
    [{ aiGenerated: true }, false, /not labelled/],
    [{ photo: false }, true, /not a photo/],
    [{ pinned: false }, false, /it is pinned/],
    [{ language: 'en' }, true, /en-GB/],
    [{ language: ['de', 'it'] }, false, /en-GB/],
    [{}, true, /nothing is asked/],
  ])('%j is %s', (filter, holds, because) => {
    const found = pass(filter);
    expect(found.holds).toBe(holds);
    expect(found.because).toMatch(because);
  });

  it('says that it does not know', () => {
    expect(pass({ minDuration: '5s' }, { durationSeconds: 0 })).toEqual({
      holds: undefined,
      because: 'its length is not known',
    });
    expect(pass({ not: { language: 'de' } }, { facts: {} }).holds).toBeUndefined();
    expect(pass({ any: [{ aspect: 'square' }, { caption: 'pasta' }] }, { width: 0 }).holds).toBe(true);
    expect(pass({ all: [{ aspect: 'square' }, { caption: 'soup' }] }, { width: 0 }).holds).toBe(false);
  });

  it('nests', () => {
    const filter: Filter = {
      any: [{ hashtags: 'soup' }, { all: [{ hashtags: 'cooking' }, { not: { hashtags: 'ad' } }] }],
    };
    expect(pass(filter)).toEqual({ holds: false, because: 'it has no #soup, and it has #ad' });
    expect(pass(filter, { caption: '#cooking' }).holds).toBe(true);
  });

  it('knows hashtags in every script, glued or wide', () => {
    expect(pass({ hashtags: 'हिन्दी' }, { caption: 'x #हिन्दी' }).holds).toBe(true);
    expect(pass({ hashtags: 'two' }, { caption: '#one#two' }).holds).toBe(true);
    expect(pass({ hashtags: 'caf\u00e9' }, { caption: '#Cafe\u0301' }).holds).toBe(true);
  });
});

describe('composition', () => {
  const leaf = fc.constantFrom<Filter>(
    { caption: 'pasta' },
    { caption: 'soup' },
    { language: 'en' },
    { hashtags: 'ad' },
    { minDuration: 50 },
  );
  const tree = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.record({ all: fc.array(tie('filter'), { maxLength: 3 }) }),
      fc.record({ any: fc.array(tie('filter'), { maxLength: 3 }) }),
      fc.record({ not: tie('filter') }),
    ),
  })).filter;

  it('keeps the laws of De Morgan, with what is unknown', () => {
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), fc.boolean(), (parts, known) => {
        const change = known ? {} : { facts: {} };
        expect(pass({ not: { all: parts } }, change).holds).toBe(
          pass({ any: parts.map((not) => ({ not })) }, change).holds,
        );
        expect(pass({ not: { any: parts } }, change).holds).toBe(
          pass({ all: parts.map((not) => ({ not })) }, change).holds,
        );
      }),
    );
  });
});

describe('#norepost', () => {
  const rule = (filter?: Filter) => ({ startsAt: 0, spec: filter ? { filter } : {} });
  const match = (caption: string, filter?: Filter) =>
    matchRule(rule(filter), { ...video, caption, seenAt: 1 });

  it.each(['no #norepost', '#NoRepost', '#fun#norepost', 'text＃norepost!', '\n#norepost\n'])(
    '%j wins over every rule',
    (caption) => {
      expect(match(caption, { hashtags: 'norepost' })).toEqual({
        wanted: false,
        why: 'its caption says #norepost',
      });
    },
  );

  it.each(['#norepostplease', 'norepost', '# norepost'])('%j is something else', (caption) => {
    expect(match(caption).wanted).toBe(true);
  });
});

describe('a filter that can’t be used', () => {
  const deep = Array.from({ length: 9 }).reduce<Filter>((inner) => ({ not: inner }), { caption: 'a' });
  it.each<[Filter, RegExp]>([
    [{ pattern: '(' }, /no pattern/],
    [{ pattern: '(?=x)' }, /no pattern/],
    [{ pattern: '((a{1,30}){1,30}){1,30}' }, /no pattern/],
    [{ pattern: '((a{1,50}){1,50})' }, /no pattern/],
    [{ pattern: 'a'.repeat(301) }, /longer than 300/],
    [{ minDuration: 'soon' }, /no length/],
    [{ publishedAfter: 'yesterday' }, /no date/],
    [{ hashtags: ['#'] }, /empty/],
    [{ all: Array.from({ length: 201 }, () => ({ caption: 'a' })) }, /more than 200/],
    [deep, /deeper/],
    [{ tag: 'a' } as Filter, /unknown condition “tag”/],
  ])('%#', (filter, message) => expect(() => checkFilter(filter)).toThrow(message));
});

describe('hostile patterns', () => {
  const longest = `${'a'.repeat(4_000)}!`;
  it.each([
    '(a+)+$',
    '(a|a)*b',
    '^(a|aa)+$',
    '(.*.*.*.*)*x',
    '(a*)*$',
    '((a{1,30}){1,30})$',
    '(\\p{L}{1,100}\\s){1,9}$',
  ])('%s ends soon on the longest caption', (pattern) => {
    const startedAt = performance.now();
    matchesPattern(pattern, longest);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
