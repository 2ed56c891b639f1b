/** What the first bytes of a file say it is. */
export type Magic =
  | { kind: 'iso' }
  | { kind: 'matroska'; webm: boolean }
  /** In words: `a web page`, `a ZIP archive`. */
  | { kind: 'foreign'; what: string };

/** Enough for the doctype of a Matroska head and to tell text from bytes. */
export const MAGIC_BYTES = 4096;

/** Boxes that stand first in MP4 and QuickTime files, also in those from before `ftyp`. */
const isoBoxes = ['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot'];

/** First bytes as latin1, and what such a file is. */
const signatures: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'a ZIP archive'],
  ['%PDF-', 'a PDF document'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['\x89PNG', 'a PNG picture'],
  ['GIF8', 'a GIF picture'],
  ['ID3', 'a sound file (MP3)'],
  ['\xff\xfb', 'a sound file (MP3)'],
  ['\xff\xf3', 'a sound file (MP3)'],
  ['OggS', 'an Ogg file'],
  ['FLV\x01', 'a Flash video'],
  ['\x1f\x8b', 'a gzip archive'],
  ['\x7fELF', 'a program'],
  ['MZ', 'a program'],
];

export function readMagic(head: Buffer): Magic {
  if (head.length === 0) return foreign('an empty file');
  if (head.length >= 8 && isoBoxes.includes(head.toString('latin1', 4, 8))) return { kind: 'iso' };
  if (head.length >= 4 && head.readUInt32BE(0) === 0x1a45dfa3)
    return { kind: 'matroska', webm: head.subarray(0, 64).includes('webm') };
  const text = head.toString('latin1');
  if (text.startsWith('RIFF')) return foreign(text.slice(8, 12) === 'AVI ' ? 'an AVI video' : 'a RIFF file');
  const known = signatures.find(([bytes]) => text.startsWith(bytes));
  if (known !== undefined) return foreign(known[1]);
  if (!isText(head)) return foreign('not of any known kind');
  if (/^\s*(<!doctype html|<html|<head)/i.test(text)) return foreign('a web page');
  return foreign(text.startsWith('#EXTM3U') ? 'a playlist, not the video itself' : 'a text file');
}

function foreign(what: string): Magic {
  return { kind: 'foreign', what };
}

function isText(head: Buffer): boolean {
  if (head.includes(0)) return false;
  // A character may be cut in two at the end of what was read.
  const broken = new TextDecoder('utf-8').decode(head.subarray(0, Math.max(1, head.length - 3)));
  return !broken.includes('\ufffd') && !/[\x01-\x08\x0e-\x1a\x1c-\x1f]/.test(broken);
}
