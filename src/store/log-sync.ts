import { closeSync, fdatasync, openSync } from 'node:fs';

/** Forces what was committed to the disk. */
export interface Sync {
  /** Resolves when all that was committed before is on the disk; rejects where nobody knows what is. */
  sync(): Promise<void>;
  close(): void;
}

/**
 * Syncs the log that SQLite writes in WAL mode (`path`-wal) beside the event loop. A sync belongs to the file, not to
 * the handle that wrote it. SQLite itself holds no locks on this file, which closing a handle would give up, and
 * neither replaces nor removes it as long as its connection is open: https://www.sqlite.org/walformat.html#file_lifecycles
 */
export function logSync(path: string): Sync {
  let handle: number | undefined;
  return {
    sync: () =>
      new Promise((resolve, reject) => {
        // Windows flushes only what may be written.
        handle ??= openSync(`${path}-wal`, 'r+');
        fdatasync(handle, (error) => (error ? reject(error) : resolve()));
      }),
    close() {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
}
