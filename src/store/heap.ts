/** Larger than what SQLite takes for a table of a statement’s own, several times over. */
const KEPT_BYTES = 1024 * 1024;

let asked = false;

/**
 * Lets the C library keep the little memory that statements give back. For a table of its own, as RETURNING and IN
 * need one, a statement takes 100 kB and gives them back at its end; glibc hands so much to the system at once, and
 * then each page of it is made anew for the next statement, which took most of the time of a write. Once a piece of
 * this size was given back, as it is with the first collection, it keeps up to twice as much:
 * https://man7.org/linux/man-pages/man3/mallopt.3.html (M_MMAP_THRESHOLD). Nothing of it is touched.
 */
export function keepHeap(): void {
  if (!asked) Buffer.allocUnsafeSlow(KEPT_BYTES);
  asked = true;
}
