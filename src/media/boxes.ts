/** One box of an ISO base media file, within a buffer: `start` and `end` bound its content. */
export interface Box {
  type: string;
  start: number;
  end: number;
}

/** The head of a box in a file. `size` counts from the box's first byte; 0: to the end of the file. */
export interface BoxHead {
  type: string;
  headBytes: number;
  size: number;
}

/** No real file has more boxes side by side; a hostile one could hold one for every eight bytes. */
const MOST_SIBLINGS = 4096;

/** Thrown inside the box reader: not a file it can read. Never leaves the media room. */
export class Unreadable extends Error {}

/** The head of the box that begins at `at`; undefined where fewer bytes than a head are left. */
export function readBoxHead(bytes: Buffer, at: number): BoxHead | undefined {
  if (at < 0 || at + 8 > bytes.length) return undefined;
  const short = bytes.readUInt32BE(at);
  const type = bytes.toString('latin1', at + 4, at + 8);
  if (short !== 1) return { type, headBytes: 8, size: short };
  if (at + 16 > bytes.length) return undefined;
  const size = bytes.readBigUInt64BE(at + 8);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new Unreadable('a box larger than any file');
  return { type, headBytes: 16, size: Number(size) };
}

/** The boxes that lie side by side from `start` to `end`. Ends at the first one that is not whole. */
export function siblings(bytes: Buffer, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  let at = start;
  const last = Math.min(end, bytes.length);
  while (at + 8 <= last) {
    const head = readBoxHead(bytes, at);
    if (head === undefined) break;
    const size = head.size === 0 ? last - at : head.size;
    // Old QuickTime atoms end their list with four zero bytes; whatever else is too small is damage.
    if (size < head.headBytes || at + size > last) break;
    if (boxes.length >= MOST_SIBLINGS) throw new Unreadable('too many boxes');
    boxes.push({ type: head.type, start: at + head.headBytes, end: at + size });
    at += size;
  }
  return boxes;
}

/** The first box along a path of types below `within`: `child(bytes, trak, 'mdia', 'minf', 'stbl')`. */
export function child(bytes: Buffer, within: Box, ...path: readonly string[]): Box | undefined {
  let found: Box | undefined = within;
  for (const type of path) {
    found = siblings(bytes, found.start, found.end).find((box) => box.type === type);
    if (found === undefined) return undefined;
  }
  return found;
}

/** Fields of one box, read only inside its bounds. */
export interface Fields {
  u8(at: number): number;
  u16(at: number): number;
  u32(at: number): number;
  i32(at: number): number;
  /** Unsigned, 64 bits; what exceeds 2^53 is nonsense in a length or a time. */
  u64(at: number): number;
  i64(at: number): number;
  length: number;
}

export function fields(bytes: Buffer, box: Box): Fields {
  const spot = (at: number, width: number) => {
    if (at < 0 || box.start + at + width > box.end) throw new Unreadable(`${box.type} is too short`);
    return box.start + at;
  };
  const safe = (value: bigint) => {
    if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER))
      throw new Unreadable(`${box.type} holds an impossible number`);
    return Number(value);
  };
  return {
    u8: (at) => bytes.readUInt8(spot(at, 1)),
    u16: (at) => bytes.readUInt16BE(spot(at, 2)),
    u32: (at) => bytes.readUInt32BE(spot(at, 4)),
    i32: (at) => bytes.readInt32BE(spot(at, 4)),
    u64: (at) => safe(bytes.readBigUInt64BE(spot(at, 8))),
    i64: (at) => safe(bytes.readBigInt64BE(spot(at, 8))),
    length: box.end - box.start,
  };
}
