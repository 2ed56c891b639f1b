/** Larger segments have drawn 413: https://github.com/PLhery/node-twitter-api-v2 sends the same. */
const SEGMENT_BYTES = 2 ** 20;
/** `segment_index` is 0 to 999: https://api.x.com/2/openapi.json */
const MOST_SEGMENTS = 1000;

/** The size to begin with, and smaller ones for a 413; each as small as a thousand segments allow. */
export function segmentSizes(bytes: number): number[] {
  const least = Math.ceil(bytes / MOST_SEGMENTS);
  const first = Math.max(SEGMENT_BYTES, Math.ceil(least / SEGMENT_BYTES) * SEGMENT_BYTES);
  return [first, first / 2, first / 4].filter((size, round) => round === 0 || size >= least);
}
