import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const here = import.meta.dirname;
const repository = join(here, '../../..');

/** A program of this folder as one file that plain Node runs; it lies where `keytar` can be found from. */
export function buildProgram(name: string): string {
  const folder = join(repository, 'node_modules/.cache/repost-vault-tests');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  buildSync({
    entryPoints: [join(here, `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['keytar'],
    logLevel: 'error',
  });
  return outfile;
}
