import type { Box } from './boxes.ts';
import { fields, siblings } from './boxes.ts';

/** Codes of sample entries and the short names that MediaFacts uses (registered at https://mp4ra.org/registered-types/codecs). */
const videoNames: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  dva1: 'h264',
  dvav: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  dvh1: 'hevc',
  dvhe: 'hevc',
  vp08: 'vp8',
  vp09: 'vp9',
  av01: 'av1',
  s263: 'h263',
  jpeg: 'mjpeg',
  apch: 'prores',
  apcn: 'prores',
  apcs: 'prores',
  apco: 'prores',
  ap4h: 'prores',
};

const audioNames: Readonly<Record<string, string>> = {
  Opus: 'opus',
  'ac-3': 'ac3',
  'ec-3': 'eac3',
  alac: 'alac',
  fLaC: 'flac',
  '.mp3': 'mp3',
  samr: 'amr_nb',
  sawb: 'amr_wb',
  sowt: 'pcm_s16le',
  twos: 'pcm_s16be',
  lpcm: 'pcm',
};

/** objectTypeIndication of an esds box, as registered at https://mp4ra.org/registered-types/object-types */
const objectTypes: Readonly<Record<number, string>> = {
  32: 'mpeg4',
  64: 'aac',
  97: 'mpeg2video',
  102: 'aac',
  103: 'aac',
  104: 'aac',
  105: 'mp3',
  107: 'mp3',
  165: 'ac3',
  166: 'eac3',
  173: 'opus',
};

/** Bytes of a visual sample entry before its inner boxes (ISO/IEC 14496-12, VisualSampleEntry). */
const VISUAL_ENTRY_BYTES = 78;

export interface VideoEntry {
  codec: string;
  width: number;
  height: number;
  pixelFormat?: string;
}

/** A video sample entry. Undefined where its codec has no name here: a foreign reader must look. */
export function readVideoEntry(bytes: Buffer, entry: Box): VideoEntry | undefined {
  const field = fields(bytes, entry);
  const inner = siblings(bytes, entry.start + VISUAL_ENTRY_BYTES, entry.end);
  const codec = entry.type === 'mp4v' ? objectType(bytes, inner) : videoNames[entry.type];
  if (codec === undefined) return undefined;
  const size = { codec, width: field.u16(24), height: field.u16(26) };
  const pixelFormat = readPixelFormat(bytes, inner);
  return pixelFormat === undefined ? size : { ...size, pixelFormat };
}

/** The codec of a sound sample entry. */
export function readAudioEntry(bytes: Buffer, entry: Box): string | undefined {
  if (entry.type !== 'mp4a') return audioNames[entry.type];
  // QuickTime's sound descriptions of version 1 and 2 are longer, and wrap the esds in a `wave` box.
  const version = fields(bytes, entry).u16(8);
  const head = version === 1 ? 44 : version === 2 ? 64 : 28;
  const inner = siblings(bytes, entry.start + head, entry.end);
  const wave = inner.find((box) => box.type === 'wave');
  return objectType(bytes, wave === undefined ? inner : siblings(bytes, wave.start, wave.end));
}

/** Walks the descriptors of an esds box: ES descriptor (3), in it the decoder's configuration (4). */
function objectType(bytes: Buffer, inner: readonly Box[]): string | undefined {
  const esds = inner.find((box) => box.type === 'esds');
  if (esds === undefined) return undefined;
  const field = fields(bytes, esds);
  let at = 4;
  const enter = (tag: number) => {
    if (field.u8(at) !== tag) return false;
    at += 1;
    // The length takes one to four bytes, seven bits each.
    for (let digits = 0; digits < 4; digits += 1) {
      at += 1;
      if (field.u8(at - 1) < 0x80) break;
    }
    return true;
  };
  if (!enter(3)) return undefined;
  const flags = field.u8(at + 2);
  at += 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x20 ? 2 : 0);
  if (flags & 0x40) at += 1 + field.u8(at);
  return enter(4) ? objectTypes[field.u8(at)] : undefined;
}

const chromaNames = ['gray', 'yuv420p', 'yuv422p', 'yuv444p'] as const;

function readPixelFormat(bytes: Buffer, inner: readonly Box[]): string | undefined {
  for (const box of inner) {
    const field = fields(bytes, box);
    if (box.type === 'avcC') return avcPixelFormat(bytes, box);
    if (box.type === 'hvcC') return pixelFormat(field.u8(16) & 3, 8 + (field.u8(17) & 7));
    if (box.type === 'vpcC') {
      const chroma = (field.u8(6) >> 1) & 7;
      return pixelFormat(chroma === 0 ? 1 : chroma, field.u8(6) >> 4);
    }
    if (box.type === 'av1C') {
      const flags = field.u8(2);
      const chroma = flags & 0x10 ? 0 : flags & 0x08 ? (flags & 0x04 ? 1 : 2) : 3;
      return pixelFormat(chroma, flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8);
    }
  }
  return undefined;
}

/** Profiles that may differ from 8-bit 4:2:0 say so behind the parameter sets (ISO/IEC 14496-15, avcC). */
function avcPixelFormat(bytes: Buffer, box: Box): string | undefined {
  const field = fields(bytes, box);
  const profile = field.u8(1);
  if (![100, 110, 122, 144, 244].includes(profile)) return 'yuv420p';
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const sets = field.u8(at) & mask;
    at += 1;
    for (let set = 0; set < sets; set += 1) at += 2 + field.u16(at);
  }
  if (at + 2 >= field.length) return profile === 100 ? 'yuv420p' : undefined;
  return pixelFormat(field.u8(at) & 3, 8 + (field.u8(at + 1) & 7));
}

function pixelFormat(chroma: number, bits: number): string | undefined {
  const name = chromaNames[chroma];
  if (name === undefined || bits === 8) return name;
  return `${name}${bits}le`;
}
