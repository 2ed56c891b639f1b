/**
 * Latin letters and their punctuation, of which each is a grapheme and takes one column; © and ®, which may be
 * shown as emoji, are not among them.
 */
const SIMPLE = /^[ -~\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff\u2010-\u2027]*$/u;

/** True for text where Unicode has nothing to say: to ask it is dear, the first time above all. */
export const isSimple = (text: string): boolean => SIMPLE.test(text);

let segmenter: Intl.Segmenter | undefined;

/** What people take for one letter each (https://unicode.org/reports/tr29/). */
export function graphemes(text: string): string[] {
  if (isSimple(text)) return [...text];
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
