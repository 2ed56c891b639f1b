/** What a video says of itself; undefined where it doesn't say. */
export interface DeclaredFacts {
  seconds?: number;
  width?: number;
  height?: number;
}

/** Reads duration and picture size out of an MP4's own boxes (ISO/IEC 14496-12: mvhd; 14496-15: the sample entry). */
export function declaredFacts(bytes: Buffer): DeclaredFacts {
  const facts: DeclaredFacts = {};
  const mvhd = bytes.indexOf('mvhd', 0, 'latin1');
  if (mvhd >= 4 && mvhd + 36 <= bytes.length) {
    const long = bytes[mvhd + 4] === 1;
    const timescale = bytes.readUInt32BE(mvhd + (long ? 24 : 16));
    const duration = long ? Number(bytes.readBigUInt64BE(mvhd + 28)) : bytes.readUInt32BE(mvhd + 20);
    if (timescale > 0) facts.seconds = duration / timescale;
  }
  for (const coding of ['avc1', 'hvc1', 'hev1']) {
    // The brand may be spelled the same: the entry itself stands after the sample description's head.
    const entry = bytes.indexOf(coding, Math.max(0, bytes.indexOf('stsd', 0, 'latin1')), 'latin1');
    if (entry < 4 || entry + 32 > bytes.length) continue;
    const [width, height] = [bytes.readUInt16BE(entry + 28), bytes.readUInt16BE(entry + 30)];
    if (width > 0 && height > 0) Object.assign(facts, { width, height });
  }
  return facts;
}
