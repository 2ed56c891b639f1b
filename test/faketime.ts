import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['/usr/lib', ...readdirSync('/usr/lib').map((name) => join('/usr/lib', name))];

/**
 * The library of Debian's package `faketime`. Its program would stand between a test and the process that it
 * signals, and fails where a killed process with its number left a semaphore behind.
 */
export function faketimeLibrary(): string {
  const library = FOLDERS.map((folder) => join(folder, 'faketime', 'libfaketime.so.1')).find(existsSync);
  if (!library) throw new Error('libfaketime.so.1 is in no folder of /usr/lib: apt-get install faketime');
  return library;
}

/** Takes away what a process with a moved clock shares with its children: killed, it leaves that to the next one with its number. */
export function sweepFaketime(pid: number | undefined): void {
  for (const name of [`sem.faketime_sem_${pid}`, `faketime_shm_${pid}`])
    rmSync(join('/dev/shm', name), { force: true });
}
