/** What a video says of itself; undefined where it doesn't say. */
export interface DeclaredFacts {
  seconds?: number;
  width?: number;
  height?: number;
}

/** Reads duration and picture size out of an MP4's own boxes (ISO/IEC 14496-12: mvhd, tkhd). */
export function declaredFacts(bytes: Buffer): DeclaredFacts {
  const facts: DeclaredFacts = {};
  const mvhd = bytes.indexOf('mvhd', 0, 'latin1');
  if (mvhd >= 4 && mvhd + 36 <= bytes.length) {
    const long = bytes[mvhd + 4] === 1;
    const timescale = bytes.readUInt32BE(mvhd + (long ? 24 : 16));
    const duration = long ? Number(bytes.readBigUInt64BE(mvhd + 28)) : bytes.readUInt32BE(mvhd + 20);
    if (timescale > 0) facts.seconds = duration / timescale;
  }
  for (let at = bytes.indexOf('tkhd', 0, 'latin1'); at >= 4; at = bytes.indexOf('tkhd', at + 4, 'latin1')) {
    const end = at - 4 + bytes.readUInt32BE(at - 4);
    if (end > bytes.length || end - 8 < at) break;
    const [width, height] = [bytes.readUInt32BE(end - 8) / 65_536, bytes.readUInt32BE(end - 4) / 65_536];
    if (width > 0 && height > 0) Object.assign(facts, { width, height });
  }
  return facts;
}
