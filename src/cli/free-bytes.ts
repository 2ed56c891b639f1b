import { statfsSync } from 'node:fs';

/**
 * Room on the disk that holds this folder; undefined where the system does not say. Asked as SQLite asks the same
 * disk, within the call: otherwise Node would start its threads for it.
 */
export async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
