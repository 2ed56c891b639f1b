// The demo from a bare clone. Where the machine has no ffmpeg, the one from the development packages serves: one
// of the demo's videos is in H.265, which X does not take.
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
execFileSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' });

const env = { ...process.env };
if (spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).error) {
  const { path } = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg');
  env.PATH = `${env.PATH ?? ''}${delimiter}${dirname(path)}`;
}
const { status } = spawnSync(
  process.execPath,
  [join(root, 'bin', 'repost'), 'demo', ...process.argv.slice(2)],
  { stdio: 'inherit', env },
);
process.exitCode = status ?? 1;
