import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Where scripts/bench-references.mjs puts the packages that are measured beside the product. */
const FOLDER = join('node_modules', '.cache', 'bench');

/** A package to compare with, or undefined where it was not installed. Its type is what the caller uses of it. */
export function packageAt<Shape>(root: string, name: string): Shape | undefined {
  const from = createRequire(join(root, FOLDER, 'package.json'));
  if (!existsSync(join(root, FOLDER, 'node_modules', name))) return undefined;
  return from(name) as Shape;
}

/** Whether a program to compare with is there. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' }).status === 0;
}
