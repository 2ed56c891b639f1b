/**
 * Bytes sent at a time. 1 MiB was the knee of the curve when measured: 64 KiB costs half the rate. The rest is room for
 * the lines of a multipart body around a segment of 1 MiB.
 */
const pieceBytes = 2 ** 20 + 2 ** 12;

/** As many as the uploads that usually run side by side want; more are left to the garbage collector. */
const mostKept = 6;

const free: Buffer[] = [];

/**
 * A buffer of `pieceBytes`, with anything in it. Lent again and again, because a fresh one costs its pages anew: of an
 * upload in segments of 1 MiB that is a third of all the work.
 */
export function lend(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
}

/** Nobody may read or write it any more. */
export function giveBack(buffer: Buffer): void {
  if (free.length < mostKept) free.push(buffer);
}
