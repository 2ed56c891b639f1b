import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's own version; package.json stands beside dist/ and, when run from source, two folders up. */
export const version: string = (() => {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const read = JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (read.name === 'repost' && read.version) return read.version;
    } catch {
      // Not there: try the next place.
    }
  }
  return '0.0.0';
})();
