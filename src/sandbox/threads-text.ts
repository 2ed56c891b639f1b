import { graphError } from './meta-graph.ts';

/** Threads' own words for a text it refuses. */
export function checkThreadsText(text: string): void {
  if (lengthOf(text) > 500)
    throw graphError(100, 'Param text must be at most 500 characters long.', { type: 'THApiException' });
  if (new Set(text.match(/\bhttps?:\/\/\S+|\bwww\.\S+/giu) ?? []).size > 5)
    throw graphError(100, 'THREADS_API__LINK_LIMIT_EXCEEDED', { type: 'THApiException' });
}

/** An emoji counts as its bytes in UTF-8; of what else is there, a letter beyond the first plane as two. */
function lengthOf(text: string): number {
  let length = 0;
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    const emoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u20e3/u.test(segment);
    length += emoji ? Buffer.byteLength(segment) : segment.length;
  }
  return length;
}

export function checkTopic(topic: string | null): void {
  if (topic === null) return;
  const { length } = [...topic];
  if (length < 1 || length > 50 || /[.&]/u.test(topic))
    throw graphError(100, 'Param topic_tag must be 1 to 50 characters without periods and ampersands.', {
      type: 'THApiException',
    });
}
