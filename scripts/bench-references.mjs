// Installs what `npm run bench` compares the product with, as far as it can: Debian's programs (as root), and packages
// into a folder of their own, because the product depends on none of them. What is missing leaves out its rows.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle-test.mjs';

/** Program → Debian package. */
const programs = {
  curl: 'curl',
  ffprobe: 'ffmpeg',
  gh: 'gh',
  nginx: 'nginx-light',
  openssl: 'openssl',
  rclone: 'rclone',
  'redis-server': 'redis-server',
  toot: 'toot',
  wrk: 'wrk',
  'yt-dlp': 'yt-dlp',
};

const packages = [
  '@googleapis/youtube@35.0.0',
  'bullmq@6.7.0',
  'graphile-worker@0.17.3',
  'ioredis@5.11.1',
  'pg-boss@10.4.2',
  'twitter-api-v2@1.29.1',
];

/** PostgreSQL's server is not on the PATH: its package is asked for by its folder. */
const postgres = { folder: '/usr/lib/postgresql', name: 'postgresql' };

const has = (name) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name]).status === 0;

export function installReferences() {
  const missing = Object.entries(programs).filter(([program]) => !has(program));
  if (!existsSync(postgres.folder)) missing.push(['postgres', postgres.name]);
  if (missing.length > 0 && process.getuid?.() === 0 && has('apt-get')) {
    attempt('apt-get', ['update', '-qq'], {});
    attempt(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', ...missing.map(([, name]) => name)],
      {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      },
    );
  }
  const folder = join(root, 'node_modules', '.cache', 'bench');
  if (packages.every((one) => existsSync(join(folder, 'node_modules', one.replace(/@[^@]+$/u, ''))))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  attempt('npm', ['install', '--save-exact', '--no-audit', '--no-fund', '--loglevel=error', ...packages], {
    cwd: folder,
  });
}

function attempt(program, words, options) {
  try {
    execFileSync(program, words, { ...options, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    console.error(`Not installed: ${error instanceof Error ? error.message : error}`);
  }
}
