import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './paths.ts';

/** A log with its own rotation, for machines where nobody else turns logs over. */
export interface LogFile {
  readonly path: string;
  /** Appends one line; where the disk refuses it is lost: the work matters more. */
  write(line: string): void;
  close(): void;
}

export interface LogBounds {
  /** A file that is larger is put aside. */
  maxBytes: number;
  /** How many older files are kept: `.1` is the newest. */
  keep: number;
}

/** Opens or makes the file, for its owner’s eyes only. `bounds` is asked at each line: settings may change. */
export function openLogFile(path: string, bounds: () => LogBounds): LogFile {
  let file: number | undefined;
  let bytes = 0;

  function open(): number {
    makeFolder(dirname(path));
    const opened = openSync(path, 'a', 0o600);
    bytes = fstatSync(opened).size;
    return opened;
  }

  function turnOver(keep: number): void {
    close();
    rmSync(`${path}.${keep}`, { force: true });
    for (let n = keep - 1; n >= 0; n -= 1) {
      const older = n === 0 ? path : `${path}.${n}`;
      try {
        renameSync(older, `${path}.${n + 1}`);
      } catch {
        // There are not so many yet.
      }
    }
    // With none to keep the file itself starts anew.
    if (keep === 0) rmSync(path, { force: true });
  }

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  return {
    path,
    write(line) {
      try {
        const { maxBytes, keep } = bounds();
        file ??= open();
        const size = Buffer.byteLength(line) + 1;
        if (bytes > 0 && bytes + size > maxBytes) {
          turnOver(keep);
          file = open();
        }
        writeSync(file, `${line}\n`);
        bytes += size;
      } catch {
        close();
      }
    },
    close,
  };
}
