import type { Box } from './boxes.ts';
import { child, fields } from './boxes.ts';

/** What an edit list is measured against. */
export interface EditedTrack {
  kind: 'video' | 'sound';
  media: { timescale: number; duration: number };
  /** Time units per second of the movie, in which an edit's length is given. */
  movieScale: number;
  table: Box;
}

/**
 * Encoders put a lead of this much before the first sound that counts: AAC primes with 1024 or 2112 samples,
 * with SBR twice as many (https://developer.apple.com/library/archive/technotes/tn2258/).
 */
const LONGEST_PRIMING_SECONDS = 0.2;

/** How much an edit may leave out at the end: the last frame of sound is rarely full. */
const LONGEST_TAIL_SECONDS = 0.25;

/**
 * True where the track's edit list shifts or trims what is shown. Nearly every encoder writes a list that does
 * neither: one entry over the whole track that only takes back the delay of reordered frames or sound priming.
 */
export function shiftsOrTrims(bytes: Buffer, trak: Box, track: EditedTrack): boolean {
  const list = child(bytes, trak, 'edts', 'elst');
  if (list === undefined) return false;
  const field = fields(bytes, list);
  const wide = field.u8(0) === 1;
  const entries = field.u32(4);
  if (entries === 0) return false;
  if (entries > 1) return true;
  const length = wide ? field.u64(8) : field.u32(8);
  const from = wide ? field.i64(16) : field.i32(12);
  const rate = field.i32(wide ? 24 : 16);
  if (from < 0 || rate !== 0x10000) return true;
  const { timescale, duration } = track.media;
  const lead = track.kind === 'video' ? firstOffset(bytes, track.table) : LONGEST_PRIMING_SECONDS * timescale;
  const shift = track.kind === 'video' ? Math.abs(from - lead) > 1 : from > lead;
  // A length of zero means: to the end.
  const shown = length === 0 ? duration - from : (length / track.movieScale) * timescale;
  const trimmed = duration - from - shown > LONGEST_TAIL_SECONDS * timescale;
  return shift || trimmed;
}

/** By how much the first picture is shown later than it is decoded, in media units. */
function firstOffset(bytes: Buffer, table: Box): number {
  const offsets = child(bytes, table, 'ctts');
  if (offsets === undefined) return 0;
  const field = fields(bytes, offsets);
  return field.u32(4) === 0 ? 0 : field.i32(12);
}
