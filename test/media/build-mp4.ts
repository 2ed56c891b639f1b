/** Makes MP4 files byte by byte: no ffmpeg needed, and every box can be made wrong. The pictures are noise. */
export interface Mp4Options {
  seconds?: number;
  width?: number;
  height?: number;
  frameRate?: number;
  brand?: string;
  sampleEntry?: string;
  sound?: boolean;
  /** Entries of the video's edit list: [length in ms, start in media units]. */
  edits?: readonly (readonly [number, number])[];
  /** Matrix of the track's head: a, b, c, d. */
  matrix?: readonly [number, number, number, number];
  indexLast?: boolean;
  fragmented?: boolean;
  /** First bytes of the pictures: two files of one shape differ by it. */
  seed?: string;
  pictureBytes?: number;
}

export function box(type: string, ...parts: readonly (Buffer | number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

const u32 = (...values: readonly number[]) => {
  const buffer = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    buffer.writeInt32BE(value | 0, index * 4);
  });
  return buffer;
};
const u16 = (...values: readonly number[]) =>
  Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));

const SCALE = 12_000;

export function buildMp4(options: Mp4Options = {}): Buffer {
  const { brand = 'isom', indexLast = false, seed = 'pictures', pictureBytes = 2000 } = options;
  const picture = Buffer.alloc(pictureBytes, 7);
  picture.write(seed);
  const first = box('ftyp', Buffer.from(brand), u32(0), Buffer.from(brand));
  const index = buildIndex(options);
  const data = box('mdat', picture);
  return Buffer.concat(indexLast ? [first, data, index] : [first, index, data]);
}

function buildIndex(options: Mp4Options): Buffer {
  const { seconds = 12, sound = true, fragmented = false } = options;
  const movieHead = box('mvhd', u32(0, 0, 0, 1000, seconds * 1000), Buffer.alloc(80));
  const tracks = [videoTrack(options), ...(sound ? [soundTrack(seconds)] : [])];
  return box('moov', movieHead, ...tracks, ...(fragmented ? [box('mvex')] : []));
}

function videoTrack(options: Mp4Options): Buffer {
  const { seconds = 12, width = 576, height = 1024, frameRate = 30, edits } = options;
  const [a, b, c, d] = options.matrix ?? [1, 0, 0, 1];
  const one = 0x10000;
  const matrix = u32(a * one, b * one, 0, c * one, d * one, 0, 0, 0, 0x40000000);
  const head = box('tkhd', u32(3, 0, 0, 1, 0, seconds * 1000), Buffer.alloc(16), matrix, u32(0, 0));
  const list = edits?.flatMap(([length, start]) => [u32(length, start, one)]) ?? [];
  const edit = edits === undefined ? [] : [box('edts', box('elst', u32(0, edits.length), ...list))];
  const frames = Math.round(seconds * frameRate);
  const avcC = box('avcC', [1, 77, 0, 31, 0xff, 0xe0, 0]);
  const entry = box(
    options.sampleEntry ?? 'avc1',
    Buffer.alloc(24),
    u16(width, height),
    Buffer.alloc(50),
    avcC,
  );
  const table = box(
    'stbl',
    box('stsd', u32(0, 1), entry),
    box('stts', u32(0, 1, frames, Math.round(SCALE / frameRate))),
  );
  const times = box('mdhd', u32(0, 0, 0, SCALE, seconds * SCALE), Buffer.alloc(4));
  const handler = box('hdlr', u32(0, 0), Buffer.from('vide'), Buffer.alloc(13));
  return box('trak', head, ...edit, box('mdia', times, handler, box('minf', table)));
}

function soundTrack(seconds: number): Buffer {
  const esds = box('esds', u32(0), [
    3,
    21,
    0,
    1,
    0,
    4,
    17,
    0x40,
    0x15,
    ...Array<number>(11).fill(0),
    6,
    1,
    2,
  ]);
  const entry = box('mp4a', Buffer.alloc(28), esds);
  const table = box('stbl', box('stsd', u32(0, 1), entry), box('stts', u32(0, 0)));
  const times = box('mdhd', u32(0, 0, 0, 44_100, seconds * 44_100), Buffer.alloc(4));
  const handler = box('hdlr', u32(0, 0), Buffer.from('soun'), Buffer.alloc(13));
  const head = box('tkhd', u32(3), Buffer.alloc(80));
  return box('trak', head, box('mdia', times, handler, box('minf', table)));
}
