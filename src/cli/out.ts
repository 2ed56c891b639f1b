import { fstatSync, statSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** Where text for people and programs goes: a stream, or a pipe or file of this process without one. */
export interface Out {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** A terminal's columns. */
  readonly columns?: number;
}

/** Standard output (1) or error (2) of this process: a terminal as Node's stream, all else straight. */
export function processOut(fd: 1 | 2): Out {
  const found = fstatSync(fd);
  const mayBeTerminal = found.isCharacterDevice() && found.rdev !== statSync('/dev/null').rdev;
  return mayBeTerminal ? openStream(fd) : new StraightOut(fd);
}

/** The same as a stream, for whoever writes for hours and must not stand still while nobody reads. */
export function streamOf(out: Out): Writable {
  return out instanceof StraightOut ? out.stream() : (out as Writable);
}

/** `repost posts | head -1`: whoever read has read enough, and the work goes on. */
const isEnough = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EPIPE';

function openStream(fd: 1 | 2): Writable {
  const stream = fd === 1 ? process.stdout : process.stderr;
  stream.on('error', (error) => {
    if (!isEnough(error)) throw error;
  });
  return stream;
}

/** Written as other programs write: for a pipe or a file, to open a stream is a tenth of what a whole start costs. */
class StraightOut implements Out {
  readonly #fd: 1 | 2;
  #stream: Writable | undefined;

  constructor(fd: 1 | 2) {
    this.#fd = fd;
  }

  stream(): Writable {
    this.#stream ??= openStream(this.#fd);
    return this.#stream;
  }

  write(text: string): void {
    let left = Buffer.from(text);
    try {
      while (left.length > 0 && !this.#stream) left = left.subarray(writeSync(this.#fd, left));
    } catch (error) {
      if (isEnough(error)) return;
      // Another process has made the pipe one that does not wait, and it is full.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    if (left.length > 0) this.stream().write(left);
  }
}
