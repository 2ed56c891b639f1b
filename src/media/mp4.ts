import { readSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import type { MediaFacts } from '../core/media.ts';
import type { Box } from './boxes.ts';
import { child, fields, readBoxHead, siblings, Unreadable } from './boxes.ts';
import { readAudioEntry, readVideoEntry } from './codecs.ts';
import { shiftsOrTrims } from './edits.ts';

/** One read of this size holds the whole index of an ordinary file that begins with it. */
const FIRST_READ_BYTES = 64 * 1024;

/** An index of ten hours at 60 frames/s stays below this. */
const LARGEST_INDEX_BYTES = 64 * 1024 * 1024;

/** More boxes at the top level than any unfragmented file has. */
const MOST_TOP_BOXES = 1000;

const MOST_TRACKS = 32;

/** What lies at the top of the file: where the index is and whether the pictures follow it. */
interface Layout {
  brand: string;
  index: Buffer;
  fastStart: boolean;
}

interface Track {
  kind: 'video' | 'sound';
  codec: string;
  width: number;
  height: number;
  rotation: number;
  frameRate?: number;
  pixelFormat?: string;
  edited: boolean;
}

/**
 * The facts of an open MP4 or MOV file of `fileBytes` bytes, from its boxes alone. Undefined where it takes a
 * foreign reader (fragmented, unknown codec, damaged). Throws Failure E_MEDIA_INVALID where the file provably
 * is cut short. Box layouts: ISO/IEC 14496-12, https://developer.apple.com/documentation/quicktime-file-format
 */
export function readMp4(fd: number, fileBytes: number): MediaFacts | undefined {
  try {
    const layout = readLayout(fd, fileBytes);
    return layout === undefined ? undefined : readIndex(layout, fileBytes);
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

function readLayout(fd: number, fileBytes: number): Layout | undefined {
  const first = readAt(fd, 0, Math.min(FIRST_READ_BYTES, fileBytes));
  let at = 0;
  let brand = 'qt  ';
  let index: { buffer: Buffer; at: number } | undefined;
  let dataAt: number | undefined;
  for (let count = 0; at + 8 <= fileBytes; count += 1) {
    if (count >= MOST_TOP_BOXES) throw new Unreadable('too many boxes');
    const inFirst = at + 16 <= first.length;
    const bytes = inFirst ? first : readAt(fd, at, Math.min(16, fileBytes - at));
    const head = readBoxHead(bytes, inFirst ? at : 0);
    if (head === undefined) break;
    const size = head.size === 0 ? fileBytes - at : head.size;
    if (size < head.headBytes) throw new Unreadable('a box smaller than its head');
    if (at + size > fileBytes && (head.type === 'mdat' || head.type === 'moov'))
      throw cutShort(at + size - fileBytes);
    if (head.type === 'ftyp' && at + 12 <= first.length) brand = first.toString('latin1', at + 8, at + 12);
    if (head.type === 'moof') return undefined;
    if (head.type === 'mdat') dataAt ??= at;
    if (head.type === 'moov') {
      if (size > LARGEST_INDEX_BYTES) throw new Unreadable('the index is too large');
      const start = at + head.headBytes;
      const whole = at + size <= first.length;
      const buffer = whole ? first.subarray(start, at + size) : readAt(fd, start, size - head.headBytes);
      index = { buffer, at };
    }
    // With both found the rest of the file has nothing to add.
    if (index !== undefined && dataAt !== undefined) break;
    at += size;
  }
  if (index === undefined) {
    if (dataAt === undefined) return undefined;
    throw new Failure('E_MEDIA_INVALID', {
      message: 'The video has no index (moov): its recording was broken off, or the file is cut short.',
    });
  }
  if (dataAt === undefined && !hasBox(index.buffer, 'mvex')) throw cutShort(undefined);
  return { brand, index: index.buffer, fastStart: dataAt === undefined || index.at < dataAt };
}

function hasBox(bytes: Buffer, type: string): boolean {
  return siblings(bytes, 0, bytes.length).some((box) => box.type === type);
}

function cutShort(missingBytes: number | undefined): Failure {
  const missing = missingBytes === undefined ? 'its pictures are' : `its last ${missingBytes} bytes are`;
  return new Failure('E_MEDIA_INVALID', { message: `The video file is cut short: ${missing} missing.` });
}

/** Synchronous: a few reads of an open file cost a tenth of what their way through the thread pool would. */
function readAt(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const bytesRead = readSync(fd, buffer, done, length - done, position + done);
    // The file shrank while we read it.
    if (bytesRead === 0) throw cutShort(length - done);
    done += bytesRead;
  }
  return buffer;
}

function readIndex({ brand, index, fastStart }: Layout, bytes: number): MediaFacts | undefined {
  const boxes = siblings(index, 0, index.length);
  if (boxes.some((box) => box.type === 'mvex')) return undefined;
  const movie = boxes.find((box) => box.type === 'mvhd');
  if (movie === undefined) return undefined;
  const { timescale, duration } = readTimes(index, movie, 12);
  const tracks = readTracks(index, boxes, timescale);
  const video = tracks?.find((track) => track.kind === 'video');
  if (tracks === undefined || video === undefined || duration <= 0) return undefined;
  const sound = tracks.find((track) => track.kind === 'sound');
  const durationMs = Math.round((duration / timescale) * 1000);
  if (durationMs <= 0) return undefined;
  return {
    container: brand === 'qt  ' ? 'mov' : 'mp4',
    bytes,
    durationMs,
    width: video.width,
    height: video.height,
    videoCodec: video.codec,
    ...(sound === undefined ? {} : { audioCodec: sound.codec }),
    ...(video.frameRate === undefined ? {} : { frameRate: video.frameRate }),
    bitRate: Math.round((bytes * 8000) / durationMs),
    fastStart,
    editList: tracks.some((track) => track.edited),
    ...(video.pixelFormat === undefined ? {} : { pixelFormat: video.pixelFormat }),
    rotation: video.rotation,
  };
}

/** All tracks that are pictures or sound; undefined where one of them can't be named. */
function readTracks(bytes: Buffer, boxes: readonly Box[], movieTimescale: number): Track[] | undefined {
  const traks = boxes.filter((box) => box.type === 'trak');
  if (traks.length > MOST_TRACKS) throw new Unreadable('too many tracks');
  const tracks: Track[] = [];
  for (const trak of traks) {
    const handler = child(bytes, trak, 'mdia', 'hdlr');
    if (handler === undefined) return undefined;
    const type = bytes.toString('latin1', handler.start + 8, Math.min(handler.start + 12, handler.end));
    if (type !== 'vide' && type !== 'soun') continue;
    const track = readTrack(bytes, trak, type === 'vide' ? 'video' : 'sound', movieTimescale);
    if (track === undefined) return undefined;
    tracks.push(track);
  }
  return tracks;
}

function readTrack(bytes: Buffer, trak: Box, kind: Track['kind'], movieScale: number): Track | undefined {
  const times = child(bytes, trak, 'mdia', 'mdhd');
  const table = child(bytes, trak, 'mdia', 'minf', 'stbl');
  const descriptions = table && child(bytes, table, 'stsd');
  const entry = descriptions && siblings(bytes, descriptions.start + 8, descriptions.end)[0];
  if (times === undefined || table === undefined || entry === undefined) return undefined;
  const media = readTimes(bytes, times, 12);
  const counts = child(bytes, table, 'stts');
  const samples = counts === undefined ? 0 : countSamples(bytes, counts);
  const edited = shiftsOrTrims(bytes, trak, { kind, media, movieScale, table });
  if (kind === 'sound') {
    const codec = readAudioEntry(bytes, entry);
    return codec === undefined ? undefined : { kind, codec, width: 0, height: 0, rotation: 0, edited };
  }
  const video = readVideoEntry(bytes, entry);
  if (video === undefined || video.width === 0 || video.height === 0) return undefined;
  const rotation = readRotation(bytes, trak);
  if (rotation === undefined) return undefined;
  const upright = rotation % 180 === 0;
  return {
    kind,
    codec: video.codec,
    width: upright ? video.width : video.height,
    height: upright ? video.height : video.width,
    rotation,
    ...(video.pixelFormat === undefined ? {} : { pixelFormat: video.pixelFormat }),
    ...(samples > 0 && media.duration > 0 ? { frameRate: (samples * media.timescale) / media.duration } : {}),
    edited,
  };
}

/** `mvhd` and `mdhd` alike: version, flags, two dates, time scale, duration; dates and duration are 64-bit in version 1. */
function readTimes(bytes: Buffer, box: Box, shortAt: number): { timescale: number; duration: number } {
  const field = fields(bytes, box);
  const wide = field.u8(0) === 1;
  const timescale = field.u32(wide ? 20 : shortAt);
  if (timescale === 0) throw new Unreadable('a time scale of zero');
  return { timescale, duration: wide ? field.u64(24) : field.u32(shortAt + 4) };
}

function countSamples(bytes: Buffer, stts: Box): number {
  const field = fields(bytes, stts);
  const entries = Math.min(field.u32(4), Math.floor((field.length - 8) / 8));
  let samples = 0;
  for (let entry = 0; entry < entries; entry += 1) samples += field.u32(8 + entry * 8);
  return samples;
}

/** From the matrix in the track's head; undefined for anything but quarter turns. */
function readRotation(bytes: Buffer, trak: Box): number | undefined {
  const head = child(bytes, trak, 'tkhd');
  if (head === undefined) return undefined;
  const field = fields(bytes, head);
  const at = field.u8(0) === 1 ? 52 : 40;
  const [a, b] = [field.i32(at), field.i32(at + 4)];
  if (b === 0) return a < 0 ? 180 : 0;
  if (a !== 0) return undefined;
  return b > 0 ? 90 : 270;
}
