/**
 * Latin letters and their punctuation, of which each is a grapheme and takes one column; © and ®, which may be
 * shown as emoji, are not among them.
 */
const SIMPLE = /^[ -~\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff\u2010-\u2027]*$/u;

/** True for text where Unicode has nothing to say: to ask it is dear, the first time above all. */
export const isSimple = (text: string): boolean => SIMPLE.test(text);

let shared: Intl.Segmenter | undefined;

/**
 * Finds what people take for one letter each, the same in every language (https://unicode.org/reports/tr29/). Made
 * when it is first wanted: its rules take 4 MB of memory.
 */
export function segmenter(): Intl.Segmenter {
  shared ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return shared;
}

/** The graphemes of a text and where each begins (UTF-16 units); what is simple is asked of nobody. */
export function segments(text: string): Iterable<{ segment: string; index: number }> {
  return isSimple(text.replaceAll('\n', '')) ? unitsOf(text) : segmenter().segment(text);
}

function* unitsOf(text: string): Generator<{ segment: string; index: number }> {
  for (let index = 0; index < text.length; index += 1) yield { segment: text.charAt(index), index };
}

export function graphemes(text: string): string[] {
  return Array.from(segments(text), ({ segment }) => segment);
}
