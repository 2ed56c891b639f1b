import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/repost-nodes', import.meta.url));

/** A Node of some version, with what npm needs to compile add-ons for it. */
export interface NodeVersion {
  /** Folder with bin/node and include/. */
  folder: string;
  node: string;
  /** For child processes: this Node is the one that is found. */
  env: NodeJS.ProcessEnv;
}

/** Node of this major version, from the npm package that carries its binary; kept for the next time. */
export function nodeVersion(major: number): NodeVersion {
  const name = `node-${process.platform}-${process.arch}`;
  const place = join(cache, String(major));
  const folder = join(place, 'node_modules', name);
  if (!existsSync(join(folder, 'bin', 'node'))) {
    mkdirSync(place, { recursive: true });
    execFileSync('npm', ['install', '--prefix', place, '--no-audit', '--no-fund', `${name}@${major}`], {
      cwd: place,
      stdio: 'pipe',
    });
  }
  return {
    folder,
    node: join(folder, 'bin', 'node'),
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, npm_config_nodedir: folder },
  };
}

/** npm itself, so that any Node can run it. */
export const npmProgram = () =>
  join(execFileSync('npm', ['root', '-g'], { encoding: 'utf8' }).trim(), 'npm', 'bin', 'npm-cli.js');
